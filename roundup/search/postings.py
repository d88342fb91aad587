"""The places of a word -> text, and back. Pure.

A place is the number of a document, times 4, and where in it the word stands. Written are the gaps between documents, as bits in Rice's code of a width
that fits their mean, six to a character of base64: of what was weighed this is the shortest once compressed, 12 % below characters that gzip
squeezes itself. A word's text stands for itself, so that one is read or changed without a look at the others.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate

_WHERE = ("10", "0", "11")  # most stand in commentary
_KNOWN = 5000  # codes of a width are made once; rarer ones, of rare words, are not kept


def packed(found: Iterable[Sequence[int]], scale: int) -> list[str]:
    """Return each word's places, which ascend, as text: by how much its gaps are narrower than those of a word of one document, as ones and a zero;
    the gaps, and where the word stands behind each; ones to the end.
    """
    rows = []
    for places in found:
        width, before = _width(scale, len(places)), -1
        codes, bits = _codes(width), [_head(scale, width)]
        for place in places:
            bits.append(codes[place - before])
            before = place | 3
        rows.append("".join(bits))
    return _texts(rows)


def unpacked(text: str, scale: int) -> list[int]:
    """Return the places that stand in a text; none in none."""
    width, codes, documents = _read(text, scale)
    return [4 * document + _where(code, width) for code, document in zip(codes, documents, strict=True)]


def repacked(text: str, scale: int, moves: Mapping[int, int | None]) -> str:
    """Return a text in which the word stands where it now does in some documents; None for one that has it no longer. Without any it is none.

    The gaps of others are taken over as they are: most words of an edit are common ones.
    """
    width, codes, documents = _read(text, scale)
    for document, where in moves.items():
        at = bisect_left(documents, document)
        before = documents[at - 1] if at else -1
        if documents[at : at + 1] == [document]:
            del documents[at], codes[at]
        if where is not None:
            documents.insert(at, document)
            codes.insert(at, _codes(width)[4 * (document - before) - 3 + where])
            at, before = at + 1, document
        if at < len(codes):
            codes[at] = _codes(width)[4 * (documents[at] - before) - 3 + _where(codes[at], width)]
    if not documents:
        return ""
    if _width(scale, len(documents)) == width:
        return _texts([_head(scale, width) + "".join(codes)])[0]
    return packed([[4 * document + _where(code, width) for code, document in zip(codes, documents, strict=True)]], scale)[0]


def _head(scale: int, width: int) -> str:
    return "1" * (_width(scale, 1) - width) + "0"


def _texts(rows: Iterable[str]) -> list[str]:
    """Return rows of bits as characters."""
    whole = [row + "1" * (-len(row) % 6) for row in rows]
    bits = "".join(whole)
    size = -(-len(bits) // 24)
    text = b64encode(int("1" + bits.ljust(24 * size, "1"), 2).to_bytes(3 * size + 1, "big")[1:]).decode()
    at = 0
    return [text[at : (at := at + len(row) // 6)] for row in whole]


def _read(text: str, scale: int) -> tuple[int, list[str], list[int]]:
    """Return the width of the gaps in a text, the code of each with where the word stands behind it, and the number of each document."""
    if not text:
        return _width(scale, 1), [], []
    bits = f"{int.from_bytes(b'1' + b64decode(text + '/' * (-len(text) % 4))):b}"[6 : 6 + 6 * len(text)]
    narrower = bits.index("0")
    width = _width(scale, 1) - narrower
    codes = _pattern(width).findall(bits, narrower + 1)
    return width, codes, list(accumulate(map(_steps(width).__getitem__, codes), initial=-1))[1:]


class _Codes(dict[int, str]):
    """The bits of a gap, times 4, and where the word stands behind it; this plus 1."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __missing__(self, key: int) -> str:
        gap, where = divmod(key - 1, 4)
        bits = f"{(2 << (gap >> self.width)) - 1 << self.width + 1 | gap & (1 << self.width) - 1:b}"[1:] + _WHERE[where]
        if len(self) < _KNOWN:
            self[key] = bits
        return bits


class _Steps(dict[str, int]):
    """From one document to the next by the bits of the gap between them."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __missing__(self, code: str) -> int:
        ones = code.index("0")
        step = (ones << self.width) + int(code[ones : ones + 1 + self.width], 2) + 1
        if len(self) < _KNOWN:
            self[code] = step
        return step


_codes, _steps = cache(_Codes), cache(_Steps)


def _where(code: str, width: int) -> int:
    return _WHERE.index(code[code.index("0") + 1 + width :])


@cache
def _pattern(width: int) -> re.Pattern[str]:
    return re.compile(f"1*0[01]{{{width}}}(?:0|1[01])")


@cache
def _width(scale: int, documents: int) -> int:
    """Return how many bits of a gap stand as they are, where so many documents of all have the word."""
    return max(0, (11 * scale // (16 * documents)).bit_length() - 1)
