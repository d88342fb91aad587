"""Files that only machines read: an issue as JSON, the site map, robots.txt."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from roundup.issue import Issue, Pick
from roundup.pages.frame import clean, frame, in_lines
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import PickView, letter_view
from roundup.paper import dump_moment
from roundup.site import Site, issue_path, paper_path, permalink, relative
from roundup.sitemap import MOST_ADDRESSES, addresses, site_map_parts, site_map_path


def issue_json(issue: Issue, site: Site, drawing: Drawing) -> str:
    """Return an issue as JSON: what the editors say as HTML with whole addresses, what arXiv says as the record has it."""
    view = letter_view(issue, site, drawing)
    picks = iter(issue.picks)
    whole = {
        "version": 1,
        "key": str(issue.key),
        "kind": "list" if issue.is_list else "issue",
        "title": issue.title,
        "teaser": issue.teaser,
        "date": issue.date.isoformat() if issue.date else "",
        "corrected": issue.corrected.isoformat() if issue.corrected else "",
        "seen": issue.seen,
        "kept": issue.kept if issue.seen is not None else None,
        "url": permalink(site.config, issue_path(issue.key)),
        "digest": {"title": site.config.title, "url": site.config.url, "language": site.config.language},
        "editors": [{"name": editor.name, "url": editor.url} for editor in map(site.config.editor, issue.editors)],
        "intro_html": str(view["intro"]),
        "sections": [
            {
                "title": section.title,
                "note_html": str(section.note),
                "picks": [_pick(shown, next(picks), issue, site) for shown in section.picks],
            }
            for section in view["sections"]
        ],
        "outro_html": str(view["outro"]),
    }
    return in_lines(clean(whole)) + "\n"


def _pick(shown: PickView, pick: Pick, issue: Issue, site: Site) -> dict[str, Any]:
    paper = pick.paper
    return {
        "number": shown.number,
        "name": pick.name,
        "title": pick.shown_title,
        "url": shown.url,
        "authors": [author.name for author in pick.shown_authors],
        "arxiv": str(paper.id) if paper else "",
        "categories": list(paper.categories) if paper else [],
        "submitted": dump_moment(paper.submitted) if paper and paper.submitted else "",
        "doi": paper.doi if paper else "",
        "journal_ref": paper.journal_ref if paper else "",
        "withdrawn": paper.withdrawn.reason if paper and paper.withdrawn else "",
        "page": permalink(site.config, paper_path(site.catalogue.at(issue.key, pick.name))) if paper else "",
        "abstract": paper.abstract if paper else "",
        "code": list(paper.links.code) if paper else [],
        "votes": paper.votes if paper else None,
        "comments": paper.comments if paper else None,
        "tags": list(pick.tags),
        "by": [{"name": editor.name, "url": editor.url} for editor in map(site.config.editor, pick.by)],
        "tldr": pick.tldr,
        "rating": pick.rating,
        "commentary_html": f"{shown.cover}{shown.card}{shown.body}",
    }


def site_map(site: Site, part: str, drawing: Drawing) -> str:
    """Return the map of the site, or one part of it, or the list of its parts, with the days on which pages last changed.

    Source: https://www.sitemaps.org/protocol.html
    """
    rows = addresses(site)
    parts = site_map_parts(len(rows))
    if parts and not part:
        return draw(drawing, "sitemap.xml", "the site map", {"parts": [permalink(site.config, site_map_path(one)) for one in parts], "pages": ()})
    start = parts.index(part) * MOST_ADDRESSES if part else 0
    return draw(drawing, "sitemap.xml", "the site map", {"parts": (), "pages": rows[start : start + MOST_ADDRESSES]})


def robots(site: Site) -> str:
    """Return robots.txt: everybody may read everything. Source: RFC 9309"""
    where = f"\nSitemap: {permalink(site.config, 'sitemap.xml')}\n" if site.config.url else ""
    return f"User-agent: *\nDisallow:\n{where}"


def missing_view(site: Site) -> dict[str, Any]:
    """Return what the template of the page for what is not there knows; it is shown at any depth, so its links count from the host's top."""
    return {**frame(site, "404.html", site.language.missing, public=False, stands_for=""), "root": urlsplit(site.config.url).path or "/"}


def moved_view(old: str, new: str, site: Site) -> dict[str, Any]:
    """Return what the template knows of the page that stands where another one stood."""
    return {**frame(site, old, site.language.moved, public=False, stands_for=new), "to": relative(old, new)}
