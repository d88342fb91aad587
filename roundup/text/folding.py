"""Any text -> the same in the plain small letters that people type: ``Jørgensen`` is jorgensen. Total: any string in, no error out.

For what is looked up or named, never for what is shown. Scripts without Latin letters keep theirs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from roundup.text.visible import ACCENT

# Letters that Unicode does not take for one with an accent, or for two; and the sigma that Greek ends a word with.
LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i", "ȷ": "j",
    "ə": "a", "ƀ": "b", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ɨ": "i", "ʉ": "u", "ς": "σ",
}  # fmt: skip
DRESS = f"{ACCENT}|\xad"  # and soft hyphens
_LETTERS = str.maketrans(LETTERS)


def folded(text: str) -> str:
    """Return ``text`` in small letters without accents, ligatures and soft hyphens."""
    if text.isascii():
        return text.lower()
    return _dress().sub("", unicodedata.normalize("NFKD", text).lower()).translate(_LETTERS)


@cache
def _dress() -> re.Pattern[str]:
    return re.compile(DRESS)  # of all scripts: it takes milliseconds, and most texts have no use for it
