"""Any text -> the same text without what cannot be seen: control characters, direction tricks, stacks of accents."""

from __future__ import annotations

import re

# Controls but tab and newline; DEL and C1; bidi embeddings, overrides and isolates; byte-order marks; the language tags
# that hide text in plain sight; noncharacters. Joiners (U+200C, U+200D) and right-to-left letters stay: scripts need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_HALF = re.compile("[\ud800-\udfff]")
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACK = re.compile(f"({_ACCENT}{{4}}){_ACCENT}+")


def visible(text: str) -> str:
    """Return ``text`` as a page may show it: no hidden characters, at most four accents on a letter."""
    if text.isascii() and text.isprintable():
        return text
    text = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _STACK.sub(r"\1", _HALF.sub("\ufffd", text))


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space folded to one space."""
    return " ".join(text.split())
