"""Any text -> a name that is safe in a path, a URL and an id."""

from __future__ import annotations

import hashlib
import re

from roundup.text.folding import folded

_OTHER = re.compile(r"[^a-z0-9]+")
_BETWEEN = re.compile(r"[\s._,;:'’`()/\u2010-\u2015-]+")  # what separates words, and tells no name from another
_TAKEN = {"index"}  # a list's own page
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


def lasting_slug(text: str) -> str:
    """Return a slug that belongs to one name alone, whatever other names there are: the page of an author or a topic stays where it is.

    Case, accents and what stands between words are spelling, and make no difference. Where more would be lost, as of ``C++``,
    of a name in Chinese, or of a long one, a short hash follows.
    """
    known = _BETWEEN.sub("-", folded(text)).strip("-")
    short = slug(known)
    if short == known and short not in _TAKEN:
        return short
    mark = hashlib.blake2b((known or text).encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{short}-{mark}" if re.search("[a-z0-9]", known) else f"x{mark}"
