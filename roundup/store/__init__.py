"""The digest on disk: ``disk`` reads guarded, ``reading`` makes values of it, ``writing`` creates new files.

The only package that reads or writes among people's files.
"""
