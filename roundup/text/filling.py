"""Words -> lines of a width, as plain text has them. A character of Chinese or Japanese is two columns wide, and a line may end behind it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WIDTH = 72  # columns, so that a reply can quote a line twice and still be under 80

_SPACE = re.compile(r"[^\S\xa0\u202f]+")  # a fixed space is no place to end a line
_IDEOGRAPH = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CLOSING = "、。，．！？：；」』）】〉》〕…・ー々"
_PIECE = re.compile(rf"[{_IDEOGRAPH}][{_CLOSING}]*|[^{_IDEOGRAPH}]+")


def columns(text: str) -> int:
    """Return how many columns a line takes."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 for char in text)


def filled(text: str, width: int = WIDTH, indent: int = 0) -> list[str]:
    """Return the text in lines of at most ``width`` columns, those behind the first one indented; a longer word stays whole."""
    lines: list[str] = []
    for part in text.split("\n"):
        line, used = "", 0
        for gap, piece in _pieces(part):
            margin = indent if lines else 0
            size = columns(piece)
            if line and used + len(gap) + size > width - margin:
                lines.append(" " * margin + line)
                line, used = piece, size
            else:
                line, used = f"{line}{gap}{piece}" if line else piece, used + len(gap) * bool(line) + size
        lines.append((" " * (indent if lines else 0) + line) if line else "")
    return [line.replace("\xa0", " ").replace("\u202f", " ") for line in lines]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a line may not be broken within, each with the space before it."""
    for word in _SPACE.split(text.strip()):
        first, *rest = [word] if word.isascii() else _PIECE.findall(word) or [word]
        yield " ", first
        yield from (("", piece) for piece in rest)


def prefixed(lines: list[str], first: str, rest: str) -> list[str]:
    """Return lines behind a mark, as those of a list's item or of a quotation are."""
    return [f"{rest if number else first}{line}".rstrip() for number, line in enumerate(lines)]
