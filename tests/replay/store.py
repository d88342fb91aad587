"""The papers of a server, arranged for each way of asking: by ID, by day of listing, by datestamp, by query."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import Any

from . import language
from .papers import ReplayPaper

_ORDERS: dict[str, Callable[[ReplayPaper], Any]] = {
    # The score is out of sight, so relevance is an order that is stable and is no date's.
    "relevance": lambda paper: zlib.crc32(paper.id.encode()),
    "lastUpdatedDate": lambda paper: (paper.updated, paper.id),
    "submittedDate": lambda paper: (paper.submitted, paper.id),
}
ORDERS = tuple(_ORDERS)


class Store:
    """A set of papers that does not change; a server swaps the whole store when its papers do."""

    def __init__(self, papers: Iterable[ReplayPaper]) -> None:
        self.by_id = {paper.id: paper for paper in papers}
        self._found: dict[tuple[str, str, bool], tuple[ReplayPaper, ...]] = {}

    @property
    def papers(self) -> tuple[ReplayPaper, ...]:
        return tuple(self.by_id.values())

    def with_papers(self, papers: Iterable[ReplayPaper]) -> Store:
        """Return a store in which these stand too, in place of those of the same ID."""
        return Store((self.by_id | {paper.id: paper for paper in papers}).values())

    def found(self, query: str, order: str, descending: bool) -> tuple[ReplayPaper, ...]:
        """Return all papers that match a query, in order; remembered, so that every page of an answer costs one search."""
        key = (query, order, descending)
        if key not in self._found:
            matches = language.parse(query).matches
            self._found[key] = in_order((paper for paper in self.by_id.values() if matches(paper)), order, descending)
        return self._found[key]

    @cached_property
    def by_day(self) -> dict[date, tuple[ReplayPaper, ...]]:
        """Papers by the day on which they were listed, as they stood then."""
        days: dict[date, list[ReplayPaper]] = {}
        for paper in self.by_id.values():
            for listed in paper.announcements():
                days.setdefault(listed.announced or date.min, []).append(listed)
        return {day: tuple(sorted(papers, key=lambda paper: paper.id)) for day, papers in days.items()}

    @cached_property
    def by_datestamp(self) -> tuple[ReplayPaper, ...]:
        return tuple(sorted(self.by_id.values(), key=lambda paper: (paper.datestamp, paper.id)))


def in_order(papers: Iterable[ReplayPaper], order: str, descending: bool) -> tuple[ReplayPaper, ...]:
    """Return papers in one of arXiv's orders."""
    return tuple(sorted(papers, key=_ORDERS[order], reverse=descending))
