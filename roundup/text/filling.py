"""Words -> lines of a width, as plain text has them. A character of Chinese or Japanese is two columns wide, and a line may end behind it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

WIDTH = 72  # columns, so that a reply can quote a line twice and still be under 80

_SPACE = re.compile(r"[^\S\xa0\u202f]+")  # a fixed space is no place to end a line
_IDEOGRAPH = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CLOSING = "、。，．！？：；」』）】〉》〕…・ー々"
# What is one column a sign, and divided by spaces alone: letters of Europe with their accents on them, its dashes and quotes, signs of formulas.
_EVEN = re.compile(
    "[ -~\xa0-\xac\xae-\u02ff\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u2010-\u2027\u202f-\u205e\u2074-\u208e\u2090-\u209c\u20a0-\u20bf\u2100-\u218b\u2190-\u2319]*"
)


def columns(text: str) -> int:
    """Return how many columns a line takes."""
    if text.isascii() or _EVEN.fullmatch(text):
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 for char in text)


def filled(text: str, width: int = WIDTH, indent: int = 0) -> list[str]:
    """Return the text in lines of at most ``width`` columns, those behind the first one indented; a longer word stays whole."""
    lines: list[str] = []
    for part in text.split("\n"):
        if _EVEN.fullmatch(part):
            _fill_evenly(lines, part, width, indent)
            continue
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


def _fill_evenly(lines: list[str], part: str, width: int, indent: int) -> None:
    """Add the lines of a text of which each sign is a column: each is cut at the last space that is near enough, with no look at its words."""
    text, at = part.strip(), 0
    if "  " in text:
        text = _SPACE.sub(" ", text)
    while len(text) - at > (room := max(width - indent * bool(lines), 0)):
        cut = text.rfind(" ", at, at + room + 1)
        if cut < 0:  # a longer word stays whole
            cut = text.find(" ", at + room + 1)
        if cut < 0:
            break
        lines.append(" " * indent * bool(lines) + text[at:cut])
        at = cut + 1
    lines.append(" " * indent * bool(lines) + text[at:] if text else "")


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a line may not be broken within, each with the space before it."""
    for word in _SPACE.split(text.strip()):
        first, *rest = [word] if word.isascii() else _piece().findall(word) or [word]
        yield " ", first
        yield from (("", piece) for piece in rest)


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(rf"[{_IDEOGRAPH}][{_CLOSING}]*|[^{_IDEOGRAPH}]+")  # it takes milliseconds, and few digests have use for it


def prefixed(lines: list[str], first: str, rest: str) -> list[str]:
    """Return lines behind a mark, as those of a list's item or of a quotation are."""
    return [f"{rest if number else first}{line}".rstrip() for number, line in enumerate(lines)]
