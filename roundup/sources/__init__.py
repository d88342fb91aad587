"""Network in: what arXiv and others answer -> values. The only package that asks anybody anything.

``pace`` keeps the time between requests, ``http`` asks once more where that helps and gives up where it does not,
``guard`` reads no answer that it has not looked at; the rest is a module for each source.
"""
