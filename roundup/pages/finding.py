"""The archive -> the page that searches it, and the index behind that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from roundup.catalogue import Coverage
from roundup.pages.frame import frame
from roundup.search import Searchable, entry, search_index
from roundup.site import SEARCH_PAGE, Site, issue_path, paper_path
from roundup.text.drawn import plain
from roundup.text.gist import gist


def search_view(site: Site) -> dict[str, Any]:
    """Return what the template of the search page knows, by name."""
    return frame(site, SEARCH_PAGE, site.language.search)


@lru_cache(maxsize=1)
def index_files(site: Site) -> dict[str, str]:
    """Return every file of the index by its path. They are made at once, and drawn one after the other."""
    return dict(search_index(entry(searchable(coverage)) for coverage in numbered(site)))


def numbered(site: Site) -> Iterator[Coverage]:
    """Yield everything covered in the order of its numbers in the index."""
    numbers = site.catalogue.columns.numbers
    return map(site.catalogue.coverage, sorted(range(len(numbers)), key=numbers.__getitem__))


def searchable(coverage: Coverage) -> Searchable:
    """Return a paper, or a pick about something else, as it is found."""
    paper, newest = coverage.paper, coverage.standings[0]
    said = (text for standing in coverage.standings for text in (standing.pick.title, standing.pick.tldr, gist(standing.pick.commentary.text)))
    link = newest.pick.link
    return Searchable(
        paper_path(coverage) if paper else f"{issue_path(newest.head.key)}#{coverage.name}",
        plain(coverage.title),
        tuple(plain(author.name) for author in coverage.authors),
        " · ".join(filter(None, (str(newest.head.key), paper.primary_category if paper else link.source if link else ""))),
        (*coverage.tags, *coverage.categories, *((paper.id.base,) if paper else ())),
        " ".join((*said, link.text if link else "")),
        plain(paper.abstract) if paper else "",
    )
