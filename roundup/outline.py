"""An issue -> its outline: all that pages about other things show of it, and ask of it, without its text. Pure.

An archive is held in memory as outlines; the text of an issue is read when a page of its own is drawn. While an outline stays the
same, an edit has touched nothing but the pages that hold the issue's own words.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from roundup.issue import Head, Issue, Pick, parse_issue_key
from roundup.paper import Paper
from roundup.showing import figures_shown
from roundup.text.drawn import plain
from roundup.text.folding import folded

_REFERENCE = re.compile(r"\[\[([^\[\]\n]+)\]\]")
_WORD = re.compile(r"[^\W\d_]{3,}")


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
    own: str  # a hash of all of it, the editors' words among it

    @property
    def shown_title(self) -> str:
        return self.title or self.record_title


@dataclass(frozen=True, slots=True)
class Outline:
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
        taken = [pick._replace(own="") for pick in self.taken]
        return fingerprint(json.dumps([head_row(self.head)[:-2], taken, self.asked, self.figures, self.may_hold_math]))


def outline_of(issue: Issue) -> Outline:
    """Return the outline of an issue that was read in full."""
    asked = (name for block in issue.blocks() if block.pick is None for name in _REFERENCE.findall(block.prose.text))
    shown = {name for name, _ in figures_shown(issue)}
    figures = tuple((figure.name, figure.digest) for figure in issue.figures if figure.name in shown and not figure.fault)
    return Outline(issue.head, tuple(map(_taken, issue.picks)), tuple(dict.fromkeys(asked)), figures, _may_hold_math(issue))


def _taken(pick: Pick) -> Taken:
    paper = pick.paper
    references = dict.fromkeys(_REFERENCE.findall(pick.commentary.text))
    return Taken(
        pick.name,
        paper is not None,
        paper.id.version or 0 if paper else 0,
        pick.title,
        tuple(author.name for author in pick.authors),
        pick.subject.title,
        tuple(author.name for author in paper.authors) if paper else (),
        pick.tags,
        paper.categories if paper else (),
        tuple(references),
        " ".join(dict.fromkeys(words_of(paper.abstract))) if paper else "",
        fingerprint(pick.title, pick.tldr, repr(pick.authors), repr(pick.subject)),
        fingerprint(repr(pick)),
    )


def _may_hold_math(issue: Issue) -> bool:
    """Tell whether a formula may stand in an issue, or on a page about its papers: a dollar or a command of TeX's does."""
    texts = (text for pick in issue.picks for text in (pick.shown_title, *(author.name for author in pick.shown_authors), *_record_texts(pick.paper)))
    return any("$" in text or "\\" in text for text in texts) or any("$" in block.prose.text for block in issue.blocks())


def _record_texts(paper: Paper | None) -> Iterator[str]:
    if paper:
        yield from (paper.abstract, paper.comment, paper.journal_ref, paper.withdrawn.reason if paper.withdrawn else "")


def words_of(text: str) -> Iterator[str]:
    """Yield the words by which two papers stand near each other, as they are compared."""
    for word in _WORD.findall(folded(plain(text) if "$" in text or "\\" in text else text)):
        yield word[:-1] if word.endswith("s") and not word.endswith("ss") else word


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
    return [str(head.key), head.folder, head.title, head.teaser, *days, head.editors, head.is_list, head.papers, head.picks, head.minutes, head.digest]


def head_from(row: list[Any]) -> Head:
    """Return the head that was made plain."""
    key, folder, title, teaser, date, corrected, editors, is_list, papers, picks, minutes, digest = row
    out, changed = (dt.date.fromisoformat(day) if day else None for day in (date, corrected))
    return Head(parse_issue_key(key), folder, title, teaser, out, changed, tuple(editors), is_list, papers, picks, minutes, digest)


def fingerprint(*parts: str) -> str:
    """Return a hash of the parts in order; two different lists give two different hashes."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
