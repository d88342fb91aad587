"""Untrusted text -> what each edition can show. Total: any string in, no error out; reads and writes nothing.

``visible`` cleans, ``links`` and ``slugs`` hold the rules for addresses and names, ``dialect`` parses the editors'
Markdown once, ``web`` and ``twin`` draw what was parsed as HTML and as portable Markdown.
"""
