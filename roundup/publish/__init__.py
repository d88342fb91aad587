"""A built site to where it is read: a branch, a folder, a server by rsync, a bucket.

``change`` compares, and is pure; ``target`` is the way through; each other module knows one kind of place, or what two of them share.
"""

from roundup.errors import PublishError


def unpublished(target: str, what: str, left: str) -> PublishError:
    """Return what to tell where publishing did not come to its end: where, what kept it, and how things stand there now."""
    return PublishError(f"{target}: {what}; {left}")
