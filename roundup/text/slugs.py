"""Any text -> a name that is safe in a path, a URL and an id."""

from __future__ import annotations

import hashlib
import re

from roundup.text.folding import folded

_OTHER = re.compile(r"[^a-z0-9]+")
MAX_LENGTH = 60


def slug(text: str) -> str:
    """Return lower-case ASCII words joined by hyphens, at most 60 characters, never empty.

    A text without a Latin letter or digit, as a heading in Chinese, gives a short hash of itself.
    """
    plain = folded(text).encode("ascii", "ignore").decode()
    words = _OTHER.sub("-", plain).strip("-")
    if len(words) > MAX_LENGTH:
        words = words[: MAX_LENGTH + 1].rpartition("-")[0] or words[:MAX_LENGTH]
    return words or "x" + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
