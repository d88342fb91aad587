"""The archive -> the page that searches it, and the index behind that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from roundup.catalogue import Coverage
from roundup.pages.frame import frame
from roundup.search import Entry, Searchable, entry, search_index
from roundup.site import SEARCH_PAGE, Site, issue_path, paper_path
from roundup.text.drawn import plain
from roundup.text.gist import gist


def search_view(site: Site) -> dict[str, Any]:
    """Return what the template of the search page knows, by name."""
    return frame(site, SEARCH_PAGE, site.language.search)


def index_files(site: Site, words: Callable[[Coverage], Entry]) -> dict[str, str]:
    """Return every file of the index by its path, from what it has of everything covered. They can only be made all at once."""
    return dict(search_index(map(words, _numbered(site))))


def _numbered(site: Site) -> Iterator[Coverage]:
    """Yield everything covered in the order of its numbers in the index."""
    numbers = site.catalogue.columns.numbers
    return map(site.catalogue.passing, sorted(range(len(numbers)), key=numbers.__getitem__))


def words_in(coverage: Coverage) -> Entry:
    """Return what the index has of a paper, or of what else was picked."""
    return entry(_searchable(coverage))


def _searchable(coverage: Coverage) -> Searchable:
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
