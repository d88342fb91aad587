"""An ordinary blog, for picks that are links: ``/feed.xml`` as RSS 2.0 and ``/blog.atom`` as Atom, three invented posts each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from .answer import Answer, attribute, escaped, http_date, stamp

HOST = "https://fieldnotes.example"


@dataclass(frozen=True)
class _Post:
    slug: str
    title: str
    author: str
    html: str
    when: datetime


_POSTS = (
    _Post("tides", "What tide tables taught us about evaluation", "Celia Fixture", "<p>Leak one tide & you <em>leak</em> them all.</p>",
          datetime(2024, 1, 11, 8, 30, tzinfo=UTC)),
    _Post("lantern", "Reading the LANTERN paper: “first light” < second thoughts", "Farid Stub", '<p>See <a href="https://arxiv.org/abs/2401.03100">the paper</a>.</p>',
          datetime(2024, 1, 9, 18, 0, tzinfo=UTC)),
    _Post("letters", "Long letters, short memories", "Inés Muestra", "<p>Où en sommes-nous ?</p>", datetime(2023, 12, 29, 12, 0, tzinfo=UTC)),
)


def rss() -> Answer:
    items = "".join(
        f"  <item>\n    <title>{escaped(post.title)}</title>\n    <link>{HOST}/{post.slug}/?utm_source=rss&amp;utm_medium=feed</link>\n"
        f'    <guid isPermaLink="true">{HOST}/{post.slug}/</guid>\n    <dc:creator>{escaped(post.author)}</dc:creator>\n'
        f"    <pubDate>{format_datetime(post.when)}</pubDate>\n    <description><![CDATA[{post.html}]]></description>\n  </item>\n"
        for post in _POSTS
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n'
        f'<channel>\n  <title>Field notes</title>\n  <link>{HOST}/</link>\n  <atom:link href="{HOST}/feed.xml" rel="self" type="application/rss+xml"/>\n'
        f"  <description>Notes on papers, now and then</description>\n{items}</channel>\n</rss>\n"
    )
    return _sent(text, "application/rss+xml; charset=utf-8")


def atom() -> Answer:
    entries = "".join(
        f"  <entry>\n    <title>{escaped(post.title)}</title>\n    <id>tag:fieldnotes.example,2024:{post.slug}</id>\n"
        f'    <link href="{attribute(f"{HOST}/{post.slug}/")}"/>\n    <updated>{stamp(post.when)}</updated>\n    <published>{stamp(post.when)}</published>\n'
        f'    <author><name>{escaped(post.author)}</name></author>\n    <content type="html">{escaped(post.html)}</content>\n  </entry>\n'
        for post in _POSTS
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n  <title>Field notes</title>\n'
        f'  <id>{HOST}/</id>\n  <link href="{HOST}/"/>\n  <link rel="self" href="{HOST}/blog.atom"/>\n  <updated>{stamp(_POSTS[0].when)}</updated>\n{entries}</feed>\n'
    )
    return _sent(text, "application/atom+xml; charset=utf-8")


def _sent(text: str, content_type: str) -> Answer:
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Answer(body, content_type, headers=(("ETag", tag), ("Last-Modified", http_date(_POSTS[0].when))))
