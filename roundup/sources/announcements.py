"""arXiv's announcement feeds -> papers with the day and the way each was announced, through ``feedparser``.

A feed lists what one day's announcement held for some categories: RSS and Atom of today, and RDF as it was until 2024.
Source: https://info.arxiv.org/help/rss.html
"""

from __future__ import annotations

import datetime as dt
import email.utils
import html
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from roundup.paper import FROM_FEED, Fetch, Links, Paper, Sighting, parse_arxiv_id
from roundup.records.papers import ANNOUNCE_TYPES
from roundup.sources.answers import REFUSED, Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.finds import LONGEST, code_links, fitting, held, whole
from roundup.sources.guard import counted, xml
from roundup.sources.http import Http, Request, hosts_of
from roundup.sources.kept import ask_kept
from roundup.sources.pace import Pace
from roundup.sources.people import authors
from roundup.sources.query import newest
from roundup.text.accents import accented
from roundup.text.visible import one_line

_FRESH_DAYS = 5  # a long weekend
CAP = 2000  # items of a feed; a longer day is cut, and the cut falls on new papers

_ROOTS = ("rss", "{http://www.w3.org/2005/Atom}feed", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
_HEAD = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(\S+)\s*(?:Abstract:\s*)?", re.S)
_OLD_TITLE = re.compile(r"(.*?)\.?\s*\(arXiv:(\S+) \[([\w.-]+)\](?: (UPDATED|CROSS LISTED))?\)", re.S)
_OLD_TYPES = {"UPDATED": "replace", "CROSS LISTED": "cross", "": "new"}
_PAPER_ID = re.compile(r"oai:arXiv\.org:(.+)|https?://(?:www\.|export\.)?arxiv\.org/abs/(.+)", re.I)


class Announcement(Struct, frozen=True):
    """A day's list for some categories. ``quiet`` says why there is none, where arXiv said so; ``remarks`` are what to look at."""

    day: dt.date | None
    papers: tuple[Paper, ...] = ()
    unfit: tuple[str, ...] = ()
    quiet: str = ""
    remarks: tuple[str, ...] = ()


class Announcements:
    """The feeds at ``base``."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache, today: dt.date) -> None:
        self.base, self.http, self.pace, self.cache, self.today = base, http, pace, cache, today

    def of(self, categories: Sequence[str]) -> Announcement:
        """Return the newest announcement of these categories, in one request; a paper that several list stands once."""
        url = f"{self.base}/rss/{'+'.join(categories)}"
        request = Request(url, "application/rss+xml, application/atom+xml", hosts_of(url))
        return ask_kept(request, self.http, self.pace, self.cache, lambda answer: parse_announcement(answer, self.today))


def parse_announcement(answer: Answer, today: dt.date) -> Announcement:
    """Return the announcement that an answer holds; AnswerError where it is none, or says what was wrong with the question."""
    import feedparser  # 0.1 s, which only a feed needs

    root, body = xml(answer, *_ROOTS)
    feed = feedparser.parse(body, response_headers={"content-type": "application/xml"}, sanitize_html=False, resolve_relative_uris=False)
    title = feed.feed.get("title", "")
    if title.startswith("Feed error"):
        raise AnswerError(f'refuses the question: "{one_line(feed.feed.get("description") or feed.feed.get("subtitle") or title)}"', tries=1, mend=REFUSED)
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1)
    if not feed.entries and (number := counted(root)):
        raise AnswerError(f"answered with an empty list, though it counts {number} papers")
    day = _day(feed.feed.get("published") or feed.feed.get("updated") or "")
    papers, unfit = [], []
    for entry in feed.entries:
        try:
            paper = _paper(entry, day, today)
        except ValueError as reason:
            unfit.append(f'an item called "{one_line(entry.get("id") or entry.get("link") or entry.get("title", ""))}" was passed over: {reason}')
        else:
            papers.append(paper)
    if not feed.entries and day is None:
        raise AnswerError("answered with an empty feed that does not say of which day")
    found = newest(papers)
    quiet = _why_quiet(day, root) if day and not feed.entries else ""
    return Announcement(day, found, tuple(unfit), quiet, tuple(_remarks(found, len(feed.entries), day, today)))


def _paper(entry: Any, day: dt.date | None, today: dt.date) -> Paper:
    title, given, kind = held("title", entry.get("title", "")), entry.get("id") or entry.get("link", ""), entry.get("arxiv_announce_type", "")
    categories, abstract = [tag.term for tag in entry.get("tags", ())], entry.get("summary", "")[: LONGEST + 1]
    people = held("list of authors", entry.get("author", ""))
    if old := _OLD_TITLE.fullmatch(title):
        title, given, kind = old[1], f"oai:arXiv.org:{old[2]}", _OLD_TYPES[old[4] or ""]
        categories, abstract, people = [old[3]], _untagged(abstract), _untagged(people)
    match = _PAPER_ID.fullmatch(given)
    if match is None:
        raise ValueError("it names no paper of arXiv")
    if head := _HEAD.match(abstract):
        kind, abstract = kind or head[1], abstract[head.end() :]
    announced = _day(entry.get("published", "")) or day
    if entry.get("published") and not _day(entry["published"]):
        raise ValueError(f'its date is "{entry["published"]}"')
    paper_id = parse_arxiv_id(match[1] or match[2])
    listed, abstract = [one.name for one in entry.get("authors", ()) if one.get("name")], accented(held("abstract", abstract))
    named = authors(people) if len(listed) < 2 else tuple(one for name in listed for one in authors(name))
    return whole(Paper(
        paper_id, one_line(accented(title)), named, fitting(categories), abstract,
        journal_ref=one_line(entry.get("arxiv_journal_reference", "")), doi=one_line(entry.get("arxiv_doi", "")), license=one_line(entry.get("rights", "")),
        links=Links(code=code_links(abstract)), seen=(Sighting("arxiv", announced, kind if kind in ANNOUNCE_TYPES else ""),), fetched=Fetch(today, FROM_FEED),
    ))  # fmt: skip


def _day(text: str) -> dt.date | None:
    """Return the day as it is written, in the zone it is written in: midnight in New York is another day elsewhere."""
    if match := re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            return dt.date.fromisoformat(match[0])
        except ValueError:
            return None
    try:
        return email.utils.parsedate_to_datetime(text).date()
    except (ValueError, TypeError, OverflowError):
        return None


def _why_quiet(day: dt.date, root: Any) -> str:
    """Return what an empty feed tells: on a day that it skips there is no announcement; on another, it may be a holiday."""
    name = f"{day:%A}"
    if name in {one_line(one.text or "") for one in root.iter("day")} or day.weekday() >= 5:
        return f"no announcement ({name}, {day})"
    return f"nothing announced on {name}, {day}: a holiday at arXiv, or a fault of theirs; compare with the lists of new papers at https://arxiv.org"


def _remarks(papers: Sequence[Paper], items: int, day: dt.date | None, today: dt.date) -> list[str]:
    remarks = []
    if items >= CAP:
        remarks.append(f"the feed is full ({items:,} items), so new papers may be missing from it; ask for fewer categories at once")
    announced = {sighting.announced for paper in papers for sighting in paper.seen if sighting.announced}
    if day and announced and max(announced) < day:
        remarks.append(f"the feed of {day} carries the announcement of {max(announced)}; ask again later")
    elif day and (today - day).days > _FRESH_DAYS:
        remarks.append(f"the feed is of {day}: arXiv has announced nothing since, or an old one was sent")
    return remarks


def _untagged(text: str) -> str:
    """Return the words of a little HTML, as the feeds of old had it."""
    return html.unescape(re.sub(r"</?(?:a|p)\b[^>]*>", "", text))
