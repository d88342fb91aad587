"""The outline of an issue: all that pages about other things show of it, and ask of it, without its text.

An archive is held in memory as outlines; the text of an issue is read when a page of its own is drawn. While an outline stays the
same, an edit has touched nothing but the pages that hold the issue's own words.
"""

from __future__ import annotations

import datetime as dt
import json
from hashlib import blake2b
from typing import Any, NamedTuple

from msgspec import Struct

from roundup.issue import Head, parse_issue_key


class Taken(NamedTuple):
    """A pick as the catalogue takes it up. ``title`` and ``authors`` are the editors' own, where they gave any."""

    name: str
    is_paper: bool
    version: int
    title: str
    authors: tuple[str, ...]
    record_title: str
    record_authors: tuple[str, ...]
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    references: tuple[str, ...]  # the names of picks that its commentary speaks of
    words: str  # of its abstract, each once, by which it is found near others
    shown: str  # a hash of what lists show of it

    @property
    def shown_title(self) -> str:
        return self.title or self.record_title


class Outline(Struct, frozen=True):
    """What of an issue is known without its text.

    ``asked`` are the names of picks that its other texts refer to, ``figures`` those that its pages show, each with a hash of its bytes,
    and ``may_hold_math`` tells of a formula.
    """

    head: Head
    taken: tuple[Taken, ...]
    asked: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    may_hold_math: bool = False

    @property
    def print(self) -> str:
        """A hash of all that others show of the issue, or that decides what they show; its own words are not in it."""
        return fingerprint(json.dumps([head_row(self.head)[:-_OWN], self.taken, self.asked, self.figures, self.may_hold_math]))


def outline_row(outline: Outline) -> list[Any]:
    """Return an outline as plain data for JSON."""
    return [head_row(outline.head), outline.taken, outline.asked, outline.figures, outline.may_hold_math]


def outline_from(row: list[Any]) -> Outline:
    """Return the outline that ``outline_row`` made plain."""
    head, taken, asked, figures, may_hold_math = row
    picks = tuple(Taken._make(tuple(part) if isinstance(part, list) else part for part in one) for one in taken)
    return Outline(head_from(head), picks, tuple(asked), tuple((name, digest) for name, digest in figures), may_hold_math)


def head_row(head: Head) -> list[Any]:
    """Return a head as plain data; what an edit of the issue's own words changes stands last."""
    days = (str(day or "") for day in (head.date, head.corrected))
    own = (head.minutes, head.said, head.digest)
    return [str(head.key), head.folder, head.title, head.teaser, *days, head.editors, head.is_list, head.papers, head.picks, *own]


_OWN = 3  # items of a head's row


def head_from(row: list[Any]) -> Head:
    """Return the head that was made plain."""
    key, folder, title, teaser, date, corrected, editors, is_list, papers, picks, minutes, said, digest = row
    out, changed = (dt.date.fromisoformat(day) if day else None for day in (date, corrected))
    return Head(parse_issue_key(key), folder, title, teaser, out, changed, tuple(editors), is_list, papers, picks, minutes, said, digest)


def fingerprint(*parts: str) -> str:
    """Return a hash of the parts in order; two different lists give two different hashes."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
