"""One planned output -> its bytes. Pure: what a page shows comes in as values, and leaves as text.

``views`` says what an issue and the home page show, ``theme`` draws that with the digest's templates.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from roundup.issue import Issue
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import feed_view, home_view, issue_view
from roundup.plan import FONTS, Output
from roundup.site import Site, feed_issues
from roundup.text import mail, twin, web
from roundup.text.plain import Plain


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


def _mail_html(output: Output, site: Site, drawing: Drawing) -> str:
    return _letter("mail.html", _issue(output), site, drawing)


def _letter(template: str, issue: Issue, site: Site, drawing: Drawing) -> str:
    return draw(drawing, template, f"issue {issue.key}", issue_view(issue, site, mail, absolute=True, alone=True))


def _mail_text(output: Output, site: Site, drawing: Drawing) -> str:
    issue, edition = _issue(output), Plain()
    view = issue_view(issue, site, edition, absolute=True, alone=True)
    return draw(drawing, "mail.txt", f"issue {issue.key}", {**view, "notes": edition.notes, "links": edition.links})


def _feed(output: Output, site: Site, drawing: Drawing) -> str:
    content = ((issue, Markup(_letter("letter.html", issue, site, drawing))) for issue in feed_issues(site))  # noqa: S704 - drawn by our templates
    return draw(drawing, "feed.xml", "the feed", feed_view(content, site))


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
    "mail.html": _mail_html,
    "mail.txt": _mail_text,
    "feed.xml": _feed,
    "home": _home,
    "stylesheet": _stylesheet,
}
