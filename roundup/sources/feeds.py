"""Anybody's RSS or Atom feed -> links, for picks about something other than a paper, through ``feedparser``.

Such feeds are often ill-formed; feedparser reads them all the same. What could hurt it is refused before.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from roundup.issue import Link
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.guard import loose_xml
from roundup.sources.http import Http, Request
from roundup.sources.kept import ask_kept
from roundup.sources.pace import Pace
from roundup.text.links import is_web
from roundup.text.visible import one_line, visible

_LONGEST_HTML = 100_000
_LONGEST_TEXT = 400  # characters of a summary: enough to know what it is about


class Post(Struct, frozen=True):
    """An entry of a feed: what it links to, and the day it came out, where that is told."""

    link: Link
    day: dt.date | None


class Feeds:
    """Feeds by their addresses."""

    def __init__(self, http: Http, pace: Pace, cache: Cache) -> None:
        self.http, self.pace, self.cache = http, pace, cache

    def posts(self, url: str) -> tuple[Post, ...]:
        """Return the entries of a feed, newest first as far as they have days."""
        netloc = urlsplit(url).netloc
        hosts = frozenset((netloc, f"www.{netloc}", netloc.removeprefix("www.")))
        accept = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"
        return ask_kept(Request(url, accept, hosts), self.http, self.pace, self.cache, parse_posts)


def parse_posts(answer: Answer) -> tuple[Post, ...]:
    """Return the entries of a feed; AnswerError where it is none."""
    import feedparser  # 0.1 s, which only a feed needs

    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1, mend="mend the address")
    text = loose_xml(answer)
    headers = {"content-type": "application/xml; charset=utf-8"}
    feed = feedparser.parse(text.encode(), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if feed.bozo and not feed.entries:
        raise AnswerError("answered with XML that is ill-formed, and no entry in it")
    source = _plain(feed.feed, "title")
    entries = feed.entries
    posts: dict[str, Post] = {}
    for entry in entries:
        if post := _post(entry, source, answer.url):
            posts.setdefault(post.link.url, post)
    if entries and not posts:
        raise AnswerError(f"answered with {len(entries):,} entries, none of which has a title and an address", tries=1)
    return tuple(sorted(posts.values(), key=lambda post: post.day or dt.date.min, reverse=True))


def _post(entry: Any, source: str, base: str) -> Post | None:
    """Return an entry as a post; None where it leads nowhere on the web, or has no title."""
    url = urljoin(base, entry.get("link") or "") if entry.get("link") else ""
    title = _plain(entry, "title")
    if not title or not is_web(url):
        return None
    text = _plain(entry, "summary")
    short = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rpartition(" ")[0] + " …"
    return Post(Link(url, title, source, short), _day(dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")))


def _plain(element: Any, key: str) -> str:
    """Return the words of a text, which may be HTML: no tag, no entity, one line, nothing hidden."""
    value = element.get(key, "")
    if element.get(f"{key}_detail", {}).get("type") == "text/plain":
        return one_line(visible(value))
    return one_line(visible(html.unescape(re.sub(r"</?[A-Za-z!][^<>]*>", " ", _unscripted(value[:_LONGEST_HTML])))))


def _unscripted(value: str) -> str:
    """Return HTML without scripts and styles and what is in them."""
    kept, place, lowered = [], 0, value.lower()
    for opening in re.finditer(r"<(script|style)\b", value, re.I):
        if opening.start() < place:
            continue
        kept.append(value[place : opening.start()])
        end = lowered.find(f"</{opening[1].lower()}", opening.end())
        if end < 0:
            return "".join(kept)
        place = end
    return "".join([*kept, value[place:]])


def _day(parsed: time.struct_time | None) -> dt.date | None:
    try:
        return dt.date(*parsed[:3]) if parsed else None
    except ValueError:
        return None
