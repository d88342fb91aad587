"""The listing feeds: ``/rss/CATS`` and ``/atom/CATS`` -> what was announced on one day.

Titles, abstracts and names are as submitted, with TeX for accents; https://info.arxiv.org/help/rss_specifications.html.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime

from . import taxonomy
from .accents import tex
from .answer import Answer, attribute, escaped, http_date
from .papers import ReplayPaper
from .store import Store

CAP = 2_000
"""The most items that a feed holds."""
LAST_REPLACEMENT = 5
"""Versions above this one are not listed."""

_TYPES = ("new", "cross", "replace", "replace-cross")
_HOST = "http://rss.arxiv.org"
_RSS_ROOT = (
    '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">'
)
_ATOM_ROOT = (
    '<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">'
)


@dataclass(frozen=True)
class Item:
    """A paper as a feed announces it."""

    paper: ReplayPaper
    kind: str


def answer(store: Store, kind: str, names: str, day: date | None) -> Answer:
    """Return the feed of one kind, ``rss`` or ``atom``, of a day; None is the newest day that has a listing."""
    day = day or max(store.by_day, default=datetime.now(UTC).date())
    if not names:
        return Answer(_help().encode(), "text/html; charset=utf-8")
    try:
        asked = categories_named(names)
    except ValueError as error:
        return _sent(_rss_error(f"{_HOST}/{kind}/{names}", str(error), day), "rss", day, 400)
    return feed(kind, asked, announced(store.by_day.get(day, ()), asked), day)


def feed(kind: str, categories: Sequence[str], items: Sequence[Item], day: date) -> Answer:
    """Return a feed of these items, the newest of them dropped where they are more than the cap."""
    write = _rss if kind == "rss" else _atom
    return _sent(write(categories, items[-CAP:], day), kind, day, 200)


def announced(papers: Iterable[ReplayPaper], categories: Sequence[str]) -> tuple[Item, ...]:
    """Return what a feed of some categories holds of a day's papers: new ones first, then cross-lists, then replacements."""
    items = (Item(paper, kind) for paper in papers if (kind := _kind(paper, categories)))
    return tuple(sorted(items, key=lambda item: (_TYPES.index(item.kind), item.paper.id)))


def _kind(paper: ReplayPaper, categories: Sequence[str]) -> str | None:
    """Return how a feed announces a paper; None where it is not in it."""
    at_home = any(_within(paper.primary, asked) for asked in categories)
    if not any(_within(name, asked) for name in paper.categories for asked in categories):
        return None
    if paper.announce_type == "cross":
        return None if at_home else "cross"
    if paper.announce_type == "replace":
        return None if paper.version > LAST_REPLACEMENT else "replace" if at_home else "replace-cross"
    return "new" if at_home else "cross"


def _within(category: str, asked: str) -> bool:
    return category == asked or category.startswith(f"{asked}.")


def categories_named(names: str) -> tuple[str, ...]:
    """Return the categories that a path names, joined by ``+``, as arXiv writes them; raise ValueError for the first bad one."""
    known = {name: taxonomy.canonical(name) for name in names.split("+")}
    bad = next((name for name, found in known.items() if found is None), None)
    if bad is not None:
        raise ValueError(_bad(bad))
    return tuple(found for found in known.values() if found)


def _bad(name: str) -> str:
    archive, _, subject = name.partition(".")
    known = taxonomy.canonical(archive)
    if known is None:
        return f"Bad archive '{archive}'. Valid archive names are: {', '.join(taxonomy.ARCHIVES)}."
    return f"Bad subject class '{subject}'. Valid subject classes for the archive '{known}' are: {', '.join(taxonomy.classes_of(known))}."


def _help() -> str:
    return (
        f"No archive specified. Archives are: {', '.join(taxonomy.ARCHIVES)}. "
        "See <a href='https://arxiv.org/category_taxonomy'>here</a> to learn about ArXiv category taxonomy."
    )


def midnight(day: date) -> datetime:
    """Return the start of a day in New York, where summer time runs from the second Sunday of March to the first of November."""
    summer = _sunday(day.year, 3, 2) < day <= _sunday(day.year, 11, 1)
    return datetime.combine(day, time(), timezone(timedelta(hours=-4 if summer else -5)))


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


def _built(day: date) -> datetime:
    return midnight(day).astimezone(UTC) + timedelta(seconds=19)


def _sent(text: str, kind: str, day: date, status: int) -> Answer:
    body = text.encode()
    headers = (
        ("ETag", hashlib.sha256(body).hexdigest()),  # without quotes, as the service sends it
        ("Last-Modified", http_date(_built(day))),
        ("Cache-Control", "max-age=86381"),
    )
    return Answer(body, f"application/{kind}+xml", status, headers)


def _described(item: Item) -> str:
    return escaped(f"arXiv:{item.paper.id}v{item.paper.version} Announce Type: {item.kind} \nAbstract: {tex(item.paper.abstract)}")


def creators(paper: ReplayPaper) -> str:
    """Return all names in one string, affiliations in brackets."""
    return ", ".join(tex(name) + (f" ({', '.join(map(tex, places))})" if places else "") for name, places in paper.authors)


def _optional(name: str, text: str | None) -> list[str]:
    return [f"      <arxiv:{name}>{escaped(tex(text))}</arxiv:{name}>"] if text else []


def _rss_channel(title: str, url: str, description: str, day: date, editor: str, rest: str) -> str:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
{_RSS_ROOT}
  <channel>
    <title>{escaped(title)}</title>
    <link>{escaped(url)}</link>
    <description>{escaped(description)}</description>
    <atom:link href="{attribute(url)}" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>{format_datetime(_built(day))}</lastBuildDate>
    <managingEditor>{editor}</managingEditor>
    <pubDate>{format_datetime(midnight(day))}</pubDate>
{rest}  </channel>
</rss>
"""


def _rss_error(url: str, fault: str, day: date) -> str:
    return _rss_channel(f"Feed error for query: {url}", url, fault, day, "rss-help.arxiv.org", "")


def _rss(categories: Sequence[str], items: Iterable[Item], day: date) -> str:
    names = ", ".join(categories)
    rest = "    <skipDays>\n      <day>Saturday</day>\n      <day>Sunday</day>\n    </skipDays>\n" + "".join(_rss_item(item, day) for item in items)
    url = f"{_HOST}/rss/{'+'.join(categories)}"
    return _rss_channel(f"{names} updates on arXiv.org", url, f"{names} updates on the arXiv.org e-print archive.", day, "rss-help@arxiv.org", rest)


def _rss_item(item: Item, day: date) -> str:
    paper = item.paper
    lines = [
        "    <item>",
        f"      <title>{escaped(tex(paper.title))}</title>",
        f"      <link>https://arxiv.org/abs/{paper.id}</link>",
        f"      <description>{_described(item)}</description>",
        f'      <guid isPermaLink="false">oai:arXiv.org:{paper.id}v{paper.version}</guid>',
        *(f"      <category>{name}</category>" for name in paper.categories),
        f"      <pubDate>{format_datetime(midnight(day))}</pubDate>",
        f"      <arxiv:announce_type>{item.kind}</arxiv:announce_type>",
        *([f"      <dc:rights>{escaped(paper.license)}</dc:rights>"] if paper.license else ()),
        *_optional("DOI", paper.doi),
        *_optional("journal_reference", paper.journal_ref),
        f"      <dc:creator>{escaped(creators(paper))}</dc:creator>",
    ]
    return "\n".join((*lines, "    </item>\n"))


def _atom(categories: Sequence[str], items: Iterable[Item], day: date) -> str:
    names, url = ", ".join(categories), f"{_HOST}/atom/{'+'.join(categories)}"
    built = _built(day).isoformat()
    return f"""<?xml version='1.0' encoding='UTF-8'?>
{_ATOM_ROOT}
  <id>{escaped(url)}</id>
  <title>{escaped(names)} updates on arXiv.org</title>
  <updated>{built}</updated>
  <link href="{attribute(url)}" rel="self" type="application/atom+xml"/>
  <subtitle>{escaped(names)} updates on the arXiv.org e-print archive.</subtitle>
{"".join(_atom_entry(item, day) for item in items)}</feed>
"""


def _atom_entry(item: Item, day: date) -> str:
    paper = item.paper
    lines = [
        "  <entry>",
        f"    <id>oai:arXiv.org:{paper.id}v{paper.version}</id>",
        f"    <title>{escaped(tex(paper.title))}</title>",
        f"    <updated>{_built(day).isoformat()}</updated>",
        f'    <link href="https://arxiv.org/abs/{paper.id}" rel="alternate" type="text/html"/>',
        f"    <summary>{_described(item)}</summary>",
        *(f'    <category term="{name}"/>' for name in paper.categories),
        f"    <published>{midnight(day).isoformat()}</published>",
        f"    <arxiv:announce_type>{item.kind}</arxiv:announce_type>",
        *([f"    <dc:rights>{escaped(paper.license)}</dc:rights>"] if paper.license else ()),
        *(line[2:] for line in _optional("journal_reference", paper.journal_ref)),
        *(line[2:] for line in _optional("DOI", paper.doi)),
        f"    <dc:creator>{escaped(creators(paper))}</dc:creator>",
    ]
    return "\n".join((*lines, "  </entry>\n"))
