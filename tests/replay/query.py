"""The query API: ``/api/query`` -> an Atom feed, in the words of the service since November 2025 or of the one before.

The two are told apart by where things stand, by wrapping and by links; see ``_ENTRY`` and ``_legacy_entry``.
Whatever cannot be answered comes as a feed of one entry titled "Error", with HTTP 400.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, quote_plus

from . import language
from .answer import Answer, Arguments, attribute, escaped, first, stamp
from .listings import midnight
from .papers import ReplayPaper
from .store import ORDERS, Store, in_order

SLICE = 2_000
"""The most that one answer holds."""
DEPTH = 30_000
"""How far paging goes, by the manual; https://info.arxiv.org/help/api/user-manual.html."""

_ID = re.compile(r"(?P<base>\d{4}\.\d{4,5}|(?P<archive>[a-z]+(?:-[a-z]+)*)(?:\.[A-Z]{2})?/(?P<number>\d{7}))(?:v(?P<version>[1-9]\d*))?")
_CONTENT_TYPE = "application/atom+xml; charset=utf-8"


class _RefusedError(Exception):
    """A request that gets an error feed: what is wrong, and the address that says more."""

    def __init__(self, message: str, about: str | None = None) -> None:
        super().__init__(message)
        self.about = f"https://arxiv.org/api/errors#{message.replace(' ', '_')}" if about is None else about


@dataclass(frozen=True)
class _Asked:
    query: str
    id_list: str
    start: int
    size: int
    order: str
    descending: bool


def answer(store: Store, arguments: Arguments, now: datetime, legacy: bool = False) -> Answer:
    """Return the feed that the service would send."""
    try:
        asked = _asked(arguments)
        if asked.size == 0 and not legacy:
            # The new server divides by zero here, and its front turns that into a bare page.
            return Answer(b"Internal Server Error", "text/plain", 500)
        papers = _found(store, asked)
    except _RefusedError as error:
        return _refusal(error, now, legacy)
    page = papers[asked.start : asked.start + asked.size]
    feed = _legacy_feed if legacy else _feed
    return Answer(feed(asked, len(papers), page, now).encode(), _CONTENT_TYPE)


def _asked(arguments: Arguments) -> _Asked:
    query, id_list = first(arguments, "search_query").strip(), first(arguments, "id_list")
    order, direction = first(arguments, "sortBy", "relevance"), first(arguments, "sortOrder", "descending")
    size, start = _number(arguments, "max_results", 10), _number(arguments, "start", 0)
    if order not in ORDERS:
        raise _RefusedError(f"sortBy must be in: {', '.join(ORDERS)}", "https://arxiv.org/help/api/user-manual#sort")
    if direction not in ("ascending", "descending"):
        raise _RefusedError("sortOrder must be in: ascending, descending", "https://arxiv.org/help/api/user-manual#sort")
    if not query and not id_list:
        raise _RefusedError("Either a search_query or id_list must be specified for the classic API.", "https://arxiv.org/api/errors")
    size = min(size, SLICE)
    if start >= DEPTH:
        raise _RefusedError(f"start must be below {DEPTH}")
    return _Asked(query, id_list, start, size, order, direction == "descending")


def _number(arguments: Arguments, name: str, default: int) -> int:
    try:
        number = int(first(arguments, name, str(default)))
    except ValueError:
        raise _RefusedError(f"{name} must be an integer") from None
    if number < 0:
        raise _RefusedError(f"{name} must be non-negative")
    return number


def _found(store: Store, asked: _Asked) -> tuple[ReplayPaper, ...]:
    """Return all papers asked for; those of an ID list stand in no order that the asker knows."""
    try:
        if not asked.id_list:
            return store.found(asked.query, asked.order, asked.descending)
        papers = _listed(store, asked.id_list)
        if asked.query:
            papers = [paper for paper in papers if language.parse(asked.query).matches(paper)]
        return in_order(papers, asked.order, asked.descending)
    except language.QueryError as error:
        raise _RefusedError(str(error)) from error


def _listed(store: Store, id_list: str) -> list[ReplayPaper]:
    """Return the papers of an ID list, each once; an ID that nothing has is left out, one that nothing can have is refused."""
    papers = {}
    for text in id_list.split(","):
        match = _ID.fullmatch(text.strip())
        if match is None:
            raise _RefusedError(f"incorrect id format for {text}")
        base = f"{match['archive']}/{match['number']}" if match["archive"] else match["base"]
        paper = store.by_id.get(base)
        told = paper.at(int(match["version"]) if match["version"] else None) if paper else None
        if told is not None:
            papers[told.id, told.version] = told
    return list(papers.values())


def _said(asked: _Asked) -> str:
    """Return the query as the service repeats it, bare words as ``all:word``."""
    return language.parse(asked.query).text if asked.query else ""


def _hash(text: str) -> str:
    """Return 27 characters of base64, as feed ids have; they may hold ``+`` and ``/``."""
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode().rstrip("=")


def _feed(asked: _Asked, total: int, page: Iterable[ReplayPaper], now: datetime) -> str:
    said = _said(asked)
    title = f"arXiv Query: search_query={said}&id_list={asked.id_list}&start={asked.start}&max_results={asked.size}"
    url = (
        f"https://arxiv.org/api/query?search_query={quote_plus(said, safe=':,/()')}&start={asked.start}"
        f"&max_results={asked.size}&id_list={quote(asked.id_list, safe=',/')}"
    )
    link = f'  <link href="{attribute(url)}" type="application/atom+xml"/>\n'
    head = _head(f"https://arxiv.org/api/{_hash(title)}", title, now, link, (asked.size, total, asked.start))
    return head + "".join(map(_entry, page)) + "</feed>\n"


def _head(feed_id: str, title: str, now: datetime, link: str, counts: tuple[int, int, int]) -> str:
    size, total, start = counts
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>{feed_id}</id>
  <title>{escaped(title)}</title>
  <updated>{stamp(now)}</updated>
{link}  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
"""


def _entry(paper: ReplayPaper) -> str:
    name = f"{paper.id}v{paper.version}"
    indent = "  " if zlib.crc32(paper.id.encode()) % 4 == 0 else ""  # some summaries begin with two spaces, others do not
    lines = [
        "  <entry>",
        f"    <id>http://arxiv.org/abs/{name}</id>",
        f"    <title>{escaped(paper.title)}</title>",
        f"    <updated>{stamp(paper.updated)}</updated>",
        f'    <link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'    <link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf" title="pdf"/>',
        f"    <summary>{indent}{escaped(paper.abstract)}</summary>",
        *(f'    <category term="{attribute(term)}" scheme="http://arxiv.org/schemas/atom"/>' for term in paper.categories),
        f"    <published>{stamp(paper.submitted)}</published>",
        *([f"    <arxiv:comment>{escaped(paper.comment)}</arxiv:comment>"] if paper.comment else ()),
        f'    <arxiv:primary_category term="{attribute(paper.primary)}"/>',
        *([f"    <arxiv:journal_ref>{escaped(paper.journal_ref)}</arxiv:journal_ref>"] if paper.journal_ref else ()),
        *_authors(paper, "arxiv:affiliation"),
    ]
    if paper.doi:
        lines += [
            f"    <arxiv:doi>{escaped(paper.doi)}</arxiv:doi>",
            f'    <link rel="related" href="https://doi.org/{attribute(paper.doi)}" title="doi"/>',
        ]
    return "\n".join((*lines, "  </entry>\n"))


def _authors(paper: ReplayPaper, affiliation: str) -> Iterable[str]:
    """Give the lines of the authors; ``affiliation`` is how the element begins, the part before a space how it ends."""
    for name, places in paper.authors:
        yield "    <author>"
        yield f"      <name>{escaped(name)}</name>"
        yield from (f"      <{affiliation}>{escaped(place)}</{affiliation.split(maxsplit=1)[0]}>" for place in places)
        yield "    </author>"


def _refusal(error: _RefusedError, now: datetime, legacy: bool) -> Answer:
    link = f'<link href="{attribute(error.about)}" rel="alternate" type="text/html"/>'
    entry = (
        f"  <entry>\n    <id>{escaped(error.about)}</id>\n    <title>Error</title>\n    <updated>{stamp(now)}</updated>\n    {link}\n"
        f"    <summary>{escaped(str(error))}</summary>\n    <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n"
    )
    if legacy:
        body = _legacy_head("arXiv Query: ", "", now, (1, 1, 0)) + entry.replace("https://arxiv.org", "http://arxiv.org") + "</feed>\n"
    else:
        body = _head("https://arxiv.org/", "arXiv Search Results", now, "", (1, 1, 0)) + entry + "</feed>\n"
    return Answer(body.encode(), _CONTENT_TYPE, 400)


def _legacy_feed(asked: _Asked, total: int, page: Iterable[ReplayPaper], now: datetime) -> str:
    arguments = f"search_query={asked.query}&id_list={asked.id_list}&start={asked.start}&max_results={asked.size}"
    return _legacy_head(f"ArXiv Query: {arguments}", quote(arguments, safe=""), now, (asked.size, total, asked.start)) + "".join(map(_legacy_entry, page)) + "</feed>\n"


def _legacy_head(title: str, arguments: str, now: datetime, counts: tuple[int, int, int]) -> str:
    opensearch = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    size, total, start = counts
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?{arguments}" rel="self" type="application/atom+xml"/>
  <title type="html">{escaped(title)}</title>
  <id>http://arxiv.org/api/{_hash(title)}</id>
  <updated>{midnight(now.date()).isoformat()}</updated>
  <opensearch:totalResults {opensearch}>{total}</opensearch:totalResults>
  <opensearch:startIndex {opensearch}>{start}</opensearch:startIndex>
  <opensearch:itemsPerPage {opensearch}>{size}</opensearch:itemsPerPage>
"""


def _legacy_entry(paper: ReplayPaper) -> str:
    name = f"{paper.id}v{paper.version}"
    arxiv = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
    scheme = 'scheme="http://arxiv.org/schemas/atom"'
    lines = [
        "  <entry>",
        f"    <id>http://arxiv.org/abs/{name}</id>",
        f"    <updated>{stamp(paper.updated)}</updated>",
        f"    <published>{stamp(paper.submitted)}</published>",
        f"    <title>{escaped(_wrapped(paper.title))}</title>",
        f"    <summary>  {escaped(_wrapped(paper.abstract, indent=''))}\n</summary>",
        *_authors(paper, f"arxiv:affiliation {arxiv}"),
    ]
    if paper.doi:
        lines += [
            f"    <arxiv:doi {arxiv}>{escaped(paper.doi)}</arxiv:doi>",
            f'    <link title="doi" href="http://dx.doi.org/{attribute(paper.doi)}" rel="related"/>',
        ]
    for field, text in (("comment", paper.comment), ("journal_ref", paper.journal_ref)):
        lines += [f"    <arxiv:{field} {arxiv}>{escaped(_wrapped(text))}</arxiv:{field}>"] if text else []
    lines += [
        f'    <link href="http://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'    <link title="pdf" href="http://arxiv.org/pdf/{name}" rel="related" type="application/pdf"/>',
        f'    <arxiv:primary_category {arxiv} term="{attribute(paper.primary)}" {scheme}/>',
        *(f'    <category term="{attribute(term)}" {scheme}/>' for term in paper.categories),
    ]
    return "\n".join((*lines, "  </entry>\n"))


def _wrapped(text: str, indent: str = "  ") -> str:
    """Return text broken into lines, as submitters' fields were kept: later lines of a title or comment begin with two spaces."""
    return textwrap.fill(text, 79, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
