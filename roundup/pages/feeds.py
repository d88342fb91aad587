"""Issues and papers -> feeds, in Atom (RFC 4287) and as JSON (https://www.jsonfeed.org/version/1.1/), and a list of all feeds as OPML.

A feed is read away from the site: every address in it is whole, every id stays, and text carries the issue's key in its ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup
from msgspec import Struct, field
from msgspec.structs import replace

from roundup.catalogue import Coverage, Listing
from roundup.config import AUTHORS, TOPICS, Editor
from roundup.issue import Block, IssueKey
from roundup.pages.frame import clean, in_lines
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import Page, dates, head, letter_view, names, paper_links, signed
from roundup.paper import day
from roundup.site import Site, entry_id, feed_issues, feed_papers, feed_paths, has_feed, link_between, paper_path, permalink
from roundup.text import mail
from roundup.text.drawn import plain

MIDNIGHT = "T00:00:00Z"  # an issue has a day, and no hour
NEVER = "1970-01-01T00:00:00Z"  # a feed has to say something


class Entry(Struct, frozen=True):
    """An issue or a paper in a feed; days are whole RFC 3339 times, texts are plain.

    ``atom`` and ``json`` are what feeds of either format say of it, its content with it: most entries stand in several.
    """

    id: str
    title: str
    url: str
    published: str
    updated: str
    authors: tuple[Editor, ...]
    summary: str
    tags: tuple[str, ...]
    atom: Markup = field(default_factory=Markup)
    json: str = ""


class Feed(Struct, frozen=True):
    """A feed in any format: what it is called, where it and its page stand, its entries, newest first."""

    id: str
    title: str
    subtitle: str
    page: str
    paths: tuple[str, str]  # of the Atom and of the JSON feed
    entries: tuple[Entry, ...]

    @property
    def updated(self) -> str:
        return max((entry.updated for entry in self.entries), default=NEVER)


def issues_feed(site: Site, drawing: Drawing) -> Feed:
    """Return the feed of the digest: an entry an issue, with all its text."""
    entries = tuple(drawing.entries(_issue_entry, head.key, site, drawing) for head in feed_issues(site))
    return Feed(site.feed_base, site.config.title, site.config.tagline, site.config.url, ("feed.xml", "feed.json"), entries)


def papers_feed(site: Site, drawing: Drawing) -> Feed:
    """Return the feed of all papers: an entry a paper, with all that was said of it."""
    paths = feed_paths("papers.html")
    return _feed_of(site.catalogue.coverages, site.language.all_papers, "", paths, site, drawing)


def listing_feed(listing: Listing, page: str, site: Site, drawing: Drawing) -> Feed:
    """Return the feed of an author or a topic, as it stands beside ``page``: their own, or one where they stood once, for its id stays."""
    return _feed_of(listing.newest_first(), plain(listing.name) or listing.name, listing.path, feed_paths(page), site, drawing)


def _feed_of(coverages: Iterable[Coverage], name: str, page: str, paths: tuple[str, str], site: Site, drawing: Drawing) -> Feed:
    entries = tuple(paper_entry(coverage, site, drawing) for coverage in feed_papers(coverages, site))
    return Feed(site.feed_base + paths[0], f"{name} · {site.config.title}", site.config.tagline, permalink(site.config, page), paths, entries)


def _issue_entry(key: IssueKey, site: Site, drawing: Drawing) -> Entry:
    issue = site.archive.issue(key)
    what = head(issue.head, site, "index.html")
    content = draw(drawing, "letter.html", f"issue {issue.key}", letter_view(issue, site, drawing))
    tags = tuple(dict.fromkeys(tag for pick in issue.picks for tag in pick.tags))
    entry = Entry(
        entry_id(site, issue),
        issue.title,
        what.permalink,
        f"{issue.date}{MIDNIGHT}",
        f"{issue.changed}{MIDNIGHT}",
        what.editors,
        issue.teaser,
        tags,
    )
    return _drawn(entry, content, drawing)


def paper_entry(coverage: Coverage, site: Site, drawing: Drawing) -> Entry:
    """Return the entry of a paper, as all feeds have it; of one that stands in a draft as well, as the issues that are out have it."""
    return drawing.entries(_paper_entry, coverage.published() or coverage, site, drawing)


def _paper_entry(coverage: Coverage, site: Site, drawing: Drawing) -> Entry:
    paper, start = coverage.paper, paper_path(coverage)
    if paper is None:
        raise ValueError(f"{coverage.name} is no paper, and has no entry")
    said = [standing.head.date for standing in coverage.standings if standing.head.date]
    changed = [standing.head.changed for standing in coverage.standings if standing.head.changed]
    changed += [day(paper.withdrawn.since)] if paper.withdrawn and paper.withdrawn.since else []
    newest = coverage.standings[0]
    show = {
        "config": site.config,
        "authors": names(coverage.authors, mail, site, None, start),
        "date": dates(paper, site.language)[0],
        "category": paper.primary_category,
        "links": tuple(paper_links(paper, site.language)),
        "withdrawn": mail.text(paper.withdrawn.reason) if paper.withdrawn else None,
        "abstract": mail.text(paper.abstract),
        "remarks": tuple(_remarks(coverage, site, start)),
    }
    content = draw(drawing, "entry.html", f"the entry of {coverage.name}", show)
    entry = Entry(
        site.feed_base + start,
        plain(coverage.title),
        permalink(site.config, start),
        f"{min(said)}{MIDNIGHT}",
        f"{max(changed)}{MIDNIGHT}",
        signed(newest.pick, newest.issue, site.config) or tuple(site.config.editor(short) for short in newest.issue.editors),
        newest.pick.tldr,
        (*coverage.tags, *coverage.categories),
    )
    return _drawn(entry, content, drawing)


def _remarks(coverage: Coverage, site: Site, start: str) -> Iterable[dict[str, Any]]:
    for standing in coverage.standings:
        pick, issue = standing.pick, standing.issue
        page = Page(issue, site, mail, start, absolute=True, alone=True)
        yield {
            "issue": head(issue.head, site, "index.html"),
            "href": link_between(site, standing, start, absolute=True),
            "tldr": pick.tldr,
            "cover": page.cover(pick),
            "body": page.drawn(Block(pick.commentary, pick.name, pick), 3),
        }


def atom(feed: Feed, site: Site, drawing: Drawing) -> str:
    """Return the feed as Atom."""
    here, there = (permalink(site.config, path) for path in feed.paths)  # not "self", which in a template is the template
    return draw(drawing, "feed.xml", f"the feed {feed.paths[0]}", {"config": site.config, "feed": feed, "here": here, "there": there})


def json_feed(feed: Feed, site: Site) -> str:
    """Return the feed as JSON."""
    whole: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": permalink(site.config, feed.paths[1]),
        "description": feed.subtitle,
        "language": site.config.language,
        "authors": [{"name": site.config.title, "url": site.config.url}],
    }
    head = in_lines(clean(whole)).removesuffix("\n}")
    items = ",\n".join(entry.json for entry in feed.entries)
    among = f"[\n{items}\n ]" if items else "[]"  # a feed has to have them, if none
    return f'{head},\n "items": {among}\n}}\n'


def _drawn(entry: Entry, content: str, drawing: Drawing) -> Entry:
    """Return the entry with what feeds say of it; ``content`` is HTML."""
    atom = draw(drawing, "atom.xml", f"the entry {entry.id}", {"entry": entry, "content": content})
    text = in_lines(clean(_item(entry, content)))
    return replace(entry, atom=Markup(atom), json="  " + text.replace("\n", "\n  "))  # noqa: S704 - drawn by our templates


def _item(entry: Entry, content: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": content,
        "summary": entry.summary,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": editor.name, "url": editor.url} for editor in entry.authors],
        "tags": list(entry.tags),
    }


def opml(site: Site, drawing: Drawing) -> str:
    """Return the list of all feeds, for a reader to take in at once. Source: http://opml.org/spec2.opml"""
    groups = []
    for name, kind in ((site.language.topics, TOPICS), (site.language.people, AUTHORS)):
        feeds = (one for one in site.catalogue.listings(kind) if has_feed(site, one))
        groups.append((name, [(plain(one.name), *(permalink(site.config, path) for path in (one.path, feed_paths(one.path)[0]))) for one in feeds]))
    whole = [
        (site.config.title, site.config.url, permalink(site.config, "feed.xml")),
        (site.language.all_papers, site.config.url, permalink(site.config, "papers.xml")),
    ]
    return draw(drawing, "opml.xml", "the list of feeds", {"config": site.config, "whole": whole, "groups": groups})
