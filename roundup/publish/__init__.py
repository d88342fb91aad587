"""A built site to where it is read: a branch, a folder, a server by rsync, a bucket.

``change`` compares, and is pure; each other module knows one kind of target, or what two of them share. ``publish`` is the way through.
"""
