"""An author, a topic, and the lists of issues, authors and topics -> what their pages show; templates decide how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from roundup.catalogue import OTHER_LETTERS, Listing
from roundup.config import AUTHORS
from roundup.pages.frame import frame
from roundup.pages.papers import COLLABORATION, rows
from roundup.pages.theme import Drawing
from roundup.pages.views import Anchor, by_year
from roundup.site import LISTED, LISTED_NAMES, Site, feed_paths, has_feed, letter_path, relative, year_path, years_of
from roundup.text import web
from roundup.text.drawn import plain
from roundup.text.slugs import lasting_slug

MOST_NAMED = 30  # authors in the list by size, and co-authors on an author's page


class Tally(Struct, frozen=True):
    """An author or a topic in a list, and how many papers there are."""

    href: str
    name: str
    count: int


def listing_view(listing: Listing, site: Site, drawing: Drawing, year: int | None = None) -> dict[str, Any]:
    """Return what the template of an author's or a topic's page knows, by name: the newest papers, or those of a year."""
    start = year_path(listing, year) if year else listing.path
    shown = [c for c in listing.coverages if c.standings[0].head.key.year == year] if year else listing.coverages[:LISTED]
    return {
        **frame(site, start, plain(listing.name) or listing.name, public=any(coverage.is_out for coverage in listing.coverages)),
        "kind": listing.kind,
        "name": (web.words(listing.name) or listing.name),
        "home": listing.known.url if listing.known else "",
        "year": year,
        "whole": relative(start, listing.path),
        "count": sum(1 for coverage in listing.coverages if coverage.is_paper),
        "years": tuple(Anchor(relative(start, year_path(listing, y)), str(y)) for y in years_of(listing)),
        "rows": rows(shown, site, drawing, start, 2),
        "beside": tuple(_beside(listing, site, start)) if listing.kind == AUTHORS and not year else (),
        "feeds": tuple(relative(start, path) for path in feed_paths(listing.path)) if has_feed(site, listing) else (),
    }


def _beside(listing: Listing, site: Site, start: str) -> Iterator[Tally]:
    """Yield who wrote most often with an author here, in a collaboration apart."""
    authors = (set(site.catalogue.columns.authors[place]) for place in listing.places)
    counts = Counter(number for row in authors if len(row) <= COLLABORATION for number in row)
    others = ((site.catalogue.listing(AUTHORS, number), count) for number, count in counts.items())
    best = sorted(((-count, other.sorted_as, other.slug, other) for other, count in others if other is not listing), key=lambda row: row[:3])[:MOST_NAMED]
    yield from (Tally(relative(start, other.path), (web.words(other.name) or other.name), -count) for count, _, _, other in best)


def archive_view(site: Site) -> dict[str, Any]:
    """Return what the template of the list of issues knows, by name."""
    start = "archive/index.html"
    return {**frame(site, start, site.language.archive), "years": tuple(by_year(site.archive.heads, site, start))}


def index_view(kind: str, site: Site, letter: str = "") -> dict[str, Any]:
    """Return what the template of the list of authors, or of topics, knows, by name: all by letter, or those of a letter."""
    start = letter_path(kind, letter) if letter else f"{kind}/index.html"
    listings = tuple(site.catalogue.listings(kind))
    letters = by_letter(listings)
    apart = len(listings) > LISTED_NAMES
    several = (one for one in listings if len(one.places) > 1)
    largest = sorted(several, key=lambda one: (-len(one.places), one.sorted_as, one.slug))[:MOST_NAMED]
    shown = {letter: letters[letter]} if letter else {} if apart else letters
    public = not letter or any(coverage.is_out for one in letters[letter] for coverage in one.coverages)
    return {
        **frame(site, start, site.language.people if kind == AUTHORS else site.language.topics, public=public),
        "kind": kind,
        "letter": letter,
        "count": len(listings),
        "whole": relative(start, f"{kind}/index.html"),
        "letters": tuple(Anchor(relative(start, letter_path(kind, one)) if apart else f"#{_anchor(one)}", one) for one in letters),
        "groups": tuple((_anchor(one), one, tuple(_tally(listing, start) for listing in group)) for one, group in shown.items()),
        "largest": () if letter else tuple(_tally(listing, start) for listing in largest),
    }


def _anchor(letter: str) -> str:
    return f"letter-{lasting_slug(letter)}"


def _tally(listing: Listing, start: str) -> Tally:
    return Tally(relative(start, listing.path), (web.words(listing.name) or listing.name), len(listing.places))


def by_letter(listings: Iterable[Listing]) -> dict[str, list[Listing]]:
    """Return the listings by the letter that they are looked up under, in order."""
    found: dict[str, list[Listing]] = {}
    for listing in sorted(listings, key=lambda one: (one.letter == OTHER_LETTERS, one.letter, one.sorted_as, one.slug)):
        found.setdefault(listing.letter, []).append(listing)
    return found
