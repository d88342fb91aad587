"""arXiv's query API -> papers, through the ``arxiv`` package: it knows the language and the format, we see to the rest.

The package pages through a search and reads each entry. Its requests go through our own line (in turn, within limits),
and it is shown no answer that we have not looked at: to itself, a page that says "Rate exceeded." is an empty result.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import arxiv
from lxml import etree
from msgspec import Struct

from roundup.paper import FROM_API, ArxivId, Author, Fetch, Links, Paper, parse_arxiv_id
from roundup.sources.answers import REFUSED, Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.finds import code_links, fitting, held, whole, withdrawal
from roundup.sources.guard import xml
from roundup.sources.http import Http, Request, hosts_of
from roundup.sources.kept import ask_daily
from roundup.sources.pace import Pace
from roundup.text.visible import one_line

PAGE = 100  # IDs of one request: more make its address too long for some servers between

_ATOM = "{http://www.w3.org/2005/Atom}"
_SPACE = {"a": "http://www.w3.org/2005/Atom"}
_ENTRIES = etree.XPath("a:entry", namespaces=_SPACE)
_NO_PAPERS = etree.XPath("a:entry[not(contains(a:id, '/abs/'))]", namespaces=_SPACE)
_IDS = etree.XPath("a:entry/a:id/text()", namespaces=_SPACE, smart_strings=False)
# What a record cannot do without.
_NEEDED = {
    "title": "a:title[normalize-space() and not(*|comment()|processing-instruction())]",  # the package reads it to the first of these
    "author": "a:author/a:name[normalize-space()]",
    "category": f"a:category[translate(substring(@term, 1, 1), '{string.ascii_lowercase}', '') = '' and @term != '']",
}
_HAS = {what: etree.XPath(f"boolean({path})", namespaces=_SPACE) for what, path in _NEEDED.items()}
_DATED = "a:published[string-length() >= 19] and a:updated[string-length() >= 19]"
_MARKED = etree.XPath("boolean(a:title/* | a:summary/* | a:author/a:name/*)", namespaces=_SPACE)
_WHOLE = etree.XPath(f"count(a:entry[{_DATED}][not(a:title/* | a:summary/* | a:author/a:name/*)][{']['.join(_NEEDED.values())}])", namespaces=_SPACE)
_DATES = etree.XPath("a:entry/a:published/text() | a:entry/a:updated/text()", namespaces=_SPACE, smart_strings=False)
_ENTRY_ID = re.compile(r"https?://(?:www\.|export\.)?arxiv\.org/abs/(.+)")
_ERROR_ID = re.compile(r"https?://[^/]*arxiv\.org/api/errors")


class Page(Struct, frozen=True):
    """One answer: papers, what of it was no paper and why, and how many there are in all."""

    papers: tuple[Paper, ...]
    unfit: tuple[str, ...]
    total: int


class QueryApi:
    """The query API at ``base``. ``today`` goes into the records; ``cache`` keeps the pages of a search for the day."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache, today: dt.date) -> None:
        self.base, self.http, self.pace, self.cache, self.today = base, http, pace, cache, today
        self._unfit: list[str] = []
        self._total = 0
        self._asked: frozenset[ArxivId] = frozenset()
        self._kept = False
        self._pages = 0  # that may still be asked for

    def by_id(self, ids: Sequence[ArxivId]) -> Page:
        """Return the papers of at most a page of IDs, in one request; what arXiv does not have is not among them."""
        self._asked, self._kept = frozenset(ids), False
        search = arxiv.Search(id_list=[str(one) for one in ids], max_results=PAGE)
        found = {paper.id: paper for paper in self._read(search, PAGE)}
        return Page(tuple(found.values()), tuple(self._unfit), self._total)

    def search(self, query: str, most: int, *, by_date: bool = True) -> Iterator[Page]:
        """Yield the papers of a search, a page at a time, at most so many: the newest, or the best matches, first."""
        self._asked, self._kept = frozenset(), True
        order = arxiv.SortCriterion.SubmittedDate if by_date else arxiv.SortCriterion.Relevance
        search = arxiv.Search(query=query, max_results=most, sort_by=order)
        seen: set[str] = set()
        papers = self._read(search, min(PAGE, most))
        while page := list(itertools.islice(papers, min(PAGE, most))):
            new = newest(paper for paper in page if paper.id.base not in seen)  # pages may overlap
            seen |= {paper.id.base for paper in new}
            yield Page(new, tuple(self._unfit), self._total)
            self._unfit.clear()
        if not seen:
            yield Page((), tuple(self._unfit), self._total)

    def _read(self, search: arxiv.Search, size: int) -> Iterator[Paper]:
        self._unfit.clear()
        self._pages = -(-(search.max_results or size) // size)
        client = arxiv.Client(page_size=size, delay_seconds=0, num_retries=0)
        client.query_url_format = self.base + "?{}"
        client._session = _Line(self._page)  # its one door to the network; there is no other way in
        try:
            for result in client.results(search):
                try:
                    yield whole(self._paper(result))
                except ValueError as reason:
                    self._unfit.append(f'an entry called "{result.entry_id}" was passed over: {reason}')
        except (arxiv.UnexpectedEmptyPageError, _EnoughError):
            return  # looked at already: the total has shrunk meanwhile, or pages come short

    def _paper(self, result: arxiv.Result) -> Paper:
        comment, abstract = held("comment", result.comment or ""), held("abstract", result.summary)
        updated = result.updated.replace(microsecond=0)
        primary = result.primary_category
        return Paper(
            _paper_id(result.get_short_id()),
            held("title", result.title),
            tuple(Author(name, tuple(filter(None, map(one_line, one.affiliation)))) for one in result.authors if (name := one_line(one.name))),
            fitting([primary, *result.categories] if primary else result.categories),
            abstract,
            result.published.replace(microsecond=0),
            updated,
            comment,
            one_line(result.journal_ref or ""),
            one_line(result.doi or ""),
            links=Links(pdf=(result.pdf_url or "").replace("http://", "https://", 1), code=code_links(abstract, comment)),
            withdrawn=withdrawal(comment, updated),
            fetched=Fetch(self.today, FROM_API),
        )

    def _page(self, url: str) -> bytes:
        """Return the bytes of one page, looked at: the feed that it should be, each entry a paper, none lost unsaid."""
        if not self._pages:
            raise _EnoughError
        self._pages -= 1
        request = Request(url, "application/atom+xml", hosts_of(url))
        if self._kept:
            return ask_daily(request, self.http, self.pace, self.cache, self._fit)
        return self.http.ask(request, self.pace, self._fit)

    def _fit(self, answer: Answer) -> bytes:
        root, body = xml(answer, f"{_ATOM}feed")
        entries, ids = _ENTRIES(root), _IDS(root)
        for entry in _NO_PAPERS(root):
            self._refuse_error(entry)
        if answer.status != 200:
            raise AnswerError(f"answered HTTP {answer.status}", tries=1)
        total = _total(root)
        start = int(parse_qs(urlsplit(answer.url).query).get("start", ["0"])[0])
        if not entries and total > start:
            raise AnswerError(f"answered with an empty page, though it counts {total:,} papers")
        if self._asked and total > len(entries):
            raise AnswerError(f"answered with {len(entries):,} papers, though it counts {total:,}")
        self._total = total
        unfit = [] if self._all_fit(root, ids, len(entries)) else [entry for entry in entries if self._is_unfit(entry)]
        for entry in unfit:
            root.remove(entry)
        return etree.tostring(root) if unfit else body

    def _all_fit(self, root: Any, ids: Sequence[str], number: int) -> bool:
        """Tell at a glance whether every entry is a paper that was asked for, as nearly always; where not, each is looked at."""
        if not len(ids) == _WHOLE(root) == number:
            return False
        try:
            for given in _DATES(root):
                _check_date(given)
            found = [_paper_id(match[1]) for given in ids if (match := _ENTRY_ID.fullmatch(given))]
        except ValueError:
            return False
        return len(found) == number and (not self._asked or all(one in self._asked or one.latest in self._asked for one in found))

    def _refuse_error(self, entry: Any) -> None:
        """Raise what arXiv says in an entry that is no paper but an error."""
        named = _text(entry, f"{_ATOM}title"), _text(entry, f"{_ATOM}author/{_ATOM}name")
        if _ERROR_ID.match(_text(entry, f"{_ATOM}id")) or named == ("Error", "arXiv api core"):
            raise AnswerError(f'refuses the question: "{_text(entry, f"{_ATOM}summary")}"', tries=1, mend=REFUSED)

    def _is_unfit(self, entry: Any) -> bool:
        """Tell whether an entry is no paper; say why. One that was not asked for makes the whole answer doubtful."""
        given = _text(entry, f"{_ATOM}id")
        try:
            match = _ENTRY_ID.fullmatch(given)
            one = parse_arxiv_id(match[1] if match else given)
            if not match:
                raise ValueError("its address is not arXiv's")
            for key in (f"{_ATOM}published", f"{_ATOM}updated"):
                _check_date(entry.findtext(key, ""))
            if _MARKED(entry):
                raise ValueError("there is markup between its words")
            for what, has in _HAS.items():
                if not has(entry):
                    raise ValueError(f"it has no {what}")
        except ValueError as error:
            self._unfit.append(f'an entry called "{given}" was passed over: {error}')
            return True
        if self._asked and not {one, one.latest} & self._asked:
            raise AnswerError(f"answered with {one}, which was not asked for")
        return False


def newest(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Return each paper once, in its newest version, where it first stood."""
    found: dict[str, Paper] = {}
    for paper in papers:
        if paper.id.base not in found or (paper.id.version or 0) > (found[paper.id.base].id.version or 0):
            found[paper.id.base] = paper
    return tuple(found.values())


def _check_date(text: str) -> None:
    """ValueError for what is no time, or none that has its like in UTC."""
    try:
        dt.datetime.fromisoformat(text.strip()).astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(f'its date is "{one_line(text)}"') from None


@lru_cache(maxsize=256)  # looked at, and then read: twice in a row
def _paper_id(text: str) -> ArxivId:
    return parse_arxiv_id(text)


class _EnoughError(Exception):
    """As many pages as the papers asked for can fill were had."""


class _Line:
    """What the package takes for a session of requests."""

    def __init__(self, page: Callable[[str], bytes]) -> None:
        self._page = page

    def get(self, url: str, headers: object) -> SimpleNamespace:
        return SimpleNamespace(status_code=200, content=self._page(url))


def _text(element: Any, path: str) -> str:
    return one_line(element.findtext(path) or "")


def _total(root: Any) -> int:
    text = _text(root, "{http://a9.com/-/spec/opensearch/1.1/}totalResults")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise AnswerError("answered with a feed that does not say how many papers it counts")
    return int(text)
