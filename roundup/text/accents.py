"""Accents as TeX writes them -> the letters themselves: ``Andr\\'e`` is André. Total: any string in, no error out.

arXiv's query API gives letters; its feeds and its OAI-PMH interface give what the authors typed.
"""

from __future__ import annotations

import re
import unicodedata

# TeX's accent commands and the combining characters that they put on the letter behind.
_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307", '"': "\u0308",
    "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_BASE = r"(?:\{\s*(\\[ij]\b|[^\W\d_])\s*\}|(\\[ij](?![A-Za-z])\s?|[^\W\d_]))"
_ACCENTED = re.compile(rf"\\(?:([`'^~=.\"])\s*{_BASE}|([uvHcdbkr])(?:\s*\{{\s*(\\[ij]\b|[^\W\d_])\s*\}}|\s+([^\W\d_])))")
_LETTER = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?:\{\}|(?![A-Za-z])\s?)")
_GROUP = re.compile(r"(\\[A-Za-z]+\s*|[\\_^}\]{]\s*)?\{(\w*[^\W\x00-\x7f]\w*)\}(?!\})")  # but not what belongs to a command
_MATH = re.compile(r"(\$\$.*?\$\$|(?<!\\)\$(?:\\.|[^$\\])*\$)", re.S)


def accented(text: str) -> str:
    """Return ``text`` with TeX's accents and letters in place; math between dollars stays as it is."""
    if "\\" not in text:
        return text
    return "".join(part if part.startswith("$") else _plain(part) for part in _MATH.split(text))


def _plain(text: str) -> str:
    before = None
    while before != text:  # an accent may stand on a letter that has one, as in Nguy\\~{\\^e}n
        before = text
        text = _LETTER.sub(lambda match: _LETTERS[match[1]], _ACCENTED.sub(_compose, text))
        text = _GROUP.sub(lambda match: match[0] if match[1] else match[2], text)
    return text


def _compose(match: re.Match[str]) -> str:
    mark, braced, bare, letter_mark, letter_braced, letter = match.groups()
    base = (braced or bare or letter_braced or letter).strip().removeprefix("\\")  # an i without its dot gets an accent as i does
    return unicodedata.normalize("NFC", base + _COMBINING[mark or letter_mark])
