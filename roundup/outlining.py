"""An issue -> its outline. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from roundup.issue import Issue, Pick
from roundup.outline import Outline, Taken, fingerprint
from roundup.paper import Paper
from roundup.showing import figures_shown
from roundup.text.drawn import plain
from roundup.text.folding import folded
from roundup.text.visible import visible

_REFERENCE = re.compile(r"\[\[([^\[\]\n]+)\]\]")
_WORD = re.compile(r"[^\W\d_]{3,}")


def outline_of(issue: Issue) -> Outline:
    """Return the outline of an issue that was read in full."""
    asked = (name for block in issue.blocks() if block.pick is None for name in references_in(block.prose.text))
    shown = {name for name, _ in figures_shown(issue)}
    figures = tuple((figure.name, figure.digest) for figure in issue.figures if figure.name in shown and not figure.fault)
    said = (fingerprint(repr(pick), repr(figures))[:16] for pick in issue.picks)
    return Outline(replace(issue.head, said="".join(said)), tuple(map(_taken, issue.picks)), tuple(dict.fromkeys(asked)), figures, _may_hold_math(issue))


def _taken(pick: Pick) -> Taken:
    paper = pick.paper
    references = dict.fromkeys(references_in(pick.commentary.text))
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
    )


def references_in(text: str) -> list[str]:
    """Return what stands between double brackets, as a page shows it: without what cannot be seen."""
    return _REFERENCE.findall(visible(text))


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
