"""A paper -> the words by which it is compared with others. Pure, and total: any text in, no error out."""

from __future__ import annotations

import re

from roundup.text.accents import accented
from roundup.text.folding import folded
from roundup.text.stopwords import STOP_WORDS

_WORD = re.compile(r"[^\W_]{2,}")
_NAME = re.compile(r"[^\W_]+")
_COMMAND = re.compile(r"\\[A-Za-z]+")  # of TeX: a formula tells nothing but by its letters
_STOP = frozenset(STOP_WORDS)
_LONGEST_NUMBER = 4  # a year or a count may tell something; what is longer is an ID
_SHORTEST_PLURAL = 4
AUTHOR, CATEGORY = "@", ":"  # what a term begins with that is no word

# English in one step: small letters, and a space for all that is neither letter nor digit.
_SMALL = bytes(code if chr(code).isalnum() else 32 for code in bytes(range(128)).lower()) + b" " * 128


def compared(word: str) -> str:
    """Return a word as it is compared, without the ending of its plural; nothing for one that tells nothing."""
    if len(word) == 1 or word in _STOP or (word.isdigit() and len(word) > _LONGEST_NUMBER):
        return ""
    return word[:-1] if word[-1:] == "s" and len(word) >= _SHORTEST_PLURAL and word[-2] != "s" else word


def written_in(text: str) -> list[bytes] | list[str]:
    """Return the words of a text in their order, as they are written but for TeX, accents and capitals."""
    shown = _COMMAND.sub(" ", accented(text)) if "\\" in text else text  # what else TeX has is no letter
    if not shown.isascii():
        shown = folded(shown)
    return shown.encode().translate(_SMALL).split() if shown.isascii() else _WORD.findall(shown)


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text in their order, as they are compared: in small letters, without TeX, plurals and stop words."""
    return tuple(filter(None, (compared(word if isinstance(word, str) else word.decode()) for word in written_in(text))))


def name_words(name: str) -> str:
    """Return a person's name as it is compared: all words of it, in small letters."""
    if name.isascii() and "\\" not in name:
        return b" ".join(name.encode().translate(_SMALL).split()).decode()
    return " ".join(_NAME.findall(folded(accented(name))))


def shortened(name: str) -> str:
    """Return a name, as it is compared, with an initial for what comes first: ``n houlsby`` for Neil Houlsby; nothing for a name of one word."""
    _, _, last = name.partition(" ")
    return f"{name[0]} {last}" if last else ""
