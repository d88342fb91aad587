"""What was asked for -> papers, a batch at a time, each from the first source that has it; what is missing has a name.

The order is cache, query API, OAI-PMH, announcement feed, as far as they can give the same answer. A failure of one is
told and the next one asked; only what none could give is missing, and a later run asks for that alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.errors import FetchError
from roundup.paper import ArxivId, Links, Paper, day, instant
from roundup.references import Title
from roundup.revisions import merged
from roundup.sources.announcements import Announcements
from roundup.sources.cache import Cache
from roundup.sources.counts import Count, Lists
from roundup.sources.feeds import Feeds, Post
from roundup.sources.htmlpages import HtmlPages
from roundup.sources.huggingface import HuggingFace
from roundup.sources.oai import OaiPmh
from roundup.sources.query import PAGE, QueryApi

Batch = tuple[Paper, ...]

_PATIENCE = 2  # pages of the query API that may fail in a row before it is left alone
_SINGLES = 100  # papers that OAI-PMH is asked for in a run: five minutes at arXiv's pace


class Missing(Struct, frozen=True):
    """What was asked for and not had, and why; ``later`` tells that asking again may bring it, ``unknown`` that arXiv says it has none such."""

    asked: str
    why: str
    later: bool = True
    unknown: bool = False

    @classmethod
    def after(cls, asked: str, error: FetchError) -> Missing:
        return cls(asked, str(error), later=not error.mend.startswith("mend"))


class Heard(Struct, frozen=True):
    """What arXiv announced for some categories, as its feed had it: of which day, the names of the papers, and whether it says that there was nothing."""

    categories: tuple[str, ...]
    day: dt.date | None
    papers: tuple[str, ...]
    quiet: bool = False


class Compared(Struct, frozen=True):
    """How many papers arXiv's own list has as new in a category, and how many of them its feed had: none where that still held another day."""

    category: str
    count: Count
    had: int


class Sources(Struct, frozen=True):
    """Everybody who can be asked."""

    cache: Cache
    api: QueryApi
    oai: OaiPmh
    announcements: Announcements
    huggingface: HuggingFace
    feeds: Feeds
    html: HtmlPages
    lists: Lists


class Gathering(Struct):
    """One run's asking. ``missing``, ``heard`` and ``compared`` grow as it goes; ``again`` is for papers that the cache must not answer.

    ``categories`` are those whose announcement feed is asked last for a paper that nobody else would give.
    """

    sources: Sources
    remark: Callable[[str], None]
    categories: Sequence[str] = ()
    again: bool = False
    missing: list[Missing] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    whole: bool = False  # the last search gave all that there is
    failed_pages: int = 0  # of the query API, one after the other
    one_by_one: int = 0  # papers that OAI-PMH was asked for

    def by_id(self, wanted: Iterable[ArxivId]) -> Iterator[Batch]:
        """Yield papers by their IDs, at most a page of them in a request, in no order; those that arXiv lacks are missing."""
        left = list(dict.fromkeys(wanted))
        if not self.again:
            kept = {one: paper for one in left if (paper := self.sources.cache.paper(one))}
            left = [one for one in left if one not in kept]
            if kept:
                yield tuple(kept.values())
        for start in range(0, len(left), PAGE):
            yield from self._page(left[start : start + PAGE])

    def _page(self, ids: Sequence[ArxivId]) -> Iterator[Batch]:
        failure: FetchError | None = None
        if self.failed_pages < _PATIENCE:
            try:
                page = self.sources.api.by_id(ids)
            except FetchError as error:
                failure = error
                self.failed_pages += 1
                self.remark(f"{error.told}; asking OAI-PMH instead, a paper at a time")
            else:
                self.failed_pages = 0
                self._tell(page.unfit)
                found = {one: paper for one in ids if (paper := _answer(one, page.papers))}
                self.sources.cache.keep_papers((paper, one.version is None) for one, paper in found.items())
                self.missing += [_unknown(one, str(one)) for one in ids if one not in found]
                yield tuple(dict.fromkeys(found.values()))
                return
        yield from self._one_by_one(ids, failure)

    def _one_by_one(self, ids: Sequence[ArxivId], failure: FetchError | None) -> Iterator[Batch]:
        for place, one in enumerate(ids):
            if self.one_by_one >= _SINGLES:
                why = str(failure) if failure else "the query API did not answer, and OAI-PMH is not asked for more than a hundred papers"
                self.missing += [Missing(str(left), why) for left in ids[place:]]
                return
            self.one_by_one += 1
            try:
                paper = self.sources.oai.record(one)
            except FetchError as error:
                yield from self._announced(ids[place:], error)
                return
            if paper is None:
                self.missing.append(_unknown(one.latest, str(one)))
            elif one.version not in {None, paper.id.version}:
                self.missing.append(Missing(str(one), f"OAI-PMH tells of version {paper.id.version} alone, and the query API did not answer"))
            else:
                self.sources.cache.keep_papers([(paper, True)])
                yield (paper,)

    def _announced(self, ids: Sequence[ArxivId], error: FetchError) -> Iterator[Batch]:
        """Yield those that were announced today, as the feed has them: no comment, no day of submission; refreshing adds them."""
        listed: Batch = ()
        if self.categories:
            self.remark(f"{error.told}; looking at what was announced last")
        try:
            listed = self.sources.announcements.of(self.categories).papers if self.categories else ()
        except FetchError as second:
            self.remark(str(second))
        found = {one: paper for one in ids if (paper := _answer(one, listed))}
        if found:
            yield tuple(found.values())
        self.missing += [Missing.after(str(one), error) for one in ids if one not in found]

    def search(self, query: str, most: int, fallback: Callable[[], Iterator[Batch] | None] = lambda: None) -> Iterator[Batch]:
        """Yield the papers of a search, newest first; where the API gives out, those of ``fallback``, which finds the same."""
        got, total, self.whole = 0, 0, False
        try:
            for page in self.sources.api.search(query, most):
                self.missing += [Missing(query, one) for one in page.unfit]
                got, total = got + len(page.papers), page.total
                self.sources.cache.keep_papers((paper, True) for paper in page.papers)
                yield page.papers
        except FetchError as error:
            other = fallback()
            if other is None:
                self.missing.append(Missing.after(query, error))
                if got:
                    self.remark(f"{query}: {got:,} of {min(total, most):,} papers were had before that")
                return
            self.remark(f"{error.told}; harvesting from OAI-PMH instead")
            yield from other
            return
        self.whole = got >= total
        if got < min(total, most):
            self.missing.append(Missing(query, f"arXiv counts {total:,} papers and gave {got:,}"))
        elif total > most:
            self.remark(f"{query}: the newest {most:,} of {total:,} papers; ask for more with --max")
        elif not total:
            self.remark(f"{query}: no paper matches")

    def harvest(self, categories: Sequence[str], since: dt.date, until: dt.date | None, most: int) -> Iterator[Batch]:
        """Yield the newest of what was submitted in these categories within these days, by OAI-PMH.

        It lists by the day of the last change, so all of it has to be had first; most of it is older work, changed.
        """
        fresh: dict[str, Paper] = {}
        for category in categories:
            try:
                for page in self.sources.oai.harvest(category, since):
                    self._tell(page.unfit)
                    fresh |= {p.id.base: p for p in page.papers if p.submitted and since <= day(p.submitted) <= (until or day(p.submitted))}
            except FetchError as error:
                self.missing.append(Missing.after(f"cat:{category}", error))
        newest = sorted(fresh.values(), key=lambda paper: (instant(paper.submitted or dt.date.min), paper.id.base), reverse=True)
        self.sources.cache.keep_papers((paper, True) for paper in newest)
        if len(newest) > most:
            self.remark(f"the newest {most:,} of {len(newest):,} papers; ask for more with --max")
        elif not newest and not self.missing:
            self.remark("no paper matches")
        yield tuple(newest[:most])

    def listing(self, categories: Sequence[str]) -> Batch:
        """Return what arXiv announced last in these categories, as the feed has it."""
        try:
            found = self.sources.announcements.of(categories)
        except FetchError as error:
            self.missing.append(Missing.after("+".join(categories), error))
            return ()
        self.missing += [Missing("+".join(categories), one) for one in found.unfit]
        listed_on = max((one.announced for paper in found.papers for one in paper.seen if one.announced), default=found.day)
        self.heard.append(Heard(tuple(categories), listed_on, tuple(sorted(paper.id.name for paper in found.papers)), bool(found.quiet)))
        for remark in (found.quiet, *found.remarks):
            if remark:
                self.remark(f"{'+'.join(categories)}: {remark}")
        return found.papers

    def compare(self, category: str, day: dt.date, listed: Batch) -> None:
        """Hold a day's announcement against arXiv's own count of what is new in a category. That it cannot be had is told, and no paper hangs on it."""
        homes = [paper.primary_category for paper in listed if any(one.announced == day and one.type == "new" for one in paper.seen)]
        try:
            count = self.sources.lists.count(category, day)
        except FetchError as error:
            self.remark(f"{error.told}; what was announced is not held against arXiv's own counts today")
            return
        if count.day >= day:  # an older one has yet to be made
            had = sum(1 for home in homes if f"{home}.".startswith(f"{category}."))
            self.compared.append(Compared(category, count, had if count.day == day else 0))

    def daily(self, date: dt.date | None, most: int) -> Iterator[Batch]:
        """Yield the papers of a day's list at Hugging Face, the most voted, as arXiv has them, with the votes that they have there."""
        try:
            found = self.sources.huggingface.daily(date)
        except FetchError as error:
            self.missing.append(Missing.after(f"https://huggingface.co/papers/date/{date}" if date else "https://huggingface.co/papers", error))
            return
        self._tell(found.unfit)
        if not found.papers:
            self.remark(f"Hugging Face lists no paper for {date:%A, %Y-%m-%d}" if date else "Hugging Face lists no paper today")
        listed = {one.id.base: one for one in found.papers}
        for batch in self.by_id(one.id for one in found.papers[:most]):
            yield tuple(replace(p, seen=(listed[p.id.base].seen,), links=replace(p.links, code=_together(p.links, listed[p.id.base].code))) for p in batch)

    def completed(self, listed: Sequence[Paper]) -> Iterator[Batch]:
        """Yield papers of a feed with what only the API tells of them (comment, first submission, each author by himself)."""
        by_base = {paper.id.base: paper for paper in listed}
        for batch in self.by_id(paper.id.latest for paper in listed):
            yield tuple(merged(by_base.pop(paper.id.base), paper) for paper in batch)
        if by_base:  # what the feed tells of them is kept; that it is not all is told among the missing
            yield tuple(by_base.values())

    def titled(self, title: Title) -> Batch:
        """Return the one paper that has this title; the nearest one is named where none has."""
        words = " ".join(re.findall(r"\w[\w'’-]*", title.text))
        found = self._looked_up(f'ti:"{words}"', title.text, 10)
        for paper in found or ():
            if _letters(paper.title) == _letters(title.text):
                return (paper,)
        if found is not None:
            near = f'; the nearest is {found[0].id.base}, "{found[0].title}"' if found else ""
            self.missing.append(Missing(title.text, f"no paper on arXiv has this title{near}", later=False))
        return ()

    def with_doi(self, doi: str) -> Batch:
        """Return the one paper that has this DOI."""
        found = self._looked_up(f'doi:"{doi}"', doi, 5)
        for paper in found or ():
            if doi.lower() in paper.doi.lower().split():
                return (paper,)
        if found is not None:
            self.missing.append(Missing(doi, "no paper on arXiv has this DOI", later=False))
        return ()

    def posts(self, url: str) -> tuple[Post, ...]:
        """Return the entries of a feed of anybody's."""
        try:
            return self.sources.feeds.posts(url)
        except FetchError as error:
            self.missing.append(Missing.after(url, error))
            return ()

    def licensed(self, papers: Iterable[Paper]) -> Iterator[Batch]:
        """Yield those of the papers whose licence was not known, with it: OAI-PMH alone tells, a paper at a time."""
        left = [paper for paper in papers if not paper.license]
        for place, paper in enumerate(left):
            try:
                told = self.sources.oai.record(paper.id.latest)
            except FetchError as error:
                self.missing += [Missing(f"the licence of {one.id.base}", str(error)) for one in left[place:]]
                return
            if told and told.license:
                yield (replace(paper, license=told.license),)

    def _looked_up(self, query: str, asked: str, most: int) -> Batch | None:
        try:
            pages = list(self.sources.api.search(query, most, by_date=False))
        except FetchError as error:
            self.missing.append(Missing.after(asked, error))
            return None
        papers = tuple(paper for page in pages for paper in page.papers)
        self.sources.cache.keep_papers((paper, True) for paper in papers)
        return papers

    def _tell(self, unfit: Sequence[str]) -> None:
        for one in unfit:
            self.remark(one)


def _answer(wanted: ArxivId, papers: Iterable[Paper]) -> Paper | None:
    """Return the paper that answers what was asked; of an ID without version, its newest."""
    fitting = [paper for paper in papers if paper.id.base == wanted.base and wanted.version in {None, paper.id.version}]
    return max(fitting, key=lambda paper: paper.id.version or 0, default=None)


def _unknown(one: ArxivId, asked: str) -> Missing:
    version = f" in version {one.version}" if one.version else ""
    return Missing(asked, f"arXiv has no such paper{version}, or not yet: a new one may take a day", unknown=True)


def _together(links: Links, code: tuple[str, ...]) -> tuple[str, ...]:
    known = {url.lower() for url in links.code}
    return links.code + tuple(url for url in code if url.lower() not in known)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
