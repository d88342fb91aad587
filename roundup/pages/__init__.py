"""One planned output -> its bytes. Pure: what a page shows comes in as values, and leaves as text.

``views`` says what an issue and the home page show, ``theme`` draws that with the digest's templates.
"""

from __future__ import annotations

from collections.abc import Callable

from roundup.catalogue import Coverage, Listing
from roundup.citation import bibtex
from roundup.config import AUTHORS, TOPICS
from roundup.issue import Issue
from roundup.outputs import Output
from roundup.pages.feeds import atom, issues_feed, json_feed, listing_feed, opml, papers_feed
from roundup.pages.finding import search_view
from roundup.pages.frame import frame
from roundup.pages.letter import letter, letter_text
from roundup.pages.lists import archive_view, index_view, listing_view
from roundup.pages.machines import issue_json, missing_view, moved_view, robots, site_map
from roundup.pages.papers import paper_view
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import card_facts, home_view, issue_view
from roundup.plan import FONTS
from roundup.site import Site
from roundup.text import twin, web
from roundup.text.paste import Paste


def render(output: Output, site: Site, drawing: Drawing) -> bytes:
    """Return the bytes of an output that is drawn, not copied; files of the search index come from ``finding``, all at once.

    SourceError names the template that fails, and where.
    """
    if output.kind == "font":
        return site.theme.fonts[output.path.removeprefix(FONTS)]
    if output.kind == "card":
        return _card(_issue(output, site), site)
    return _MAKERS[output.kind](output, site, drawing).encode("utf-8", "replace")


def _card(issue: Issue, site: Site) -> bytes:
    from roundup.pages.social import card

    return card(str(issue.key), issue.title, issue.teaser, card_facts(issue, site), site.config.title, site.config.accent, site.theme.cards)


def _issue_html(output: Output, site: Site, drawing: Drawing) -> str:
    issue = _issue(output, site)
    return draw(drawing, "issue.html", f"issue {issue.key}", issue_view(issue, site, web))


def _issue_markdown(output: Output, site: Site, drawing: Drawing) -> str:
    issue = _issue(output, site)
    return draw(drawing, "issue.md", f"issue {issue.key}", issue_view(issue, site, twin, absolute=True))


def _mail_html(output: Output, site: Site, drawing: Drawing) -> str:
    return letter(_issue(output, site), site, drawing).html


def _mail_text(output: Output, site: Site, drawing: Drawing) -> str:
    return letter_text(_issue(output, site), site, drawing)


def _paste(output: Output, site: Site, drawing: Drawing) -> str:
    issue, edition = _issue(output, site), Paste()
    view = issue_view(issue, site, edition, absolute=True, alone=True)
    page = frame(site, output.path, f"{issue.title}: {site.language.paste}", public=False, stands_for="")
    return draw(drawing, "paste.html", f"issue {issue.key}", {**view, **page, "notes": edition.notes})


def _feed(output: Output, site: Site, drawing: Drawing) -> str:
    if isinstance(about := site.catalogue.find(output.about), Listing):
        feed = listing_feed(about, f"{output.path.rpartition('.')[0]}.html", site, drawing)
    else:
        feed = papers_feed(site, drawing) if output.part == "papers" else issues_feed(site, drawing)
    return atom(feed, site, drawing) if output.path.endswith(".xml") else json_feed(feed, site)


def _opml(output: Output, site: Site, drawing: Drawing) -> str:
    return opml(site, drawing)


def _search(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "search.html", "the search page", search_view(site))


def _paper(output: Output, site: Site, drawing: Drawing) -> str:
    if not isinstance(about := site.catalogue.find(output.about), Coverage):
        raise ValueError(f"{output.path} is planned without its paper")
    return draw(drawing, "paper.html", f"paper {about.name}", paper_view(about, site, drawing))


def _listing(output: Output, site: Site, drawing: Drawing) -> str:
    if not isinstance(about := site.catalogue.find(output.about), Listing):
        raise ValueError(f"{output.path} is planned without its listing")
    return draw(drawing, "listing.html", output.path, listing_view(about, site, drawing, int(output.part) if output.part else None))


def _archive(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "archive.html", "the archive", archive_view(site))


def _index(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "names.html", f"the list of {output.kind}", index_view(output.kind, site, output.part))


def _issue_json(output: Output, site: Site, drawing: Drawing) -> str:
    return issue_json(_issue(output, site), site, drawing)


def _papers_bib(output: Output, site: Site, drawing: Drawing) -> str:
    return "\n".join(bibtex(pick.paper) for pick in _issue(output, site).picks if pick.paper)


def _site_map(output: Output, site: Site, drawing: Drawing) -> str:
    return site_map(site, output.part, drawing)


def _moved(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "moved.html", output.path, moved_view(output.path, output.part, site))


def _trail(output: Output, site: Site, drawing: Drawing) -> str:
    return site.trail_text


def _robots(output: Output, site: Site, drawing: Drawing) -> str:
    return robots(site)


def _missing(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "404.html", "the page for what is missing", missing_view(site))


def _issue(output: Output, site: Site) -> Issue:
    if output.issue is None:
        raise ValueError(f"{output.path} is planned without its issue")
    return site.archive.issue(output.issue)


def _home(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "home.html", "the home page", home_view(site))


def _stylesheet(output: Output, site: Site, drawing: Drawing) -> str:
    accent = site.config.accent
    return f"{_source('roundup.css', site).rstrip()}\n\n:root {{ --accent-light: {accent}; }}\n"


def _icon(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "roundup.svg", "the icon", {"accent": site.config.accent})


def _script(output: Output, site: Site, drawing: Drawing) -> str:
    return _source(output.path.removeprefix("assets/"), site)


def _source(name: str, site: Site) -> str:
    """Return a file of the theme that no page's values go into."""
    return {**site.theme.built_in, **site.theme.own}[name]


_MAKERS: dict[str, Callable[[Output, Site, Drawing], str]] = {
    "index.html": _issue_html,
    "index.md": _issue_markdown,
    "mail.html": _mail_html,
    "mail.txt": _mail_text,
    "paste.html": _paste,
    "issue.json": _issue_json,
    "papers.bib": _papers_bib,
    "feed": _feed,
    "sitemap": _site_map,
    "robots": _robots,
    "moved": _moved,
    "trail": _trail,
    "missing": _missing,
    "opml": _opml,
    "paper": _paper,
    "listing": _listing,
    "archive": _archive,
    AUTHORS: _index,
    TOPICS: _index,
    "search": _search,
    "home": _home,
    "stylesheet": _stylesheet,
    "icon": _icon,
    "script": _script,
}
