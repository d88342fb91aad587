"""One planned output -> its bytes. Pure: what a page shows comes in as values, and leaves as text.

``views`` says what an issue and the home page show, ``theme`` draws that with the digest's templates.
"""

from __future__ import annotations

from collections.abc import Callable

from roundup.issue import Issue
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import home_view, issue_view
from roundup.plan import FONTS, Output, Site
from roundup.text import twin, web


def render(output: Output, site: Site, drawing: Drawing) -> bytes:
    """Return the bytes of an output that is drawn, not copied. SourceError names the template that fails, and where."""
    if output.kind == "font":
        return site.theme.fonts[output.path.removeprefix(FONTS)]
    return _MAKERS[output.kind](output, site, drawing).encode("utf-8", "replace")


def _issue_html(output: Output, site: Site, drawing: Drawing) -> str:
    issue = _issue(output)
    return draw(drawing, "issue.html", f"issue {issue.key}", issue_view(issue, site, web))


def _issue_markdown(output: Output, site: Site, drawing: Drawing) -> str:
    issue = _issue(output)
    return draw(drawing, "issue.md", f"issue {issue.key}", issue_view(issue, site, twin, absolute=True))


def _issue(output: Output) -> Issue:
    if output.issue is None:
        raise ValueError(f"{output.path} is planned without its issue")
    return output.issue


def _home(output: Output, site: Site, drawing: Drawing) -> str:
    return draw(drawing, "home.html", "the home page", home_view(site))


def _stylesheet(output: Output, site: Site, drawing: Drawing) -> str:
    sources = {**site.theme.built_in, **site.theme.own}
    accent = site.config.accent
    return f"{sources['roundup.css'].rstrip()}\n\n:root {{ --accent-light: {accent}; }}\n"


_MAKERS: dict[str, Callable[[Output, Site, Drawing], str]] = {
    "issue.html": _issue_html,
    "issue.md": _issue_markdown,
    "home": _home,
    "stylesheet": _stylesheet,
}
