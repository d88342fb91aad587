"""A site -> the addresses that search engines are told of, with the days on which their pages last changed. Pure.

Source: https://www.sitemaps.org/protocol.html
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache

from roundup.config import AUTHORS, TOPICS
from roundup.site import SEARCH_PAGE, Site, issue_path, paper_path, permalink, year_path, years_of

MOST_ADDRESSES = 50_000  # in one file


@lru_cache(maxsize=1)
def addresses(site: Site) -> tuple[tuple[str, str], ...]:
    """Return every page that is meant for readers, and the day of the newest issue that it shows."""
    return tuple(_addresses(site))


def _addresses(site: Site) -> Iterator[tuple[str, str]]:
    out = site.public
    newest = _changed(head.changed for head in out.archive.heads)
    for path in ("index.html", "archive/index.html", "authors/index.html", "topics/index.html", SEARCH_PAGE):
        yield permalink(site.config, path), newest
    for path in out.letters:
        yield permalink(site.config, path), newest
    for head in out.archive.heads:
        yield permalink(site.config, issue_path(head.key)), _changed([head.changed])
    catalogue = out.catalogue
    days = [_changed(standing.head.changed for standing in catalogue.passing(place).standings) for place in range(len(catalogue))]
    for place, is_paper in enumerate(catalogue.columns.is_paper):
        if is_paper:
            yield permalink(site.config, paper_path(catalogue.passing(place))), days[place]
    for listing in (*catalogue.listings(TOPICS), *catalogue.listings(AUTHORS)):
        for path in (listing.path, *(year_path(listing, year) for year in years_of(listing))):
            yield permalink(site.config, path), max((days[place] for place in listing.places), default="")


def _changed(days: Iterable[dt.date | None]) -> str:
    return str(max((day for day in days if day), default=""))


def site_map_parts(count: int) -> tuple[str, ...]:
    """Return the names of the site map's parts; none where so many addresses fit into one."""
    return tuple(str(number + 1) for number in range(-(-count // MOST_ADDRESSES))) if count > MOST_ADDRESSES else ()


def site_map_path(part: str) -> str:
    """Return the path of the site map, or of a part of it."""
    return f"sitemap-{part}.xml" if part else "sitemap.xml"
