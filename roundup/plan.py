"""An archive -> every output of its site, each with a fingerprint of all that it is made from. Pure.

The plan is the hinge: the build walks it, checks look at it, a later preview and publisher do.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from roundup.catalogue import Coverage, Listing
from roundup.config import AUTHORS, TOPICS
from roundup.errors import Location, Problem
from roundup.issue import Head, IssueKey
from roundup.outline import fingerprint
from roundup.outputs import Output, Outputs
from roundup.search import search_files
from roundup.site import (
    LISTED_NAMES,
    SEARCH_PAGE,
    Site,
    card_path,
    feed_issues,
    feed_papers,
    feed_paths,
    has_feed,
    letter_path,
    paper_path,
    year_path,
    years_of,
)
from roundup.sitemap import addresses, site_map_parts, site_map_path

FONTS = "assets/fonts/"
TRAIL = ".roundup-trail.json"


class Plan(Struct, frozen=True):
    """Every output of a site in the order in which it is put in place, and what stands against building it."""

    outputs: Outputs
    faults: tuple[Problem, ...]


def plan(site: Site) -> Plan:
    """Return the plan. Files that pages show come before them, and a page before the pages that lead to it."""
    making = _Making(site)
    outputs = list(making.assets())
    papers: dict[IssueKey, list[Output]] = {}
    for coverage in site.catalogue.papers:
        papers.setdefault(coverage.standings[0].head.key, []).append(making.paper(coverage))
    outputs += making.listings()
    for head in reversed(site.archive.heads):  # one after the other, and its papers with it: each text is parsed once
        outputs += papers.get(head.key, ())
        outputs += making.issue(head)
    outputs += making.lists()
    outputs += making.search()
    if site.config.url:  # without an address there is no feed, for it is read elsewhere
        outputs += making.feeds()
        outputs += making.site_map()
    outputs += making.moved()
    outputs += making.rest()
    return Plan(Outputs(outputs), tuple(collisions(outputs)))


def touched(site: Site, keys: Iterable[IssueKey]) -> Outputs:
    """Return every output that may hold words of these issues' own: what an edit changes that leaves their outlines as they are."""
    making, archive, catalogue = _Making(site), site.archive, site.catalogue
    heads = [archive.heads[archive.places[key]] for key in keys]
    coverages = {coverage.place: coverage for head in heads for coverage in catalogue.of_issue(head.key)}
    listings = {one.path: one for coverage in coverages.values() for one in (*catalogue.authors_of(coverage), *catalogue.topics_of(coverage))}
    outputs = [making.paper(coverage) for coverage in coverages.values() if coverage.is_paper]
    outputs += (output for head in heads for output in making.issue(head))
    outputs += making.archive()
    outputs += making.search()
    if site.config.url:
        outputs += making.common_feeds()
        feeding = {path: one for path, one in listings.items() if any(paper.place in coverages for paper in feed_papers(one.newest_first(), site))}
        outputs += (output for listing in feeding.values() for output in making.listing_feeds(listing))
        outputs += (output for old, new in site.moved.items() if new in feeding for output in making.listing_feeds(feeding[new], old))
    return Outputs([*outputs, making.home()])


def shared_of(site: Site) -> str:
    """Return the fingerprint of what has a say in all that templates draw."""
    return fingerprint(site.config.shown, site.theme.digest, site.feed_base, str(bool(site.cards)))


def text_of(site: Site, key: IssueKey) -> str:
    """Return the fingerprint of an issue's text, in whatever edition."""
    return _Making(site).text_of(site.archive.heads[site.archive.places[key]])


def said_of(site: Site, coverage: Coverage) -> str:
    """Return the fingerprint of what the page and the entry of a paper show of the issues that take it up."""
    said = (part for one in coverage.standings for part in (one.head.saying(one.number), str(one.number), _row(one.head)))
    return fingerprint(site.catalogue.columns.told[coverage.place], *said)


class _Making:
    """Makes the outputs of a site: what is in many fingerprints is worked out once."""

    def __init__(self, site: Site) -> None:
        self.site, self.catalogue = site, site.catalogue
        self._said: dict[tuple[int, int], str] = {}
        self.shared = shared_of(site)

    def assets(self) -> Iterator[Output]:
        """Yield what no page's values go into: the digest's files, and those of the theme."""
        site, theme = self.site, self.site.theme
        yield from (Output(asset.path, "copy", asset.digest, source=asset.source) for asset in site.assets)
        yield Output("assets/roundup.css", "stylesheet", fingerprint("stylesheet", theme.digest, site.config.accent))
        yield Output("assets/roundup.svg", "icon", fingerprint("icon", theme.digest, site.config.accent))
        yield from (Output(f"assets/{name}", "script", fingerprint(name, theme.digest)) for name in ("roundup.js", "paste.js"))
        if any(outline.may_hold_math for outline in site.archive.outlines):
            yield from (Output(f"{FONTS}{name}", "font", hashlib.blake2b(data, digest_size=16).hexdigest()) for name, data in theme.fonts.items())

    def paper(self, coverage: Coverage) -> Output:
        """Return the page of a paper: what the editors said of it, who wrote it, what stands beside it."""
        columns = self.catalogue.columns
        people = (f"{one.slug}\0{one.name}" for one in (*self.catalogue.authors_of(coverage), *self.catalogue.topics_of(coverage)))
        beside = (columns.shown[other.place] for other in (*self.site.also_by(coverage), *self.catalogue.near(coverage)))
        made_from = fingerprint("paper", self.shared, str(coverage.is_out), self._said_of(coverage), *people, "", *beside)
        return Output(paper_path(coverage), "paper", made_from, about=coverage.found_by)

    def _said_of(self, coverage: Coverage) -> str:
        known = (coverage.place, len(coverage.standings))  # of a paper in a draft, feeds know less
        if known not in self._said:
            self._said[known] = said_of(self.site, coverage)
        return self._said[known]

    def listings(self) -> Iterator[Output]:
        """Yield the pages of all authors and topics; of one with many papers, one a year."""
        columns, people = self.catalogue.columns, self.catalogue.columns.people
        for kind in (AUTHORS, TOPICS):
            for listing in self.catalogue.listings(kind):
                out = f"{has_feed(self.site, listing)} {any(coverage.is_out for coverage in listing.coverages)}"
                beside = (people.names[one] for place in listing.places for one in columns.authors[place]) if kind == AUTHORS else ()
                papers = (columns.shown[place] for place in listing.places)
                made_from = fingerprint(self.shared, kind, repr(listing.known), listing.name, out, *papers, "", *beside)
                yield Output(listing.path, "listing", made_from, about=listing.found_by)
                for year in years_of(listing):
                    yield Output(year_path(listing, year), "listing", fingerprint(str(year), made_from), about=listing.found_by, part=str(year))

    def archive(self) -> Iterator[Output]:
        yield Output("archive/index.html", "archive", fingerprint("archive", self.shared, *map(_row, self.site.archive.heads)))

    def lists(self) -> Iterator[Output]:
        """Yield the lists of issues, authors and topics."""
        yield from self.archive()
        for kind in (AUTHORS, TOPICS):
            listings = tuple(self.catalogue.listings(kind))
            made_from = fingerprint(self.shared, *(f"{one.slug}\0{one.name}\0{len(one.places)}" for one in listings))
            yield Output(f"{kind}/index.html", kind, fingerprint(kind, made_from))
            if len(listings) > LISTED_NAMES:
                for letter in sorted({one.letter for one in listings}):
                    out = any(coverage.is_out for one in listings if one.letter == letter for coverage in one.coverages)
                    yield Output(letter_path(kind, letter), kind, fingerprint(f"{kind} {letter} {out}", made_from), part=letter)

    def issue(self, head: Head) -> Iterator[Output]:
        """Yield the figures of an issue, its card, and its editions."""
        site, key = self.site, head.key
        outline = site.archive.outline(key)
        for name, digest in outline.figures:
            yield Output(f"{key}/{name}", "copy", digest, key, source=f"{head.folder}/{name}")
        if site.cards:
            yield Output(card_path(key), "card", self._card_made_from(head), key)
        made_from = self.text_of(head)
        for path in ("index.md", "mail.html", "mail.txt", "paste.html", "issue.json", "papers.bib", "index.html"):
            yield Output(f"{key}/{path}", path, fingerprint(path, made_from), key)

    def text_of(self, head: Head) -> str:
        """Return the fingerprint of an issue's text, in whatever edition."""
        return fingerprint(self.shared, head.digest, *self._from_elsewhere(head.key))

    def _card_made_from(self, head: Head) -> str:
        """Return what a card shows, the head of an issue; a word of commentary draws none anew."""
        shown = (self.site.cards, str(head.key), head.title, head.teaser, str(head.date), str(head.papers))
        return fingerprint("card", self.shared, *shown, self._card_fonts)

    @cached_property
    def _card_fonts(self) -> str:
        return fingerprint(*(f"{name}\0{hashlib.blake2b(data).hexdigest()}" for name, data in sorted(self.site.theme.cards.items())))

    def _from_elsewhere(self, key: IssueKey) -> Iterator[str]:
        """Yield what an issue's page shows of other issues: its neighbours, earlier coverage, and what it refers to."""
        archive, columns = self.site.archive, self.catalogue.columns
        yield from (str(other or "") for other in (archive.earlier(key), archive.later(key)))
        for coverage in self.catalogue.of_issue(key):
            yield columns.shown[coverage.place]  # by all issues: its highest version names it
            yield columns.told[coverage.place]
            yield from (one.slug for one in self.catalogue.topics_of(coverage))
        yield columns.asked[archive.places[key]]

    def search(self) -> Iterator[Output]:
        """Yield the search page, its script, and the files of the index. What Pagefind makes of the built pages, no plan knows."""
        site, columns = self.site, self.catalogue.columns
        yield Output(SEARCH_PAGE, "search", fingerprint("search", self.shared))
        if site.config.search == "pagefind":
            yield Output("assets/pagefind.js", "script", fingerprint("pagefind.js", site.theme.digest))
            return
        yield Output("assets/search.js", "script", fingerprint("search.js", site.theme.digest))
        made_from = fingerprint("index", site.theme.digest, "".join(columns.shown), "".join(head.digest for head in site.archive.heads))  # all of them together
        yield from (Output(path, "index", made_from) for path in search_files(len(self.catalogue)))

    def common_feeds(self) -> Iterator[Output]:
        """Yield the feeds of issues and of papers."""
        made_from = fingerprint("feed", self.shared, *map(self.text_of, feed_issues(self.site)))
        yield from (Output(path, "feed", made_from) for path in feed_paths("feed.html"))
        made_from = fingerprint("papers", self.shared, *self._entries(self.catalogue.coverages))
        yield from (Output(path, "feed", made_from, part="papers") for path in feed_paths("papers.html"))

    def listing_feeds(self, listing: Listing, page: str = "") -> Iterator[Output]:
        """Yield the feeds of an author or a topic, if any, beside a page: their own, or one where they stood once."""
        if has_feed(self.site, listing):
            made_from = fingerprint(listing.path, self.shared, listing.name, *self._entries(listing.newest_first()))
            yield from (Output(path, "feed", made_from, about=listing.found_by) for path in feed_paths(page or listing.path))

    def feeds(self) -> Iterator[Output]:
        """Yield the feeds of issues, of papers, of authors and of topics, and the list of them."""
        yield from self.common_feeds()
        feeding = [one for kind in (AUTHORS, TOPICS) for one in self.catalogue.listings(kind) if has_feed(self.site, one)]
        for listing in feeding:
            yield from self.listing_feeds(listing)
        yield Output("feeds.opml", "opml", fingerprint("opml", self.shared, *(f"{one.path}\0{one.name}" for one in feeding)))

    def _entries(self, coverages: Iterable[Coverage]) -> Iterator[str]:
        for coverage in feed_papers(coverages, self.site):
            yield from (coverage.name, self._said_of(coverage))

    def moved(self) -> Iterator[Output]:
        """Yield what stands where a page stood before it was renamed, and the trail by which the next build knows."""
        listings = {one.path: one for kind in (AUTHORS, TOPICS) for one in self.catalogue.listings(kind)} if self.site.moved else {}
        for old, new in self.site.moved.items():
            yield Output(old, "moved", fingerprint("moved", self.shared, new), part=new)
            if new in listings:  # a reader of feeds follows no page: the old path has the new feed
                yield from self.listing_feeds(listings[new], old)
        yield Output(TRAIL, "trail", fingerprint("trail", self.site.trail_text))

    def site_map(self) -> Iterator[Output]:
        rows = addresses(self.site)
        made_from = fingerprint("site map", self.shared, *(part for row in rows for part in row))
        yield from (Output(site_map_path(part), "sitemap", made_from, part=part) for part in ("", *site_map_parts(len(rows))))

    def rest(self) -> Iterator[Output]:
        """Yield what there is one of."""
        yield Output("robots.txt", "robots", fingerprint("robots", self.site.config.url))
        yield Output("404.html", "missing", fingerprint("missing", self.shared))
        yield self.home()

    def home(self) -> Output:
        heads = self.site.archive.heads
        newest = self.site.archive.outline(heads[0].key).taken if heads else ()
        picks = (f"{pick.name}\0{pick.shown_title}" for pick in newest)
        return Output("index.html", "home", fingerprint("home", self.shared, *map(_row, heads), "", *picks))


def _row(head: Head) -> str:
    """Return what a list of issues, or a page about a paper, shows of an issue."""
    shown = (head.key, head.title, head.teaser, head.date, head.corrected, head.editors, head.is_list, head.papers, head.picks, head.minutes)
    return "\0".join(map(str, shown))


# ---- what a plan can tell is wrong ----


def collisions(planned: Iterable[Output]) -> Iterator[Problem]:
    """Two outputs may not be one file, on any disk: case and Unicode form do not tell files apart everywhere."""
    first: dict[str, Output] = {}
    for output in planned:
        known = first.setdefault(unicodedata.normalize("NFC", output.path).casefold(), output)
        if known is output:
            continue
        given, made = (output, known) if output.source else (known, output)  # the mend is with the file that somebody put there
        if made.source:
            what = f"would be one file with {made.source} on a disk that does not tell their names apart; rename one"
        else:
            what = f"would take the place of {made.path}, which roundup makes; rename it, or put it into templates/ in place of ours"
        yield Problem(Location(given.source or given.path), what)
