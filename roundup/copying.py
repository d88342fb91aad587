"""A paper's figures, those that were chosen -> files of an issue, and the Markdown that shows them, for an editor to paste.

Figures are the authors' own: one is copied only where the paper's licence lets anybody copy it, in the version that it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from roundup.errors import FetchError, RefusedError
from roundup.paper import ArxivId, Paper
from roundup.pictures import redrawn
from roundup.sources.gather import Missing, Sources
from roundup.sources.htmlpages import Picture
from roundup.store.lock import unbroken
from roundup.store.shelf import Shelf
from roundup.terms import Terms
from roundup.text import pasted
from roundup.text.pieces import Words
from roundup.text.visible import one_line

_CALLED = re.compile(r"\s*fig(?:ure|\.)?\s*", re.I)


class Copied(Struct, frozen=True):
    """A picture that the issue has now, ``new`` or ``unchanged``, and the line that shows it."""

    picture: Picture
    path: str
    state: str
    markdown: str


def paper_of(wanted: ArxivId, record: Paper | None, sources: Sources) -> Paper:
    """Return the paper in the version that is meant, the record's where none is named, with its licence where arXiv tells it of that version.

    FetchError where there is no such paper, or nobody says which its newest version is.
    """
    meant = wanted if wanted.version or record is None else record.id
    for known in (record, sources.cache.paper(meant)):
        if known and known.license and known.id.version and meant.version in (None, known.id.version):
            return known
    told = sources.oai.record(wanted.latest)
    if told is None:
        raise FetchError(wanted.abs_url, "is not there: arXiv has no such paper, or not yet", mend="a new one may take a day")
    sources.cache.keep_papers([(told, True)])
    if meant.version in (None, told.id.version):
        return told
    if meant.version > (told.id.version or 0):
        raise FetchError(meant.abs_url, f"is not there: its newest version is {told.id.version}", mend="name that one")
    return replace(told, id=meant, license="", withdrawn=None)


def chosen(pictures: Sequence[Picture], keys: Sequence[str], paper: ArxivId) -> tuple[Picture, ...]:
    """Return the pictures that are named, each once, in the order of the page: ``3a``, or ``3`` for all of that figure; RefusedError for others."""
    found: set[str] = set()
    for key in keys:
        name = re.sub(r"[^a-z0-9.-]", "", _CALLED.sub("", key, count=1).lower())
        named = {one.key for one in pictures if name in (one.key.lower(), one.figure.lower())}
        if not named:
            has = f"it has {', '.join(one.key for one in pictures)}" if pictures else "its page shows none"
            raise RefusedError(f'{paper} has no figure "{key}"; {has}')
        found |= named
    for one in pictures:
        if one.key in found and not one.path:
            raise RefusedError(f"{one.label or 'a figure'} of {paper} ({one.key}) has no file of its own at arXiv; take it from the paper's PDF")
    return tuple(one for one in pictures if one.key in found)


def refuse_unfit(paper: Paper, terms: Terms, *, may_copy_all: bool) -> None:
    """A figure is copied where the licence says so, and not merely where nothing is said."""
    if not (terms.may_copy or may_copy_all):
        mend = 'link to the paper, or have the authors\' word and write "figures: {licenses: warn}" into roundup.yaml'
        raise RefusedError(f"the figures of {paper.id} may not be copied: it stands under {terms.name}; {mend}")


def refuse_withdrawn(paper: Paper) -> None:
    """What the authors took back has no page; the version before it may have one."""
    if paper.withdrawn:
        number = (paper.id.version or 1) - 1
        before = f"; an earlier version may have its figures: roundup figures {paper.id.base}v{number}" if number else ""
        raise RefusedError(f"{paper.id} is withdrawn: {one_line(paper.withdrawn.reason).rstrip('.')}{before}")


def copied(paper: Paper, terms: Terms, pictures: Sequence[Picture], shelf: Shelf, sources: Sources, missing: list[Missing]) -> Iterator[Copied]:
    """Yield each picture as soon as the issue has it; what could not be had is among the ``missing``."""
    for one in pictures:
        try:
            data, ending = _drawn(paper.id, one, sources)
        except FetchError as error:
            missing.append(Missing.after(one.label or one.key, error))
            continue
        name = f"{paper.id.name}-{one.key}{ending}"
        with unbroken():
            state = shelf.put_figure(name, data)
        yield Copied(one, f"{shelf.folder}/figures/{name}", state, pasted.figure(f"figures/{name}", caption(paper, terms, one)))


def _drawn(paper: ArxivId, picture: Picture, sources: Sources) -> tuple[bytes, str]:
    data = sources.html.bytes_of(paper, picture)
    try:
        return redrawn(data)
    except ValueError as error:
        what = str(error).partition(";")[0]  # the mend is for who has the file
        raise FetchError(sources.html.picture_url(paper, picture), what, mend="take the figure from the paper's PDF") from error


def caption(paper: Paper, terms: Terms, picture: Picture) -> str:
    """Return a caption in Markdown: number, source, what the authors say below it, and the licence, as licences ask for."""
    source = f"{pasted.markdown([Words(picture.label)])} of [the paper]({paper.id.abs_url})" if picture.label else f"From [the paper]({paper.id.abs_url})"
    words = pasted.markdown(picture.caption)
    licence = f"[{pasted.markdown([Words(terms.name)])}]({terms.url})" if terms.url.startswith("http") else terms.name
    return f"{source}{f': {words}' if words else ''} ({licence})"
