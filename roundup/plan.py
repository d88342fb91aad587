"""An archive -> every output of its site, each with a fingerprint of all that it is made from. Pure.

The plan is the hinge: the build walks it, checks look at it, a later preview and publisher do.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from roundup.catalogue import AUTHORS, TOPICS, Coverage, Listing
from roundup.errors import Location, Problem, nearest
from roundup.issue import Figure, Issue, IssueKey
from roundup.moves import dump_trail
from roundup.paper import Paper
from roundup.search import search_files
from roundup.site import (
    LISTED_NAMES,
    SEARCH_PAGE,
    Site,
    card_path,
    feed_issues,
    feed_papers,
    feed_paths,
    fingerprint,
    has_feed,
    issue_path,
    letter_path,
    paper_path,
    places,
    year_path,
    years_of,
)
from roundup.sitemap import addresses, site_map_parts, site_map_path
from roundup.text.links import is_local

FONTS = "assets/fonts/"
TRAIL = ".roundup-trail.json"


@dataclass(frozen=True, slots=True)
class Output:
    """One file of the site: its path from the site's top, what draws it, and the fingerprint of all its inputs."""

    path: str
    kind: str  # a name that ``pages`` knows, or "copy"
    made_from: str
    issue: Issue | None = None
    source: str = ""  # of a copy: the file in the digest
    about: Coverage | Listing | None = None  # of a paper's page: the paper; of an author's, a topic's, or one of their feeds: these
    part: str = ""  # of a page that is one of several: the year, or the letter


@dataclass(frozen=True, slots=True)
class Plan:
    """Every output of a site in the order in which it is put in place, and what stands against building it."""

    outputs: tuple[Output, ...]
    faults: tuple[Problem, ...]


def plan(site: Site) -> Plan:
    """Return the plan. Files that pages show come before them, and a page before the pages that lead to it."""
    outputs = [Output(asset.path, "copy", asset.digest, source=asset.source) for asset in site.assets]
    outputs.append(Output("assets/roundup.css", "stylesheet", fingerprint("stylesheet", site.theme.digest, site.config.accent)))
    outputs.append(Output("assets/roundup.svg", "icon", fingerprint("icon", site.theme.digest, site.config.accent)))
    outputs.append(Output("assets/roundup.js", "script", fingerprint("script", site.theme.digest)))
    if any(map(_may_hold_math, site.archive.issues)):
        outputs += [Output(f"{FONTS}{name}", "font", hashlib.blake2b(data, digest_size=16).hexdigest()) for name, data in site.theme.fonts.items()]
    faults: list[Problem] = []
    shared = fingerprint(repr(site.config), site.theme.digest, str(bool(site.cards)))
    prints = {coverage: _shown_in_lists(site, coverage) for coverage in site.catalogue.coverages}
    papers: dict[IssueKey, list[Output]] = {}
    for coverage in site.catalogue.papers.values():
        papers.setdefault(coverage.standings[0].issue.key, []).append(_paper(site, coverage, shared, prints))
    for listing in (*site.catalogue.authors.values(), *site.catalogue.topics.values()):
        outputs += _listing_outputs(site, listing, shared, prints)
    for issue in reversed(site.archive.issues):  # one after the other, and its papers with it: each text is parsed once
        outputs += papers.get(issue.key, ())
        outputs += _issue_outputs(site, issue, shared)
        faults += missing_figures(site, issue)
    outputs += _lists(site, shared)
    outputs += _search(site, shared, prints)
    if site.config.url:  # without an address there is no feed, for it is read elsewhere
        outputs += _feeds(site, shared)
        outputs += _site_map(site, shared)
    outputs += _moved(site, shared)
    outputs.append(Output("robots.txt", "robots", fingerprint("robots", site.config.url)))
    outputs.append(Output("404.html", "missing", fingerprint("missing", shared)))
    outputs.append(_home(site, shared))
    return Plan(tuple(outputs), (*faults, *collisions(outputs)))


def _may_hold_math(issue: Issue) -> bool:
    """Tell whether a formula may stand in an issue, or on a page about its papers: a dollar or a command of TeX's does."""
    texts = (text for pick in issue.picks for text in (pick.shown_title, *(author.name for author in pick.shown_authors), *_record_texts(pick.paper)))
    return any("$" in text or "\\" in text for text in texts) or any("$" in block.prose.text for block in issue.blocks())


def _record_texts(paper: Paper | None) -> Iterator[str]:
    if paper:
        yield from (paper.abstract, paper.comment, paper.journal_ref, paper.withdrawn.reason if paper.withdrawn else "")


def _shown_in_lists(site: Site, coverage: Coverage) -> str:
    """Return the fingerprint of what lists show of a paper."""
    people = (f"{one.slug}\0{one.name}" for one in site.catalogue.authors_of(coverage))
    newest = coverage.standings[0].pick
    places = (f"{standing.issue.key} {standing.number}" for standing in coverage.standings)
    return fingerprint(coverage.name, coverage.title, repr(coverage.authors), repr(coverage.paper), newest.tldr, repr(newest.link), *places, "", *people)


def _paper(site: Site, coverage: Coverage, shared: str, prints: Mapping[Coverage, str]) -> Output:
    issues = (part for s in coverage.standings for part in (s.issue.digest, str(s.number)))
    people = (f"{one.slug}\0{one.name}" for one in (*site.catalogue.authors_of(coverage), *site.catalogue.topics_of(coverage)))
    beside = (prints[other] for other in (*site.also_by(coverage), *site.near(coverage)))
    return Output(paper_path(coverage), "paper", fingerprint("paper", shared, str(bool(coverage.published())), *issues, *people, "", *beside), about=coverage)


def _listing_outputs(site: Site, listing: Listing, shared: str, prints: Mapping[Coverage, str]) -> Iterator[Output]:
    """Yield the page of an author or a topic, and where it has many papers one a year."""
    out = f"{has_feed(site, listing)} {any(coverage.published() for coverage in listing.coverages)}"
    made_from = fingerprint(shared, repr(listing.known), listing.name, out, *(prints[coverage] for coverage in listing.coverages))
    yield Output(listing.path, "listing", fingerprint("listing", made_from), about=listing)
    for year in years_of(listing):
        yield Output(year_path(listing, year), "listing", fingerprint(f"listing {year}", made_from), about=listing, part=str(year))


def _lists(site: Site, shared: str) -> Iterator[Output]:
    """Yield the lists of issues, authors and topics."""
    yield Output("archive/index.html", "archive", fingerprint("archive", shared, *map(_row, site.archive.issues)))
    for kind, listings in ((AUTHORS, site.catalogue.authors), (TOPICS, site.catalogue.topics)):
        made_from = fingerprint(shared, *(f"{one.slug}\0{one.name}\0{len(one.coverages)}" for one in listings.values()))
        yield Output(f"{kind}/index.html", kind, fingerprint(kind, made_from))
        if len(listings) > LISTED_NAMES:
            for letter in sorted({one.letter for one in listings.values()}):
                yield Output(letter_path(kind, letter), kind, fingerprint(f"{kind} {letter}", made_from), part=letter)


def _issue_outputs(site: Site, issue: Issue, shared: str) -> Iterator[Output]:
    shown = {name for name, _ in _figures_shown(site, issue)}
    for figure in issue.figures:
        if figure.name in shown and not figure.fault:
            yield Output(f"{issue.key}/{figure.name}", "copy", figure.digest, source=f"{issue.folder}/{figure.name}")
    if site.cards:
        yield Output(card_path(issue.key), "card", _card_made_from(site, issue, shared), issue)
    made_from = fingerprint(shared, issue.digest, *_from_elsewhere(site, issue))
    for path in ("index.md", "mail.html", "mail.txt", "issue.json", "papers.bib", "index.html"):
        yield Output(f"{issue.key}/{path}", path, fingerprint(path, made_from), issue)


def _card_made_from(site: Site, issue: Issue, shared: str) -> str:
    """Return what a card shows, the head of an issue; a word of commentary draws none anew."""
    fonts = (f"{name}\0{hashlib.blake2b(data, digest_size=16).hexdigest()}" for name, data in sorted(site.theme.cards.items()))
    papers = sum(1 for pick in issue.picks if pick.paper)
    return fingerprint("card", shared, site.cards, str(issue.key), issue.title, issue.teaser, str(issue.date), str(papers), *fonts)


def _from_elsewhere(site: Site, issue: Issue) -> Iterator[str]:
    """Yield what an issue's page shows of other issues: its neighbours, earlier coverage, and what it refers to."""
    for other in (site.archive.earlier(issue), site.archive.later(issue)):
        yield str(other.key) if other else ""
    for pick in issue.picks:
        coverage = site.catalogue.by_place[issue.key, pick.name]
        yield from (coverage.title, *(one.slug for one in (*site.catalogue.authors_of(coverage), *site.catalogue.topics_of(coverage))))
        yield from (f"{s.issue.key} {s.number}" for s in site.earlier(issue, pick))
    for block in issue.blocks():
        yield repr(places(site, issue, block, issue_path(issue.key)))


def _row(issue: Issue) -> str:
    """Return what a list of issues shows of one."""
    return f"{issue.key}\0{issue.title}\0{issue.teaser}\0{issue.date}\0{sum(1 for pick in issue.picks if pick.paper)}"


def _search(site: Site, shared: str, prints: Mapping[Coverage, str]) -> Iterator[Output]:
    """Yield the search page, its script, and the files of the index. What Pagefind makes of the built pages, no plan knows."""
    yield Output(SEARCH_PAGE, "search", fingerprint("search", shared))
    if site.config.search == "pagefind":
        yield Output("assets/pagefind.js", "script", fingerprint("pagefind.js", site.theme.digest))
        return
    yield Output("assets/search.js", "script", fingerprint("search.js", site.theme.digest))
    said = (part for c in site.catalogue.coverages for s in c.standings for part in (s.pick.commentary.text, *s.pick.tags, s.pick.tldr))
    made_from = fingerprint("index", site.theme.digest, *prints.values(), *said)
    yield from (Output(path, "index", made_from) for path in search_files(len(site.catalogue.coverages)))


def _feeds(site: Site, shared: str) -> Iterator[Output]:
    """Yield the feeds of issues, of papers, of authors and of topics, and the list of them."""
    issues = (part for issue in feed_issues(site) for part in (issue.digest, *_from_elsewhere(site, issue)))
    made_from = fingerprint("feed", shared, *issues)
    yield from (Output(path, "feed", made_from) for path in feed_paths("feed.html"))
    made_from = fingerprint("papers", shared, *_entries(site, site.catalogue.coverages))
    yield from (Output(path, "feed", made_from, part="papers") for path in feed_paths("papers.html"))
    listings = [one for one in (*site.catalogue.authors.values(), *site.catalogue.topics.values()) if has_feed(site, one)]
    for listing in listings:
        made_from = fingerprint(listing.path, shared, listing.name, *_entries(site, listing.coverages))
        yield from (Output(path, "feed", made_from, about=listing) for path in feed_paths(listing.path))
    yield Output("feeds.opml", "opml", fingerprint("opml", shared, *(f"{one.path}\0{one.name}" for one in listings)))


def _moved(site: Site, shared: str) -> Iterator[Output]:
    """Yield what stands where a page stood before it was renamed, and the trail by which the next build knows."""
    listings = {one.path: one for one in (*site.catalogue.authors.values(), *site.catalogue.topics.values())}
    for old, new in site.moved.items():
        yield Output(old, "moved", fingerprint("moved", shared, new), part=new)
        if new in listings and has_feed(site, listings[new]):  # a reader of feeds follows no page: the old path has the new feed
            made_from = fingerprint(new, shared, listings[new].name, *_entries(site, listings[new].coverages))
            yield from (Output(path, "feed", made_from, about=listings[new]) for path in feed_paths(old))
    yield Output(TRAIL, "trail", fingerprint("trail", dump_trail(site.trail())))


def _site_map(site: Site, shared: str) -> Iterator[Output]:
    rows = addresses(site)
    made_from = fingerprint("site map", shared, *(part for row in rows for part in row))
    yield from (Output(site_map_path(part), "sitemap", made_from, part=part) for part in ("", *site_map_parts(len(rows))))


def _entries(site: Site, coverages: Iterable[Coverage]) -> Iterator[str]:
    for coverage in feed_papers(coverages, site):
        yield from (part for standing in coverage.standings for part in (standing.pick.name, standing.issue.digest))


def _home(site: Site, shared: str) -> Output:
    newest = site.archive.issues[0].digest if site.archive.issues else ""
    return Output("index.html", "home", fingerprint("home", shared, newest, *map(_row, site.archive.issues)))


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


def _figures_shown(site: Site, issue: Issue) -> Iterator[tuple[str, Location]]:
    """Yield the path of every figure that the issue's page shows, as it is written, and where."""
    for pick in issue.picks:
        if pick.cover:
            yield unquote(pick.cover), pick.at("cover")
        if pick.link and pick.link.image:
            yield unquote(pick.link.image), pick.at("image")
    for block in issue.blocks():
        if not re.search(r"!\[|image|figures/", block.prose.text):
            continue  # no need to parse it for this
        document = site.document(block.prose)
        for found in document.figures:
            yield found.value, block.prose.at(found.line)
        for found in document.links:
            if found.value.startswith("figures/"):
                yield unquote(found.value), block.prose.at(found.line)


def missing_figures(site: Site, issue: Issue) -> Iterator[Problem]:
    """A figure is a file in the issue's figures/: pages ask no one else for anything, and no path leads out."""
    known = {figure.name: figure for figure in issue.figures}
    for name, where in _figures_shown(site, issue):
        if name in known:
            if known[name].fault:
                yield figure_fault(issue, known[name])
            continue
        if not name or name in issue.unread.figures or issue.unread.all_figures:
            continue
        if not is_local(name) or name.startswith("//"):
            what = f'figure "{name}" is an address; save the file in {issue.folder}/figures/ and name it figures/..., so that no page asks elsewhere'
        elif f"figures/{name}" in known:
            what = f'figure "{name}" lies outside the issue; did you mean "figures/{name}"?'
        elif ".." in unquote(name).split("/") or not name.startswith("figures/"):
            what = f'figure "{name}" lies outside the issue; put the file into {issue.folder}/figures/ and name it figures/...'
        else:
            hint = nearest(name, [n for n, figure in known.items() if not figure.fault]) or f"; put the file into {issue.folder}/figures/"
            what = f'figure "{name}" is missing{hint}'
        yield Problem(where, what)


def figure_fault(issue: Issue, figure: Figure) -> Problem:
    """Return what is wrong with a file among the figures, at its place."""
    return Problem(Location(f"{issue.folder}/{figure.name}"), figure.fault)
