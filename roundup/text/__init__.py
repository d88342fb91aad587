"""Untrusted text -> what each edition can show. Total: any string in, no error out; reads and writes nothing.

``visible`` cleans; ``links``, ``slugs`` and ``dates`` hold the rules for addresses, names and days; ``rules`` and ``dialect``
parse the editors' Markdown once; ``web`` and ``twin`` draw it as HTML and as portable Markdown in its ``setting``, a page.
"""
