"""What was asked for -> records and stubs of an issue, or the inbox; and records read anew.

Each batch is written as soon as it is had, so that a stop costs no more than the request under way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from roundup.config import Source
from roundup.errors import RefusedError, SourceError
from roundup.issue import IssueKey
from roundup.ledger import Announced, Counted, searched_days
from roundup.paper import ArxivId, Paper, instant
from roundup.references import DailyPapers, Doi, Feed, Filters, Listing, Query, Reference, Title
from roundup.sources.feeds import Post
from roundup.sources.gather import Batch, Compared, Gathering, Heard, Missing
from roundup.sources.query import PAGE
from roundup.store.inbox import Inbox
from roundup.store.lock import unbroken
from roundup.store.shelf import Kept, Shelf, Shelves


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be fetched: what was named, what searches are narrowed to, and how much of a list or a search at most."""

    wanted: tuple[Reference, ...]
    filters: Filters
    most: int = 100
    licenses: bool = False

    def steps(self) -> tuple[Reference, ...]:
        """Return what is asked one after the other, the IDs aside: a search where nothing but filters is named."""
        others = tuple(one for one in self.wanted if not isinstance(one, ArxivId))
        return others or ((Query(""),) if self.filters and not self.ids() else ())

    def ids(self) -> tuple[ArxivId, ...]:
        """Return the papers that are named, each once, a version where one was given; RefusedError for two versions of one."""
        by_base: dict[str, ArxivId] = {}
        for one in self.wanted:
            if not isinstance(one, ArxivId):
                continue
            before = by_base.get(one.base, one)
            if before.version and one.version and before != one:
                raise RefusedError(f"{before} and {one} are one paper in two versions; an issue has room for one of them")
            by_base[one.base] = one if one.version else before
        return tuple(by_base.values())


@dataclass
class Report:
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


def wanted_of(sources: Iterable[Source]) -> tuple[Reference, ...]:
    """Return what the sources of a digest ask for: categories together, for a feed may list them all in one request."""
    categories = tuple(dict.fromkeys(name for source in sources if source.kind == "arxiv" for name in source.what))
    found: list[Reference] = [Listing(categories)] if categories else []
    for source in sources:
        found += [DailyPapers()] if source.kind == "huggingface" else [Feed(url) for url in source.what] if source.kind == "feed" else []
    return tuple(found)


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

    def close(self) -> None:
        self.inbox.close()


Into = IntoIssue | IntoInbox


def _by_submission(paper: Paper) -> tuple[dt.datetime, str]:
    return instant(paper.submitted or paper.announced or dt.date.max), paper.id.base


def fetch(order: Order, gathering: Gathering, into: Into, tell: Callable[[Report], None]) -> Report:
    """Get everything that ``order`` names and write it down; ``tell`` hears of the report after each batch."""
    report = Report()
    left = into.sift(order.ids(), report)
    for batch in _batches(order, left, gathering, into, report):
        with unbroken():
            into.put(batch, report)
        tell(report)
    if order.licenses:
        for batch in gathering.licensed([*(one.paper for one in report.kept), *into.unlicensed(report.here)]):
            with unbroken():
                into.put(batch, Report())
            tell(report)
    report.missing = gathering.missing
    return report


def _batches(order: Order, left: Sequence[ArxivId], gathering: Gathering, into: Into, report: Report) -> Iterator[Batch]:
    filters = order.filters
    if left:
        yield from gathering.by_id(left)
    for one in order.steps():
        match one:
            case Query(""):
                yield from gathering.search(filters.query(), order.most, lambda: _harvest(order, gathering))
                if gathering.whole and isinstance(into, IntoInbox):
                    into.note_searched(filters)
            case Query(text):
                yield from gathering.search(filters.query(text), order.most)
            case Listing(categories):
                listed = gathering.listing(categories)
                report.here += [paper.id.latest for paper in listed if into.has(paper.id.latest)]
                if isinstance(into, IntoInbox):
                    yield listed
                    _account(categories, listed, gathering, into)
                else:  # a day's list has hundreds of papers, and an issue some thirty
                    yield from gathering.completed(_news(listed, order, gathering, into))
            case DailyPapers(day):
                yield from gathering.daily(dt.date.fromisoformat(day) if day else None, order.most)
            case Title():
                yield gathering.titled(one)
            case Doi(text):
                yield gathering.with_doi(text)
            case Feed(url):
                with unbroken():
                    into.put_posts([post for post in gathering.posts(url) if filters.include(post.day)][: order.most], report)


def _account(categories: Sequence[str], listed: Batch, gathering: Gathering, inbox: IntoInbox) -> None:
    """Note what was announced in these categories, and hold it against arXiv's own count of one of them."""
    inbox.note_heard(gathering.heard)  # before more is asked: a stop costs no more than the request under way
    day = next((one.day for one in gathering.heard if one.categories == tuple(categories)), None)
    if day and (category := inbox.to_compare(categories)):
        gathering.compare(category, day, listed)
        inbox.note_compared(gathering.compared)


def _harvest(order: Order, gathering: Gathering) -> Iterator[Batch] | None:
    """Return what OAI-PMH has for a search; None where it cannot find the same."""
    filters = order.filters
    if not filters.since or filters.authors or filters.title or not filters.categories:
        return None  # it knows categories and days, and no words
    return gathering.harvest(filters.categories, filters.since, filters.until, order.most)


def _news(listed: Batch, order: Order, gathering: Gathering, into: Into) -> list[Paper]:
    """Return what a list has of new papers, at most as many as were asked for; a replacement is no news to an issue."""
    news = [p for p in listed if not any(one.type.startswith("replace") for one in p.seen) and not into.has(p.id.latest)]
    if len(news) > order.most:
        gathering.remark(f"the first {order.most:,} of {len(news):,} papers of the list; ask for more with --max, or for all of them with --inbox")
    return news[: order.most]


def requests_for(order: Order, left: int) -> int:
    """Return how many requests it will take, as far as one can tell before."""
    pages = -(-left // PAGE)
    for one in order.steps():
        pages += -(-order.most // PAGE) if isinstance(one, Query) else 2 if isinstance(one, Listing | DailyPapers) else 1
    return pages + (left if order.licenses else 0)


@dataclass
class Refreshed:
    """Records read anew: each that changed, what is missing, and how many were looked at."""

    kept: list[tuple[IssueKey, Kept]] = field(default_factory=list)
    looked_at: int = 0
    missing: list[Missing] = field(default_factory=list)


def refresh(shelves: Shelves, keys: Sequence[IssueKey], gathering: Gathering, licenses: bool, tell: Callable[[int], None]) -> Refreshed:
    """Read the records of issues anew and write those that say something new. Nothing but records is written."""
    holders: dict[str, list[IssueKey]] = {}
    known: dict[str, Paper] = {}
    for key in keys:
        for paper in shelves.records(key):
            holders.setdefault(paper.id.base, []).append(key)
            known[paper.id.base] = paper
    shelf = {key: Shelf(shelves, key) for key in {key for found in holders.values() for key in found}}
    done = Refreshed()
    seen: set[str] = set()

    def put(batch: Batch) -> None:
        with unbroken():
            for paper in batch:
                done.looked_at += 0 if paper.id.base in seen else len(holders[paper.id.base])
                seen.add(paper.id.base)
                kept = [(key, shelf[key].refresh(paper)) for key in holders[paper.id.base]]
                done.kept += [(key, one) for key, one in kept if one.state == "updated"]
                known[paper.id.base] = kept[0][1].paper
            for key in {key for paper in batch for key in holders[paper.id.base]}:
                shelf[key].settle()
        tell(len(batch))

    for batch in gathering.by_id(ArxivId(base) for base in holders):
        put(batch)
    if licenses:
        for batch in gathering.licensed(list(known.values())):
            put(batch)
    done.kept.sort(key=lambda one: (keys.index(one[0]), one[1].paper.id.base))
    stays = "arXiv has no such paper today; its record stays as it is"
    done.missing = [replace(one, why=stays, later=False) if one.unknown else one for one in gathering.missing]
    return done
