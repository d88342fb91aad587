"""An archive as it will be published: its pages' paths, and where a link from one to the other leads. Pure.

Permalinks, entry ids and the links between pages are made here and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from urllib.parse import urljoin, urlsplit

from roundup.catalogue import AUTHORS, TOPICS, Catalogue, Coverage, Listing, Standing, named_slug
from roundup.config import Config
from roundup.issue import Archive, Block, Issue, IssueKey, Pick, Prose, anchor
from roundup.moves import Permalinks, Trail, end_of, trail_of
from roundup.nearness import Nearness
from roundup.paper import pick_name
from roundup.text import dialect
from roundup.text.dialect import Document
from roundup.text.language import ENGLISH, Language
from roundup.text.setting import Place
from roundup.text.slugs import lasting_slug

BESIDE = 5  # papers by the same authors, or near a paper, that its page names
SEARCH_PAGE = "search/index.html"
LISTED = 100  # papers on the page of an author or a topic; where there are more, each year has a page as well
LISTED_NAMES = 1000  # authors or topics in one list; where there are more, each letter has a page


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that goes to the site as it is: where it stands in the digest (or the theme), and a hash of its bytes."""

    path: str
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Theme:
    """The templates by name, and where each was read: ``own`` ones replace ``built_in`` ones of the same name.

    ``fonts`` are files that the stylesheet names; a browser asks for one where a page has a use for it.
    ``cards`` are those that social cards are set in; they stay here.
    """

    built_in: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fonts: Mapping[str, bytes] = field(default_factory=dict)
    cards: Mapping[str, bytes] = field(default_factory=dict)
    language: Language = ENGLISH

    @property
    def digest(self) -> str:
        return fingerprint(self.version, repr(self.language), *(f"{n}\0{t}" for part in (self.built_in, self.own) for n, t in sorted(part.items())))


@dataclass(frozen=True, eq=False)
class Site:
    """The archive as it will be published, with all that its pages ask about each other.

    ``cards`` is the release of what can draw social cards, on which their bytes depend; without it there are none.
    """

    config: Config
    archive: Archive
    theme: Theme
    assets: tuple[Asset, ...] = ()
    cards: str = ""
    permalinks: Permalinks = field(default_factory=Permalinks)

    @property
    def language(self) -> Language:
        return self.theme.language

    @property
    def feed_base(self) -> str:
        """What the ids of feeds and their entries begin with."""
        return self.permalinks.address or self.config.url

    @cached_property
    def moved(self) -> dict[str, str]:
        """Paths that lead to the page of an author or a topic: where it stood once, and each spelling that the editors listed."""
        listings = (*self.catalogue.authors.values(), *self.catalogue.topics.values())
        pages = {listing.path for listing in listings} | {f"{AUTHORS}/index.html", f"{TOPICS}/index.html"} | set(self.parts)
        spelt = {f"{one.kind}/{named_slug(name)}.html": one.path for one in listings if one.known and not one.known.papers for name in one.known.also}
        moved = {**self.permalinks.moved, **spelt}
        return {old: end_of(old, moved, pages) for old in sorted(moved) if old not in pages}

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Paths of pages for a year of an author's or a topic's papers, and for a letter of the lists."""
        found = [year_path(one, year) for listings in self._listings for one in listings for year in years_of(one)]
        return (*found, *self.letters)

    @property
    def letters(self) -> tuple[str, ...]:
        """Paths of pages for a letter of the lists."""
        large = (listings for listings in self._listings if len(listings) > LISTED_NAMES)
        return tuple(letter_path(listings[0].kind, letter) for listings in large for letter in sorted({one.letter for one in listings}))

    @property
    def _listings(self) -> tuple[tuple[Listing, ...], ...]:
        return tuple(self.catalogue.authors.values()), tuple(self.catalogue.topics.values())

    @cached_property
    def public(self) -> Site:
        """The same site without drafts."""
        return replace(self, archive=self.archive.published()) if self.archive.drafts() else self

    def keeping(self, permalinks: Permalinks) -> Site:
        """Return the same site with what has to stay where it was published."""
        same = replace(self, permalinks=permalinks)
        same.__dict__["catalogue"] = self.catalogue  # of the same archive; it is a second's work in a large one
        return same

    def trail(self) -> Trail:
        """Return where the site has what, for the next build to know; drafts leave no trail."""
        return trail_of(self.public.catalogue, self.feed_base, self.public.parts, self.permalinks.moved)

    @cached_property
    def words(self) -> dict[IssueKey, int]:
        """How many words the editors wrote in each issue."""
        return {issue.key: sum(len(block.prose.text.split()) for block in issue.blocks()) for issue in self.archive.issues}

    def document(self, prose: Prose) -> Document:
        """Return a piece of commentary parsed, in the language of the digest."""
        return dialect.parse(prose.text, self.language.quotes)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.archive, self.config)

    @cached_property
    def _nearness(self) -> Nearness:
        return Nearness(tuple(self.catalogue.papers.values()), BESIDE)

    def near(self, coverage: Coverage) -> tuple[Coverage, ...]:
        """Return the papers that a paper's page names as related, the nearest first."""
        return self._nearness.near(coverage)

    def also_by(self, coverage: Coverage) -> tuple[Coverage, ...]:
        """Return other papers of the same authors: the more of them in common, the earlier."""
        common: dict[Coverage, int] = {}
        for author in dict.fromkeys(self.catalogue.authors_of(coverage)):
            for other in author.coverages:
                if other is not coverage and other.paper:
                    common[other] = common.get(other, 0) + 1
        newest_first = sorted(common, key=lambda other: other.place, reverse=True)
        return tuple(sorted(newest_first, key=lambda other: -common[other])[:BESIDE])

    @cached_property
    def standings(self) -> dict[str, tuple[Standing, ...]]:
        """Every paper and link by its name, newest issue first."""
        found: dict[str, tuple[Standing, ...]] = {}
        for coverage in self.catalogue.coverages:
            found[coverage.name] = found.get(coverage.name, ()) + coverage.standings
        return found

    def earlier(self, issue: Issue, pick: Pick) -> tuple[Standing, ...]:
        """Return where earlier issues took up the same thing, newest first."""
        return tuple(s for s in self.standings.get(pick.name, ()) if s.issue.key < issue.key and s.pick.paper)

    def place(self, name: str, issue: Issue, inside: Pick | None = None) -> Standing | None:
        """Return what ``[[name]]`` means in an issue: the pick there, else the newest one.

        In the commentary on that very pick (``inside``) it is the newest earlier one: "as we said in ...".
        """
        wanted = pick_name(name)
        rows = self.standings.get(wanted) or self.standings.get(anchor(wanted), ())
        here = next((s for s in rows if s.issue.key == issue.key), None)
        if here and here.pick is not inside:
            return here
        elsewhere = [s for s in rows if s is not here]
        return next((s for s in elsewhere if s.issue.key < issue.key), elsewhere[0] if elsewhere else None)


def issue_path(key: IssueKey) -> str:
    """Return the path of an issue's page."""
    return f"{key}/index.html"


def card_path(key: IssueKey) -> str:
    """Return the path of an issue's social card."""
    return f"{key}/card.png"


def paper_path(coverage: Coverage) -> str:
    """Return the path of a paper's page."""
    return f"papers/{coverage.name}.html"


def year_path(listing: Listing, year: int) -> str:
    """Return the path of the page that has an author's or a topic's papers of one year, where there are many."""
    return f"{listing.kind}/{listing.slug}/{year}.html"


def years_of(listing: Listing) -> tuple[int, ...]:
    """Return the years that have a page of their own, newest first; none where all papers stand on one."""
    years = dict.fromkeys(coverage.standings[0].issue.key.year for coverage in listing.coverages)
    return tuple(years) if len(listing.coverages) > LISTED else ()


def letter_path(kind: str, letter: str) -> str:
    """Return the path of the page that has the authors, or the topics, of one letter, where there are many."""
    return f"{kind}/by-letter/{lasting_slug(letter)}.html"


def relative(start: str, path: str) -> str:
    """Return a link from the page ``start`` to the file ``path``, both counted from the top of the site."""
    ups = "../" * start.count("/")
    return f"{ups}{path}"


def permalink(config: Config, path: str) -> str:
    """Return the lasting, absolute address of a page, or nothing where the digest has no address yet."""
    return urljoin(config.url, path.removesuffix("index.html")) if config.url else ""


def entry_id(site: Site, issue: Issue) -> str:
    """Return the id of an issue in a feed: its title, its date and the pages may change, and this stays. Source: RFC 4151."""
    place = urlsplit(site.feed_base)
    return f"tag:{place.hostname},{issue.key.year}:{place.path}{issue.key}"


def feed_issues(site: Site) -> tuple[Issue, ...]:
    """Return the issues of the feed, newest first."""
    return site.archive.published().issues[: site.config.feeds.entries]


def feed_papers(coverages: Iterable[Coverage], site: Site) -> tuple[Coverage, ...]:
    """Return the papers of a feed, newest first: those in an issue that is out, as the issues that are out have them."""
    found = (coverage.published() for coverage in coverages)
    return tuple(islice((coverage for coverage in found if coverage and coverage.paper), site.config.feeds.entries))


def has_feed(site: Site, listing: Listing) -> bool:
    """Tell whether an author or a topic has a feed: there is an address to read it from, and it has papers enough."""
    enough = site.config.feeds.authors if listing.kind == AUTHORS else site.config.feeds.topics
    return bool(site.config.url and enough) and sum(1 for c in listing.coverages if c.paper and c.published()) >= enough


def feed_paths(page: str) -> tuple[str, str]:
    """Return the paths of the Atom and the JSON feed beside a page."""
    return page.removesuffix(".html") + ".xml", page.removesuffix(".html") + ".json"


def page_of(config: Config, issue: Issue) -> str:
    """Return the link from an issue's Markdown to its page: the address, or the file beside it."""
    return permalink(config, issue_path(issue.key)) or "index.html"


def link_between(site: Site, standing: Standing, start: str, *, absolute: bool = False) -> str:
    """Return the link from the page ``start`` to a pick in its issue: a fragment, where that is the page."""
    path = issue_path(standing.issue.key)
    if path == start:
        return f"{page_of(site.config, standing.issue) if absolute else ''}#{standing.pick.name}"
    if absolute and site.config.url:
        return f"{permalink(site.config, path)}#{standing.pick.name}"
    return f"{relative(start, path)}#{standing.pick.name}"


def places(site: Site, issue: Issue, block: Block, start: str, *, absolute: bool = False) -> dict[str, Place]:
    """Return where the ``[[...]]`` of a block lead, as links from the page ``start``."""
    found: dict[str, Place] = {}
    if "[[" not in block.prose.text:
        return found
    for reference in site.document(block.prose).references:
        if standing := site.place(reference.value, issue, block.pick):
            found[reference.value] = Place(standing.pick.shown_title, link_between(site, standing, start, absolute=absolute))
    return found


def fingerprint(*parts: str) -> str:
    """Return a hash of the parts in order; two different lists give two different hashes."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
