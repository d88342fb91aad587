"""An issue, and the archive -> what their pages show, in words and facts; templates decide how it looks.

One view serves the page, its Markdown twin, the mail and the feed, each with its own edition of the text, so that all say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from markupsafe import Markup

from roundup.config import Config, Editor
from roundup.issue import Block, Issue, Pick
from roundup.paper import Paper, day
from roundup.site import Site, entry_id, issue_path, link_between, page_of, permalink, places, relative
from roundup.text import web
from roundup.text.cards import Card
from roundup.text.dialect import Document
from roundup.text.language import Language
from roundup.text.links import told
from roundup.text.setting import Setting

NAMES_SHOWN = 6  # a longer list shows three, and the last; the rest is there on demand
NAMES_FIRST = 3
WORDS_A_MINUTE = 230
CONTENTS_FROM = 5  # an issue of fewer picks needs no table of contents
_NOBODY = Markup("")


class Edition(Protocol):
    """What draws text for one edition, as the modules ``web``, ``mail`` and ``twin`` do, and a ``plain.Plain``."""

    def render(self, document: Document, setting: Setting) -> Markup: ...
    def card(self, what: Card, setting: Setting) -> Markup: ...
    def image(self, source: str, setting: Setting) -> Markup: ...
    def words(self, text: str) -> Markup: ...
    def text(self, text: str) -> Markup: ...


@dataclass(frozen=True, slots=True)
class Names:
    """A list of people: those who lead, those on demand, and the last; the latter two are empty in a short list."""

    first: tuple[Markup, ...]
    rest: tuple[Markup, ...] = ()
    last: Markup = _NOBODY


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link within the site, and the words on it."""

    href: str
    title: str


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick as a page shows it; ``level`` is that of its heading."""

    number: int
    name: str
    level: int
    title: Markup
    url: str
    authors: Names
    category: str
    date: str  # the day of submission, or of the announcement where only that is known
    submitted: str  # the same for machines, empty where unknown
    links: tuple[Anchor, ...]
    signed: tuple[Editor, ...]
    tags: tuple[str, ...]
    tldr: str
    rating: str
    cover: Markup
    card: Markup
    body: Markup
    earlier: tuple[Anchor, ...]
    withdrawn: Markup


@dataclass(frozen=True, slots=True)
class SectionView:
    name: str
    title: str
    note: Markup
    picks: tuple[PickView, ...]


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue's head, as its own page and the home page show it."""

    key: str
    title: str
    teaser: str
    date: str
    machine_date: str
    papers: int
    picks: int
    minutes: int
    editors: tuple[Editor, ...]
    is_draft: bool
    href: str
    permalink: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An issue as a feed has it: its head, an id that stays, when it came out, and its whole text."""

    issue: IssueView
    id: str
    updated: str
    content: Markup


def issue_view(issue: Issue, site: Site, edition: Edition, *, absolute: bool = False, alone: bool = False) -> dict[str, Any]:
    """Return what the templates of an issue know, by name.

    With ``absolute``, links into the site carry its address. ``alone``, the text goes where the issue's figures do not,
    and where it may stand beside other issues: their address goes before figures, the issue's key before ids.
    """
    path = issue_path(issue.key)
    page = _Page(issue, site, edition, absolute=absolute, alone=alone)
    intro, sponsor = page.next_block(2), page.next_block(2)
    sections = tuple(page.sections())
    outro = page.next_block(2)
    earlier, later = site.archive.earlier(issue), site.archive.later(issue)
    return {
        "config": site.config,
        "root": relative(path, ""),
        "issue": _head(issue, site, path),
        "intro": intro,
        "sponsor": sponsor,
        "sections": sections,
        "outro": outro,
        "contents": len(issue.picks) >= CONTENTS_FROM,
        "earlier": _turn(earlier, path),
        "later": _turn(later, path),
    }


def home_view(site: Site) -> dict[str, Any]:
    """Return what the home page's template knows, by name."""
    issues = site.archive.issues
    newest = issues[0] if issues else None
    return {
        "config": site.config,
        "root": "",
        "permalink": permalink(site.config, "index.html"),
        "newest": _head(newest, site, "index.html") if newest else None,
        "picks": tuple((n, web.words(p.shown_title), f"{newest.key}/index.html#{p.name}") for n, p in enumerate(newest.picks, 1)) if newest else (),
        "years": tuple(_by_year(site)),
    }


def feed_view(entries: Iterable[tuple[Issue, Markup]], site: Site) -> dict[str, Any]:
    """Return what the feed's template knows, by name; each issue comes with its text."""
    rows = [FeedEntry(_head(issue, site, "index.html"), entry_id(site.config, issue), f"{issue.date}T00:00:00Z", text) for issue, text in entries]
    return {
        "config": site.config,
        "id": permalink(site.config, ""),
        "updated": max((row.updated for row in rows), default="1970-01-01T00:00:00Z"),  # a feed has to say something
        "entries": rows,
    }


def _by_year(site: Site) -> Iterator[tuple[int, list[IssueView]]]:
    years: dict[int, list[IssueView]] = {}
    for issue in site.archive.issues:
        years.setdefault(issue.key.year, []).append(_head(issue, site, "index.html"))
    yield from years.items()


def _head(issue: Issue, site: Site, start: str) -> IssueView:
    words = sum(len(block.prose.text.split()) for block in issue.blocks())
    path = issue_path(issue.key)
    return IssueView(
        str(issue.key),
        issue.title,
        issue.teaser,
        site.language.day(issue.date) if issue.date else "",
        issue.date.isoformat() if issue.date else "",
        sum(1 for pick in issue.picks if pick.paper),
        len(issue.picks),
        max(1, round(words / WORDS_A_MINUTE)),
        tuple(site.config.editor(short) for short in issue.editors),
        issue.is_draft,
        relative(start, path),
        permalink(site.config, path),
    )


def _turn(issue: Issue | None, start: str) -> Anchor | None:
    return Anchor(relative(start, issue_path(issue.key)), str(issue.key)) if issue else None


class _Page:
    """Draws an issue's blocks in the order of the page, numbering picks and notes as it goes."""

    def __init__(self, issue: Issue, site: Site, edition: Edition, *, absolute: bool, alone: bool) -> None:
        self.issue, self.site, self.edition, self.absolute = issue, site, edition, absolute
        top = relative(issue_path(issue.key), "")
        self.setting = Setting(
            page=issue_path(issue.key),
            root=(site.config.url or top) if absolute else top,
            own=page_of(site.config, issue) if absolute else "",
            figures=permalink(site.config, issue_path(issue.key)) if alone else "",
            ids=f"{issue.key}-" if alone else "",
            language=site.language,
            sizes={figure.name: (figure.width, figure.height) for figure in issue.figures if not figure.fault},
        )
        self.blocks = issue.blocks()
        self.notes = 0
        self.picks = 0

    def next_block(self, heading: int) -> Markup:
        return self._drawn(next(self.blocks), heading)

    def _drawn(self, block: Block, heading: int) -> Markup:
        if not block.prose.text.strip():
            return Markup("")
        document = self.site.document(block.prose)
        setting = self.setting.at(block.prefix, heading, self.notes + 1, places(self.site, self.issue, block, absolute=self.absolute))
        self.notes += len(document.notes)
        return self.edition.render(document, setting)

    def sections(self) -> Iterator[SectionView]:
        for section, name in zip(self.issue.sections, self.issue.section_ids(), strict=True):
            level = 3 if section.title else 2
            note = self.next_block(2)
            picks = tuple(self._pick(pick, level) for pick in section.picks)
            yield SectionView(name, section.title, note, picks)

    def _pick(self, pick: Pick, level: int) -> PickView:
        self.picks += 1
        paper, config, language = pick.paper, self.site.config, self.site.language
        return PickView(
            self.picks,
            pick.name,
            level,
            self.edition.words(pick.shown_title),
            paper.id.latest.abs_url if paper else pick.link.url if pick.link else "",
            names(pick, self.edition),
            paper.primary_category if paper else told(pick.link.url, pick.link.source) if pick.link else "",
            *_dates(paper, language),
            tuple(_links(paper, language)),
            _signed(pick, self.issue, config),
            pick.tags,
            pick.tldr,
            pick.rating,
            self._cover(pick),
            self._card(pick),
            self.next_block(level),
            tuple(self._earlier(pick)),
            self.edition.text(paper.withdrawn.reason) if paper and paper.withdrawn else Markup(""),
        )

    def _cover(self, pick: Pick) -> Markup:
        shown = {found.value for found in self.site.document(pick.commentary).figures}
        if not pick.cover or pick.cover in shown:
            return Markup("")  # the commentary shows it in its own place
        return self.edition.image(pick.cover, self.setting)

    def _card(self, pick: Pick) -> Markup:
        if pick.link is None:
            return Markup("")
        link = pick.link
        if not (pick.title or link.text or link.image):
            return Markup("")  # the heading and the line below it have said it all
        title = link.title if pick.title else ""
        return self.edition.card(Card(link.url, title, link.text, link.source, link.image), self.setting)

    def _earlier(self, pick: Pick) -> Iterator[Anchor]:
        for standing in self.site.earlier(self.issue, pick):
            href = link_between(self.site, standing, self.issue, absolute=self.absolute)
            yield Anchor(href, self.site.language.place.format(number=standing.number, issue=standing.issue.key))


def names(pick: Pick, edition: Edition) -> Names:
    """Return the authors as a page shows them: a record may hold their names in TeX, as it may the title."""
    people = tuple(edition.words(author.name) for author in pick.shown_authors)
    if len(people) <= NAMES_SHOWN:
        return Names(people)
    return Names(people[:NAMES_FIRST], people[NAMES_FIRST:-1], people[-1])


def _dates(paper: Paper | None, language: Language) -> tuple[str, str]:
    if paper is None:
        return "", ""
    if paper.submitted:
        submitted: dt.date = day(paper.submitted)
        return language.short_day(submitted), submitted.isoformat()
    return (language.listed.format(date=language.short_day(paper.announced)), "") if paper.announced else ("", "")


def _links(paper: Paper | None, language: Language) -> Iterator[Anchor]:
    if paper is None:
        return
    yield Anchor(paper.id.latest.abs_url, language.abstract)
    yield Anchor(paper.id.latest.pdf_url, language.pdf)
    for url in paper.links.code[:1]:
        yield Anchor(url, language.code)


def _signed(pick: Pick, issue: Issue, config: Config) -> tuple[Editor, ...]:
    """Return who wrote the commentary, where that is not simply who edited the issue."""
    return tuple(config.editor(short) for short in pick.by) if pick.by and pick.by != issue.editors else ()
