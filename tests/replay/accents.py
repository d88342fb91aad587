"""Unicode letters -> the TeX that submitters typed, as listing feeds and arXivRaw still carry it."""

from __future__ import annotations

import unicodedata

_MARKS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".", "\u0308": '"',
    "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c", "\u0328": "k",
}
_LETTERS = {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "å": "aa", "Å": "AA", "ı": "i"}


def tex(text: str) -> str:
    """Return text with accented Latin letters as TeX commands; a letter that TeX has no short command for stays."""
    return text if text.isascii() else "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _LETTERS:
        return f"{{\\{_LETTERS[letter]}}}"
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) != 2 or not parts[0].isascii() or parts[1] not in _MARKS:
        return letter
    base, mark = "{\\i}" if parts[0] == "i" else parts[0], _MARKS[parts[1]]
    return f"\\{mark}{{{base}}}" if mark.isalpha() else f"\\{mark}{base}"
