"""What was asked for -> records and stubs of an issue, or the inbox; and records read anew.

Each batch is written as soon as it is had, so that a stop costs no more than the request under way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.config import Source
from roundup.errors import RefusedError
from roundup.into import Into, IntoInbox, Report
from roundup.issue import IssueKey
from roundup.paper import ArxivId, Paper
from roundup.references import DailyPapers, Doi, Feed, Filters, Listing, Query, Reference, Title
from roundup.sources.gather import Batch, Gathering, Missing
from roundup.sources.query import PAGE
from roundup.store.lock import unbroken
from roundup.store.shelf import Kept, Shelf, Shelves


class Order(Struct, frozen=True):
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


def wanted_of(sources: Iterable[Source]) -> tuple[Reference, ...]:
    """Return what the sources of a digest ask for: categories together, for a feed may list them all in one request."""
    categories = tuple(dict.fromkeys(name for source in sources if source.kind == "arxiv" for name in source.what))
    found: list[Reference] = [Listing(categories)] if categories else []
    for source in sources:
        found += [DailyPapers()] if source.kind == "huggingface" else [Feed(url) for url in source.what] if source.kind == "feed" else []
    return tuple(found)


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


class Refreshed(Struct):
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
