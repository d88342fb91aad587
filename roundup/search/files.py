"""The files of an index: words with their places, rows that are shown, and the rules -> scripts, and the first two back. Pure.

Each script calls one function, for a page that is opened from the disk may read nothing else. A file is a path, from the site's top, and a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import chain
from struct import unpack
from typing import Any

from roundup.search.cuts import cuts, scale_of
from roundup.search.words import RULES

File = tuple[str, str]
Row = tuple[str, str, str]  # where a document stands, its title, and more that is shown of it

ROWS = 32  # documents in a file: ten hits in ten files are some 30 kB, and 25,000 documents some 800 files

_CALL, _END = "roundupSearch(", ");\n"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODED = re.compile("([A-Z])([^A-Z]*)")


def index_path() -> str:
    """Return the path of the file that a page asks for first."""
    return _path("index")


def words_path(number: int) -> str:
    """Return the path of a file of words."""
    return _path(f"words-{number}")


def rows_path(number: int) -> str:
    """Return the path of a file of rows."""
    return _path(f"rows-{number}")


def _path(name: str) -> str:
    return f"search/{name}.js"


def index_file(count: int) -> File:
    """Return the file that tells how many documents there are, where each file of words begins, and how a query is read."""
    return _script("index", {"count": count, "rows": ROWS, "first": cuts(scale_of(count)), **RULES})


def rows_file(number: int, rows: Iterable[Row]) -> File:
    """Return a file of what is shown of documents."""
    return _script(f"rows-{number}", list(chain.from_iterable(rows)))


def read_rows(text: str) -> list[Row]:
    """Return what a file of rows shows."""
    values = iter(_values(text)[0])
    return list(zip(values, values, values, strict=True))


def words_file(number: int, scale: int, words: Iterable[str], places: Iterable[str]) -> File:
    """Return a file of words in their order and, as text, where each stands. Words are front-coded: a capital says
    how many letters a word has in common with the one before, A for none; the rest follow.
    """
    coded, before = [], ""
    for word in words:
        common, most = 0, min(len(word), len(before), 25)
        while common < most and word[common] == before[common]:
            common += 1
        coded.append(_CAPITALS[common] + word[common:])
        before = word
    return _script(f"words-{number}", scale, "".join(coded), " ".join(places))


def read_words(text: str) -> dict[str, str]:
    """Return the words of a file in their order with the text of their places."""
    _, coded, places = _values(text)
    words, word = [], ""
    for common, rest in _CODED.findall(utf16(coded)):
        word = word[: ord(common) - ord("A")] + rest
        words.append(word)
    return dict(zip(words, places.split(), strict=True))


def utf16(text: str) -> str:
    """Return a text as JavaScript counts, cuts and sorts it: halves in place of a character beyond U+FFFF."""
    return text if text.isascii() else _ASTRAL.sub(lambda match: "".join(map(chr, unpack(">2H", match[0].encode("utf-16-be")))), text)


def _script(name: str, *values: object) -> File:
    """Return a script that hands the values over. ASCII, so that no page's encoding matters, and nothing in a text can end it."""
    return _path(name), f"{_CALL}{','.join(json.dumps(value, separators=(',', ':')) for value in (name, *values))}{_END}"


def _values(text: str) -> list[Any]:
    return list(json.loads(f"[{text[len(_CALL) : -len(_END)]}]"))[1:]
