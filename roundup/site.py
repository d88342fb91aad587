"""An archive as it will be published: its pages' paths, and where a link from one to the other leads. Pure.

Permalinks, entry ids and the links between pages are made here and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import islice
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from roundup.archive import Archive
from roundup.catalogue import Catalogue, Coverage, Listing, Standing
from roundup.columns import named_slug
from roundup.config import AUTHORS, TOPICS, Config
from roundup.issue import Block, Head, Issue, IssueKey, Pick, Prose, anchor
from roundup.moves import Permalinks, Trail, dump_trail, end_of, trail_of
from roundup.paper import pick_name
from roundup.text import dialect
from roundup.text.dialect import Document
from roundup.text.language import Language
from roundup.text.setting import Place
from roundup.text.slugs import lasting_slug
from roundup.text.visible import visible
from roundup.themes import Asset, Theme

BESIDE = 5  # papers by the same authors, or near a paper, that its page names
SEARCH_PAGE = "search/index.html"
LISTED = 100  # papers on the page of an author or a topic; where there are more, each year has a page as well
LISTED_NAMES = 1000  # authors or topics in one list; where there are more, each letter has a page


class Site(Struct, frozen=True, eq=False, dict=True):
    """The archive as it will be published, with all that its pages ask about each other.

    ``cards`` is the release of what can draw social cards, on which their bytes depend; without it there are none.
    """

    config: Config
    archive: Archive
    theme: Theme
    assets: tuple[Asset, ...] = ()
    cards: str = ""
    permalinks: Permalinks = Permalinks()

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
        listings = [listing for kind in (AUTHORS, TOPICS) for listing in self.catalogue.listings(kind)]
        pages = {listing.path for listing in listings} | {f"{AUTHORS}/index.html", f"{TOPICS}/index.html"} | set(self.parts)
        spelt = {f"{one.kind}/{named_slug(name)}.html": one.path for one in listings if one.known and not one.known.papers for name in one.known.also}
        moved = {**self.permalinks.moved, **spelt}
        return {old: end_of(old, moved, pages) for old in sorted(moved) if old not in pages}

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Paths of pages for a year of an author's or a topic's papers, and for a letter of the lists."""
        found = [year_path(one, year) for kind in (AUTHORS, TOPICS) for one in self.catalogue.listings(kind) for year in years_of(one)]
        return (*found, *self.letters)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """Paths of pages for a letter of the lists."""
        lists = {kind: tuple(self.catalogue.listings(kind)) for kind in (AUTHORS, TOPICS)}
        large = {kind: listings for kind, listings in lists.items() if len(listings) > LISTED_NAMES}
        return tuple(letter_path(kind, letter) for kind, listings in large.items() for letter in sorted({one.letter for one in listings}))

    @cached_property
    def public(self) -> Site:
        """The same site without drafts."""
        return replace(self, archive=self.archive.published()) if self.archive.drafts() else self

    def keeping(self, permalinks: Permalinks, moved: Mapping[str, str] | None = None, trail: str = "") -> Site:
        """Return the same site with what has to stay where it was published; ``moved`` and the ``trail`` where they were worked out before."""
        public = self.public.catalogue if "public" in self.__dict__ and self.public is not self else None
        same = replace(self, permalinks=permalinks).having(self.catalogue, public)  # of the same archives; each is a second's work in a large one
        if moved is not None:
            same.__dict__["moved"] = dict(moved)
        if trail:
            same.__dict__["trail_text"] = trail
        return same

    def having(self, catalogue: Catalogue, public: Catalogue | None = None) -> Site:
        """Return the same site with the catalogue that its archive has; ``public`` is that of the archive without drafts, where it has some."""
        same = replace(self)
        same.__dict__["catalogue"] = catalogue
        if public:
            same.__dict__["public"] = same.public.having(public)
        return same

    def trail(self) -> Trail:
        """Return where the site has what, for the next build to know; drafts leave no trail."""
        return trail_of(self.public.catalogue, self.feed_base, self.public.parts, self.permalinks.moved)

    @cached_property
    def trail_text(self) -> str:
        """The trail as it is written down."""
        return dump_trail(self.trail())

    def document(self, prose: Prose) -> Document:
        """Return a piece of commentary parsed, in the language of the digest."""
        return dialect.parse(prose.text, self.language.quotes)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.archive, self.config)

    def about(self, path: str) -> Coverage | Listing | None:
        """Return what the page or the feed at a path is about, where that is a paper, an author or a topic."""
        kind, _, rest = path.partition("/")
        name = rest.partition("/")[0].rpartition(".")[0] or rest.partition("/")[0]
        if kind == "papers":
            return self.catalogue.paper(name)
        return self.catalogue.called(kind, name) if kind in (AUTHORS, TOPICS) else None

    def also_by(self, coverage: Coverage) -> tuple[Coverage, ...]:
        """Return other papers of the same authors: the more of them in common, the earlier; of as many, the newer."""
        columns = self.catalogue.columns
        common = Counter(place for author in dict.fromkeys(columns.authors[coverage.place]) for place in columns.people.places[author])
        del common[coverage.place]
        best = sorted((-count, place) for place, count in common.items() if columns.is_paper[place])
        return tuple(self.catalogue.coverage(place) for _, place in best[:BESIDE])

    def earlier(self, issue: Issue, pick: Pick) -> tuple[Standing, ...]:
        """Return where earlier issues took up the same thing, newest first."""
        coverage = self.catalogue.at(issue.key, pick.name)
        return tuple(standing for standing in coverage.standings if standing.head.key < issue.key) if coverage.is_paper else ()

    def place(self, name: str, key: IssueKey, inside: str = "") -> Standing | None:
        """Return what ``[[name]]`` means in an issue: the pick there, else the newest one.

        In the commentary on that very pick (the name ``inside``) it is the newest earlier one: "as we said in ...".
        """
        wanted = pick_name(name)
        coverages = self.catalogue.named(wanted) or self.catalogue.named(anchor(wanted))
        rows = [standing for coverage in coverages for standing in coverage.standings]
        here = next((s for s in rows if s.head.key == key), None)
        if here and here.name != inside:
            return here
        elsewhere = [s for s in rows if s is not here]
        return next((s for s in elsewhere if s.head.key < key), elsewhere[0] if elsewhere else None)


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
    if len(listing.places) <= LISTED:
        return ()
    return tuple(dict.fromkeys(coverage.standings[0].head.key.year for coverage in listing.coverages))


def letter_path(kind: str, letter: str) -> str:
    """Return the path of the page that has the authors, or the topics, of one letter, where there are many."""
    return f"{kind}/by-letter/{lasting_slug(letter)}.html"


def relative(start: str, path: str) -> str:
    """Return a link from the page ``start`` to the file ``path``, both counted from the top of the site."""
    ups = "../" * start.count("/")
    return f"{ups}{path}"


def permalink(config: Config, path: str) -> str:
    """Return the lasting, absolute address of a page, or nothing where the digest has no address yet."""
    return config.url + path.removesuffix("index.html") if config.url else ""


def entry_id(site: Site, issue: Issue) -> str:
    """Return the id of an issue in a feed: its title, its date and the pages may change, and this stays. Source: RFC 4151."""
    place = urlsplit(site.feed_base)
    return f"tag:{place.hostname},{issue.key.year}:{place.path}{issue.key}"


def feed_issues(site: Site) -> tuple[Head, ...]:
    """Return the issues of the feed, newest first."""
    return site.archive.published().heads[: site.config.feeds.entries]


def feed_papers(coverages: Iterable[Coverage], site: Site) -> tuple[Coverage, ...]:
    """Return the papers of a feed, newest first: those in an issue that is out, as the issues that are out have them."""
    found = (coverage.published() for coverage in coverages)
    return tuple(islice((coverage for coverage in found if coverage and coverage.is_paper), site.config.feeds.entries))


def has_feed(site: Site, listing: Listing) -> bool:
    """Tell whether an author or a topic has a feed: there is an address to read it from, and it has papers enough."""
    enough = site.config.feeds.authors if listing.kind == AUTHORS else site.config.feeds.topics
    if not site.config.url or not enough or len(listing.places) < enough:
        return False
    out = (coverage for coverage in listing.newest_first() if coverage.is_paper and coverage.is_out)
    return sum(1 for _ in islice(out, enough)) >= enough


def feed_paths(page: str) -> tuple[str, str]:
    """Return the paths of the Atom and the JSON feed beside a page."""
    return page.removesuffix(".html") + ".xml", page.removesuffix(".html") + ".json"


def page_of(config: Config, key: IssueKey) -> str:
    """Return the link from an issue's Markdown to its page: the address, or the file beside it."""
    return permalink(config, issue_path(key)) or "index.html"


def link_between(site: Site, standing: Standing, start: str, *, absolute: bool = False) -> str:
    """Return the link from the page ``start`` to a pick in its issue: a fragment, where that is the page."""
    path = issue_path(standing.head.key)
    if path == start:
        return f"{page_of(site.config, standing.head.key) if absolute else ''}#{standing.name}"
    if absolute and site.config.url:
        return f"{permalink(site.config, path)}#{standing.name}"
    return f"{relative(start, path)}#{standing.name}"


def places(site: Site, issue: Issue, block: Block, start: str, *, absolute: bool = False) -> dict[str, Place]:
    """Return where the ``[[...]]`` of a block lead, as links from the page ``start``."""
    found: dict[str, Place] = {}
    if "[[" not in visible(block.prose.text):
        return found
    for reference in site.document(block.prose).references:
        if standing := site.place(reference.value, issue.key, block.pick.name if block.pick else ""):
            found[reference.value] = Place(standing.pick.shown_title, link_between(site, standing, start, absolute=absolute))
    return found
