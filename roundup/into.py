"""Where fetched papers go: an issue's shelf, or the inbox, which also keeps account of what was announced; and what became of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.errors import SourceError
from roundup.issue import IssueKey
from roundup.ledger import Announced, Counted, searched_days
from roundup.paper import ArxivId, Paper, instant
from roundup.references import Filters
from roundup.sources.feeds import Post
from roundup.sources.gather import Batch, Compared, Heard, Missing
from roundup.store.inbox import Inbox
from roundup.store.shelf import Kept, Shelf


class Report(Struct):
    """What became of everything that was asked for."""

    kept: list[Kept] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    here: list[ArxivId] = field(default_factory=list)  # record and pick stood there before anything was asked
    elsewhere: list[tuple[ArxivId, IssueKey]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    broken: list[SourceError] = field(default_factory=list)  # records that cannot be read, and so were not written
    missing: list[Missing] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, kept: Kept) -> None:
        """Note what became of a paper; one that two sources list was new when the first did."""
        first = self._places.setdefault(kept.paper.id.base, len(self.kept))
        if first == len(self.kept):
            self.kept.append(kept)
        else:
            states = {self.kept[first].state, kept.state}
            self.kept[first] = replace(kept, state=next(state for state in ("new", "updated", "unchanged") if state in states))

    def count(self, state: str) -> int:
        return sum(1 for one in self.kept if one.state == state)


class IntoIssue:
    """An issue's shelf as the place to put papers. ``holders`` are the issues that have a record of a paper, by its name.

    A paper that another issue has stays there, unless it was asked for ``again``; but a list may have what an issue with
    commentary has, and the other way round.
    """

    def __init__(self, shelf: Shelf, holders: Mapping[str, Sequence[IssueKey]], *, again: bool) -> None:
        self.shelf, self.holders, self.again = shelf, holders, again

    @property
    def name(self) -> str:
        return str(self.shelf.key)

    def begin(self) -> None:
        """Clear away what a run that was killed has left; the digest's lock has to be held."""
        self.shelf.shelves.sweep(self.shelf.key)

    def has(self, one: ArxivId) -> bool:
        return self.shelf.has(one)

    def elsewhere(self, one: ArxivId) -> IssueKey | None:
        """Return the newest other issue that has the paper, where that keeps it from being fetched."""
        if self.again or self.has(one.latest) or self.shelf.wants(one):
            return None
        others = (key for key in self.holders.get(one.name, ()) if key != self.shelf.key)
        return next((key for key in others if self.shelf.shelves.is_list(key) == self.shelf.is_list), None)

    def sift(self, ids: Sequence[ArxivId], report: Report) -> list[ArxivId]:
        """Return the IDs that have to be asked for; what became of the others is in the report."""
        left = []
        for one in ids:
            if self.has(one) and self.shelf.picks(one):
                report.here.append(one)
            elif self.has(one):
                self._stub(one, report)
            elif key := self.elsewhere(one):
                report.elsewhere.append((one, key))
            else:
                left.append(one)
        self.shelf.settle()
        return left

    def put(self, batch: Batch, report: Report) -> None:
        for paper in sorted(batch, key=_by_submission):
            if key := self.elsewhere(paper.id):
                report.elsewhere.append((paper.id.latest, key))
            else:
                self._put(paper, report)
        self.shelf.settle()

    def _stub(self, one: ArxivId, report: Report) -> None:
        """Give a paper that has all but its stub one."""
        try:
            report.add(self.shelf.complete(one))
        except SourceError as error:
            report.broken.append(error)

    def _put(self, paper: Paper, report: Report) -> None:
        try:
            kept = self.shelf.put(paper)
        except SourceError as error:
            report.broken.append(error)
            return
        report.add(kept)
        if (kept.paper.id.version or 0) > (paper.id.version or 0) > 0:
            report.remarks.append(f"{paper.id.base} is here in version {kept.paper.id.version}, which is newer than {paper.id}; it stays")

    def unlicensed(self, ids: Sequence[ArxivId]) -> list[Paper]:
        """Return those of the papers that are here whose licence is not known."""
        return [paper for one in ids if (paper := self.shelf.record(one)) and not paper.license]

    def put_posts(self, posts: Sequence[Post], report: Report) -> None:
        report.links += [post.link.url for post in posts if self.shelf.put_link(post.link)]
        self.shelf.settle()

    def close(self) -> None:
        """Nothing is left open."""


class IntoInbox:
    """The inbox as the place to put papers: it takes whatever was seen, and keeps account of what was announced."""

    name = "the inbox"

    def __init__(self, inbox: Inbox, today: dt.date) -> None:
        self.inbox, self.today = inbox, today

    def begin(self) -> None:
        """Nothing is left half-done in an inbox."""

    def has(self, one: ArxivId) -> bool:
        return False

    def elsewhere(self, one: ArxivId) -> IssueKey | None:
        return None

    def sift(self, ids: Sequence[ArxivId], report: Report) -> list[ArxivId]:
        return list(ids)

    def put(self, batch: Batch, report: Report) -> None:
        states = self.inbox.put(batch, self.today)
        for paper in batch:
            report.add(Kept(states[paper.id.name], "", paper))

    def note_heard(self, heard: Sequence[Heard]) -> None:
        self.inbox.keep_batches([Announced(self.today, one.day, one.categories, one.papers, one.quiet) for one in heard if one.day])

    def to_compare(self, categories: Sequence[str]) -> str:
        """Return the category that was held against arXiv's count longest ago; nothing where each was today.

        One a run: these are pages for people, and https://arxiv.org/robots.txt asks for 15 s between two of them.
        """
        last = {one.category: one.read for one in self.inbox.counted()}
        waiting = [name for name in categories if last.get(name, dt.date.min) < self.today]
        return min(waiting, key=lambda name: last.get(name, dt.date.min), default="")

    def note_compared(self, compared: Sequence[Compared]) -> None:
        self.inbox.keep_counts([Counted(self.today, one.count.day, one.category, one.count.new, one.had) for one in compared])

    def note_searched(self, filters: Filters) -> None:
        """Note the announcements of which all papers were had, for nothing but categories and days narrowed the search."""
        if filters.since and not (filters.authors or filters.title):
            until = min(filters.until or dt.date.max, self.today - dt.timedelta(days=1))  # a day that is not over may bring more
            self.inbox.keep_searches([(category, day) for day in searched_days(filters.since, until) for category in filters.categories])

    def unlicensed(self, ids: Sequence[ArxivId]) -> list[Paper]:
        return []

    def put_posts(self, posts: Sequence[Post], report: Report) -> None:
        new = self.inbox.put_links([post.link for post in posts], self.today)
        report.links += new
        if new:
            report.remarks.append("the links wait in the inbox: roundup inbox --links shows them, and roundup pick takes one by its address")

    def close(self) -> None:
        self.inbox.close()


Into = IntoIssue | IntoInbox


def _by_submission(paper: Paper) -> tuple[dt.datetime, str]:
    return instant(paper.submitted or paper.announced or dt.date.max), paper.id.base
