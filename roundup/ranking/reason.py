"""Why a paper stands where it stands, in short words with signed weights. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

OTHER_WORDS = "other words"
_NAMED = 3  # reasons of a kind that are said by name


class Reason(Struct, frozen=True):
    """A word, a phrase, an author, a category or votes, and what it adds to the score of a paper."""

    word: str
    weight: float


def said(why: Iterable[Reason]) -> str:
    """Return reasons on one line, what speaks for a paper before what speaks against it: ``soft moe, sparse, Houlsby +1.2; survey -0.3``."""
    named = [reason for reason in why if reason.word != OTHER_WORDS]
    sides = (sorted((reason for reason in named if (reason.weight > 0) is liked), key=lambda reason: -abs(reason.weight))[:_NAMED] for liked in (True, False))
    return "; ".join(f"{', '.join(reason.word for reason in side)} {sum(reason.weight for reason in side):+.1f}" for side in sides if side)
