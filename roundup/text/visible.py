"""Any text -> the same text without what cannot be seen: control characters, direction tricks, stacks of accents.

And a text that runs from right to left -> the same, kept from turning the words round it.
"""

from __future__ import annotations

import re
import unicodedata

# Controls but tab and newline; DEL and C1; bidi marks, embeddings, overrides and isolates; invisible operators and fillers;
# marks of annotation; byte-order marks; the language tags that hide text in plain sight; noncharacters.
# Joiners (U+200C, U+200D), soft hyphens and right-to-left letters stay: scripts need them.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    f"\U000e0000-\U000e007f{_NONCHARACTERS}]"
)
_HALF = re.compile("[\ud800-\udfff]")
ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_ACCENT = re.compile(ACCENT)
_STACK = re.compile(f"({ACCENT}{{4}}){ACCENT}+")
# Where the scripts stand that run from right to left, and what Unicode keeps free for more: no sign elsewhere turns a line.
_MAY_TURN = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")


def visible(text: str) -> str:
    """Return ``text`` as a page may show it: no hidden characters, at most four accents on a letter."""
    if text.isascii() and text.isprintable():
        return text
    flat = text.replace("\n", "")
    if flat.isprintable() and (flat.isascii() or not ("\u3164" in flat or "\uffa0" in flat or _ACCENT.search(flat))):
        return text  # what is hidden is not printable, but for two fillers; a set of signs as large as theirs is slow to search with
    text = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _STACK.sub(r"\1", _HALF.sub("\ufffd", text))


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space folded to one space."""
    return " ".join(text.split())


def isolated(text: str) -> str:
    """Return ``text`` so that it turns nothing round it, where only characters can see to that: a page has ``bdi``.

    Right-to-left letters would take along the brackets and numbers that follow them. What is read from left to right is as it was.
    """
    if text.isascii() or not any(unicodedata.bidirectional(c) in ("R", "AL") for c in _MAY_TURN.findall(text)):
        return text
    return f"\u2068{text}\u2069"
