"""How deep lists, quotes and notes may stand in each other, and a quick look at which text may stand deeper."""

from __future__ import annotations

import re

from roundup.text.visible import visible

# A list counts twice, for itself and its item: 20 lists or 40 quotes. The parser and each edition take a few frames of
# Python's stack for each, and a thousand are all there are; nobody reads the fifth.
DEEPEST = 40

_HEAD = re.compile(r"^(?:[ \t>]|[*+-](?=[ \t])|\d{1,9}[.)](?=[ \t])|\[\^[^\s\]]+\]:)+", re.M)


def may_be_too_deep(text: str) -> bool:
    """Tell whether a parser should look: no list, quote or note opens without taking a column of its line for each level."""
    return any(len(head.expandtabs(4)) > DEEPEST for head in _HEAD.findall(visible(text)))
