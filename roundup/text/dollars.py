"""Where a formula between dollars ends, in commentary and in arXiv's texts alike; and what is money. Pure."""

from __future__ import annotations

import re

_TEX_END = re.compile(r"(\\[A-Za-z]+|[}^_\\])$")
_TEX = re.compile(r"[\\^_={}]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def closing_dollar(src: str, start: int, maximum: int) -> int:
    """Return where the math that opens at ``start`` ends, or -1 where the dollar is money or stands alone.

    Pandoc's rule (no space inside, no digit behind) with two amendments from real abstracts: a digit may follow where
    the formula ends in a macro ($\\sim$350 K), and ``$5 for two or $`` is an amount, not a formula.
    """
    end = src.find("$", start + 1, maximum)
    while end > 0 and src[end - 1] == "\\":
        end = src.find("$", end + 1, maximum)
    body = src[start + 1 : end] if end > 0 else ""
    if not body or body[0].isspace() or body[-1].isspace():
        return -1
    if src[end + 1 : end + 2].isdigit() and not _TEX_END.search(body):
        return -1
    if body[0].isdigit() and not _TEX.search(body) and len(_WORD.findall(body)) >= 2:
        return -1
    return end
