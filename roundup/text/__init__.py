"""Untrusted text -> what each edition can show. Total: any string in, no error out; reads and writes nothing.

``visible`` cleans; ``links``, ``slugs`` and ``language`` hold the rules for addresses, names, and words and days of our own; ``tex`` reads
arXiv's text and ``formula`` its math; ``rules`` and ``dialect`` parse the editors' Markdown once. ``web``, ``mail``, ``paste``, ``plain`` and
``twin`` draw that, in its ``setting``, as pages, as mail and feeds, as rich text to paste, as plain text and as portable Markdown; ``drawn``
draws arXiv's text for all but the last.
"""
