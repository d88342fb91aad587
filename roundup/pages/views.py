"""An issue, and the archive -> what their pages show, in words and facts; templates decide how it looks.

One view serves the page, its Markdown twin, the mail and the feed, each with its own edition of the text, so that all say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from roundup.catalogue import Coverage
from roundup.config import Config, Editor
from roundup.issue import Block, Head, Issue, IssueKey, Pick
from roundup.pages.frame import frame, posting
from roundup.pages.theme import Drawing
from roundup.paper import Author, Paper, day
from roundup.site import Site, card_path, issue_path, link_between, page_of, paper_path, permalink, places, relative
from roundup.text import mail, web
from roundup.text.cards import Card
from roundup.text.dialect import Document
from roundup.text.language import Language
from roundup.text.links import told
from roundup.text.setting import Setting

NAMES_SHOWN = 6  # a longer list shows three, and the last; the rest is there on demand
NAMES_FIRST = 3
ISSUES_AT_HOME = 24
MAIL_WIDTH = 600  # pixels
CONTENTS_FROM = 5  # an issue of fewer picks needs no table of contents


class Edition(Protocol):
    """What draws text for one edition, as the modules ``web``, ``mail`` and ``twin`` do, a ``plain.Plain`` and a ``paste.Paste``."""

    def render(self, document: Document, setting: Setting) -> Markup: ...
    def card(self, what: Card, setting: Setting) -> Markup: ...
    def image(self, source: str, setting: Setting) -> Markup: ...
    def words(self, text: str) -> Markup: ...
    def text(self, text: str) -> Markup: ...


class Anchor(Struct, frozen=True):
    """Words, and where a link on them leads within the site; nowhere, where there is no such page."""

    href: str
    title: str


class Names(Struct, frozen=True):
    """A list of people: those who lead, those on demand, and the last; the latter two are empty in a short list.

    Where nobody leads, how many there are is shown, and all of them on demand.
    """

    first: tuple[Anchor, ...]
    rest: tuple[Anchor, ...] = ()
    last: Anchor | None = None

    @property
    def everyone(self) -> tuple[Anchor, ...]:
        return self.first + self.rest + ((self.last,) if self.last else ())


class PickView(Struct, frozen=True):
    """A pick as a page shows it; ``level`` is that of its heading."""

    number: int
    name: str
    level: int
    title: str  # as the edition has it, or the record's own letters where nothing can be drawn of them
    url: str
    page: str  # its own page in the site, where it has one
    authors: Names
    category: Anchor
    readers: tuple[str, ...]  # in a list: how many votes and comments there are, where that is known
    date: str  # the day of submission, or of the announcement where only that is known
    submitted: str  # the same for machines, empty where unknown
    links: tuple[Anchor, ...]
    signed: tuple[Editor, ...]
    tags: tuple[Anchor, ...]
    abstract: Markup  # in a list, and only where it does not have to be read
    tldr: str
    rating: str
    cover: Markup
    card: Markup
    body: Markup
    earlier: tuple[Anchor, ...]
    withdrawn: Markup


class SectionView(Struct, frozen=True):
    name: str
    title: str
    note: Markup
    picks: tuple[PickView, ...]


class IssueView(Struct, frozen=True):
    """An issue's head, as its own page and the home page show it."""

    key: str
    title: str
    teaser: str
    date: str
    machine_date: str
    corrected: str  # the day, as the language has it; empty where there was none
    papers: int
    picks: int
    minutes: int  # to read it; 0 of a list
    editors: tuple[Editor, ...]
    is_draft: bool
    is_list: bool
    href: str
    permalink: str
    card: str  # the address of its social card, empty where there is none


def issue_view(issue: Issue, site: Site, edition: Edition, *, absolute: bool = False, alone: bool = False) -> dict[str, Any]:
    """Return what the templates of an issue know, by name.

    With ``absolute``, links into the site carry its address. ``alone``, the text goes where the issue's figures do not,
    and where it may stand beside other issues: their address goes before figures, the issue's key before ids, and of a list
    it has what fits a mail.
    """
    return shown_by(Page(issue, site, edition, absolute=absolute, alone=alone))


def shown_by(page: Page) -> dict[str, Any]:
    """Return what the templates of an issue know of a page that draws all of it."""
    issue, site, path = page.issue, page.site, page.start
    intro, sponsor = page.next_block(2), page.next_block(2)
    sections = tuple(page.sections())
    outro = page.next_block(2)
    earlier, later = site.archive.earlier(issue.key), site.archive.later(issue.key)
    return {
        **frame(site, path, issue.title, issue.teaser, data=None if page.absolute else posting(issue, site), public=not issue.is_draft),
        "issue": head(issue.head, site, path),
        "chosen": chosen(issue, site),
        "intro": intro,
        "sponsor": sponsor,
        "sections": sections,
        "outro": outro,
        "contents": len(issue.picks) >= CONTENTS_FROM and not issue.is_list,  # a list is contents itself
        "earlier": turn(earlier, path),
        "later": turn(later, path),
    }


def letter_view(issue: Issue, site: Site, drawing: Drawing) -> dict[str, Any]:
    """Return what an issue's mail, its JSON and its entry in the feed show."""
    return drawing.letters(_letter, issue.key, site)


def _letter(key: IssueKey, site: Site) -> dict[str, Any]:
    return issue_view(site.archive.issue(key), site, mail, absolute=True, alone=True)


def home_view(site: Site) -> dict[str, Any]:
    """Return what the home page's template knows, by name."""
    heads = site.archive.heads
    newest = site.archive.issue(heads[0].key) if heads else None
    return {
        **frame(site, "index.html", site.config.title),
        "newest": head(newest.head, site, "index.html") if newest else None,
        "picks": tuple((n, web.words(p.shown_title), f"{newest.key}/index.html#{p.name}") for n, p in enumerate(newest.picks, 1)) if newest else (),
        "years": tuple(by_year(heads[:ISSUES_AT_HOME], site, "index.html")),
        "more": len(heads) > ISSUES_AT_HOME,
    }


def by_year(heads: Iterable[Head], site: Site, start: str) -> Iterator[tuple[int, list[IssueView]]]:
    """Yield the issues of each year, as a list on the page ``start`` shows them."""
    years: dict[int, list[IssueView]] = {}
    for one in heads:
        years.setdefault(one.key.year, []).append(head(one, site, start))
    yield from years.items()


def head(issue: Head, site: Site, start: str) -> IssueView:
    path = issue_path(issue.key)
    return IssueView(
        str(issue.key),
        issue.title,
        issue.teaser,
        site.language.day(issue.date) if issue.date else "",
        issue.date.isoformat() if issue.date else "",
        site.language.corrected.format(date=site.language.day(issue.corrected)) if issue.corrected else "",
        issue.papers,
        issue.picks,
        issue.minutes,
        tuple(site.config.editor(short) for short in issue.editors),
        issue.is_draft,
        issue.is_list,
        relative(start, path),
        permalink(site.config, path),
        permalink(site.config, card_path(issue.key)) if site.cards else "",
    )


def chosen(issue: Issue, site: Site) -> str:
    """Return how many papers an issue has out of how many, where it says so; else nothing."""
    return "" if issue.seen is None else site.language.seen.format(seen=issue.seen, kept=issue.kept)


def card_facts(issue: Issue, site: Site) -> str:
    """Return the line at the foot of an issue's social card."""
    return f"{site.language.day(issue.date) if issue.date else site.language.draft} · {site.language.papers.of(issue.kept)}"


def turn(key: IssueKey | None, start: str) -> Anchor | None:
    return Anchor(relative(start, issue_path(key)), str(key)) if key else None


class Page:
    """Draws an issue's blocks, numbering picks and notes as it goes: in the order of its own page, or some of them for another page."""

    def __init__(self, issue: Issue, site: Site, edition: Edition, start: str = "", *, absolute: bool = False, alone: bool = False) -> None:
        self.issue, self.site, self.edition, self.absolute, self.alone = issue, site, edition, absolute, alone
        home = issue_path(issue.key)
        self.start = start or home
        away = self.start != home
        top = relative(self.start, "")
        self.setting = Setting(
            page=home,
            root=(site.config.url or top) if absolute else top,
            own=page_of(site.config, issue.key) if absolute else relative(self.start, home) if away else "",
            figures=permalink(site.config, home) if alone else relative(self.start, f"{issue.key}/") if away else "",
            ids=f"{issue.key}-{_name_of(start)}-" if away else f"{issue.key}-" if alone else "",
            language=site.language,
            sizes={one.name: _fitting(one.width, one.height) if alone else (one.width, one.height) for one in issue.figures if not one.fault},
        )
        self.blocks = issue.blocks()
        self.notes = 0
        self.picks = 0

    def next_block(self, heading: int) -> Markup:
        return self.drawn(next(self.blocks), heading)

    def drawn(self, block: Block, heading: int) -> Markup:
        """Return a block as HTML or what else the edition makes; ``heading`` is the level of the heading above it."""
        if not block.prose.text.strip():
            return Markup("")
        document = self.site.document(block.prose)
        setting = self.setting.at(
            f"{self.setting.ids}{block.prefix}", heading, self.notes + 1, places(self.site, self.issue, block, self.start, absolute=self.absolute)
        )
        self.notes += len(document.notes)
        return self.shown(block, setting)

    def shown(self, block: Block, setting: Setting) -> Markup:
        return self.edition.render(self.site.document(block.prose), setting)

    def sections(self) -> Iterator[SectionView]:
        for section, name in zip(self.issue.sections, self.issue.section_ids(), strict=True):
            level = 3 if section.title else 2
            note = self.next_block(2)
            picks = tuple(self._pick(pick, level) for pick in section.picks)
            yield SectionView(name, section.title, note, picks)

    def _pick(self, pick: Pick, level: int) -> PickView:
        self.picks += 1
        paper, config, language = pick.paper, self.site.config, self.site.language
        coverage = None if self.absolute else self.site.catalogue.at(self.issue.key, pick.name)
        abstract = self._abstract(pick)
        return PickView(
            self.picks,
            pick.name,
            level,
            self.edition.words(pick.shown_title) or pick.shown_title,
            paper.id.latest.abs_url if paper else pick.link.url if pick.link else "",
            relative(self.start, paper_path(coverage)) if coverage and paper else "",
            self.authors(pick, coverage),
            self.topic(paper.primary_category, coverage) if paper else Anchor("", told(pick.link.url, pick.link.source) if pick.link else ""),
            tuple(self._readers(pick)),
            *dates(paper, language),
            tuple(paper_links(paper, language, unfolds=bool(abstract))),
            signed(pick, self.issue, config),
            tuple(self.topic(tag, coverage) for tag in pick.tags),
            abstract,
            pick.tldr,
            pick.rating,
            self.cover(pick),
            self.card(pick),
            self.next_block(level),
            tuple(self._earlier(pick)),
            self.edition.text(paper.withdrawn.reason) if paper and paper.withdrawn else Markup(""),
        )

    def topic(self, name: str, coverage: Coverage | None) -> Anchor:
        """Return a tag or a category, with a link where the page is one of the site."""
        return Anchor(relative(self.start, self.site.catalogue.topic(name, coverage).path) if coverage else "", name)

    def authors(self, pick: Pick, coverage: Coverage | None) -> Names:
        """Return the authors; those of a list unfold on its page, and a mail names the first few."""
        found = names(pick.shown_authors, self.edition, self.site, coverage, self.start)
        if not self.issue.is_list or len(found.everyone) < 2:
            return found
        return self.few(found) if self.alone else Names((), found.everyone)

    def few(self, found: Names) -> Names:
        """Return the first names of a list and the last, with how many there are between."""
        more = f"… {self.site.language.more.of(len(found.rest))} …"
        return replace(found, rest=(Anchor("", self.edition.words(more)),)) if found.rest else found

    def _readers(self, pick: Pick) -> Iterator[str]:
        """Yield what readers made of a paper, where the papers are many and compared by that."""
        if not self.issue.is_list or not pick.paper:
            return
        for counted, number in ((self.site.language.votes, pick.paper.votes), (self.site.language.comments, pick.paper.comments)):
            if number is not None:
                yield counted.of(number)

    def _abstract(self, pick: Pick) -> Markup:
        """Return the abstract in a list; but fifty of them do not fit a mail."""
        return self.edition.text(pick.paper.abstract) if self.issue.is_list and not self.alone and pick.paper else Markup("")

    def cover(self, pick: Pick) -> Markup:
        if not pick.cover or pick.cover in {found.value for found in self.site.document(pick.commentary).figures}:
            return Markup("")  # or the commentary shows it in its own place
        return self.edition.image(pick.cover, self.setting)

    def card(self, pick: Pick) -> Markup:
        if pick.link is None:
            return Markup("")
        link = pick.link
        if not (pick.title or link.text or link.image):
            return Markup("")  # the heading and the line below it have said it all
        title = link.title if pick.title else ""
        return self.edition.card(Card(link.url, title, link.text, link.source, link.image), self.setting)

    def _earlier(self, pick: Pick) -> Iterator[Anchor]:
        for standing in self.site.earlier(self.issue, pick):
            href = link_between(self.site, standing, self.start, absolute=self.absolute)
            yield Anchor(href, self.site.language.place.format(number=standing.number, issue=standing.head.key))


def _fitting(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a figure fits the column of a mail: some readers heed no other bound."""
    return (width, height) if width <= MAIL_WIDTH else (MAIL_WIDTH, max(1, round(height * MAIL_WIDTH / width)))


def _name_of(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".html")


def names(authors: tuple[Author, ...], edition: Edition, site: Site, coverage: Coverage | None, start: str) -> Names:
    """Return the authors as a page shows them: a record may hold their names in TeX, as it may the title. A ``coverage`` brings their pages."""
    people = tuple(Anchor(_author_page(author, site, coverage, start), edition.words(author.name) or author.name) for author in authors)
    if len(people) <= NAMES_SHOWN:
        return Names(people)
    return Names(people[:NAMES_FIRST], people[NAMES_FIRST:-1], people[-1])


def _author_page(author: Author, site: Site, coverage: Coverage | None, start: str) -> str:
    listing = site.catalogue.author(author.name, coverage) if coverage else None
    return relative(start, listing.path) if listing else ""


def dates(paper: Paper | None, language: Language) -> tuple[str, str]:
    if paper is None:
        return "", ""
    if paper.submitted:
        submitted: dt.date = day(paper.submitted)
        return language.short_day(submitted), submitted.isoformat()
    return (language.listed.format(date=language.short_day(paper.announced)), "") if paper.announced else ("", "")


def paper_links(paper: Paper | None, language: Language, *, unfolds: bool = False, repositories: int | None = 1) -> Iterator[Anchor]:
    """Yield the links beside a paper, to so many repositories, or to all; not to its abstract where that ``unfolds``, for the title leads there as well."""
    if paper is None:
        return
    if not unfolds:
        yield Anchor(paper.id.latest.abs_url, language.abstract)
    yield Anchor(paper.id.latest.pdf_url, language.pdf)
    for url in paper.links.code[:repositories]:
        yield Anchor(url, language.code)


def signed(pick: Pick, issue: Issue, config: Config) -> tuple[Editor, ...]:
    """Return who wrote the commentary, where that is not simply who edited the issue."""
    return tuple(config.editor(short) for short in pick.by) if pick.by and pick.by != issue.editors else ()
