"""What every way of sending needs: an issue that may go, and its mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from roundup.cli.wanted import blocking_problems, folders_of
from roundup.errors import Problem, RefusedError, SourceError, count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roundup.config import Config
    from roundup.issue import Issue, IssueKey
    from roundup.mailing.address import Mailbox
    from roundup.site import Site
    from roundup.store.reading import Digest


class Edition(NamedTuple):
    """An issue's mail, with ``UNSUBSCRIBE`` where the way out goes; and what can be told of it."""

    html: str
    text: str
    told: str


def issue_of(digest: Digest, key: IssueKey, *, draft: bool, needs: Mapping[str, tuple[object, str]]) -> Issue:
    """Return an issue that can be sent. SourceError and RefusedError tell what stands against it.

    ``needs`` says what roundup.yaml has to hold, by its name: the value, and what to write where there is none.
    """
    wanted = folders_of(digest, [str(key)])
    if blocking := blocking_problems(digest.problems, digest, (), wanted):
        raise SourceError(blocking)
    issue = digest.archive.issue(key)
    if issue.is_draft and not draft:
        raise RefusedError(f"{key} is a draft; give it a date, or look at it with --test")
    if not issue.picks and not issue.intro.text.strip():
        raise RefusedError(f"{key} has nothing in it; add picks before it is sent")
    if not draft and (unready := [pick for pick in issue.picks if pick.status != "ready"]):
        mend = 'a mail cannot be called back, so finish it and set "status: ready", or look at it with --test'
        raise SourceError([Problem(pick.at("status"), f'"{pick.name}" is still {pick.status}; {mend}') for pick in unready])
    if missing := [Problem(digest.config.at("mail"), f"{name} is missing; {mend}") for name, (value, mend) in needs.items() if not value]:
        raise SourceError(missing)
    return issue


def site_needs(config: Config) -> dict[str, tuple[object, str]]:
    """Return what has to be known of the site, however a mail goes."""
    return {'"url"': (config.url, "links and figures in a mail lead nowhere without it; add it")}


def edition_of(issue: Issue, site: Site) -> Edition:
    """Return an issue's mail. SourceError where it is too large, RefusedError where a template shows no way out."""
    from roundup.check import large_mail
    from roundup.mailing.message import UNSUBSCRIBE
    from roundup.pages.letter import letter, letter_text
    from roundup.pages.theme import drawing
    from roundup.shortening import MOST

    ready = drawing(site.theme)
    drawn, text = letter(issue, site, ready, UNSUBSCRIBE), letter_text(issue, site, ready, UNSUBSCRIBE)
    if drawn.size.sent > MOST and site.config.mail.too_large == "shorten":
        raise SourceError(large_mail(issue, drawn.size))
    for name, content in (("mail.html", drawn.html), ("mail.txt", text)):
        if UNSUBSCRIBE not in content:
            raise RefusedError(f"templates/{name} does not show how one leaves the list; put {{{{ unsubscribe }}}} into it")
    shortened = f", {count(drawn.size.shortened, 'text')} of it shortened" if drawn.size.shortened else ""
    told = f'{issue.key}: "{issue.title}", {len(drawn.html.encode()):,} bytes of HTML{shortened}, {len(text.encode()):,} of text'
    return Edition(drawn.html, text, told)


def mailbox_of(text: str) -> Mailbox:
    from roundup.mailing.address import parse_mailbox

    try:
        return parse_mailbox(text)
    except ValueError:
        raise RefusedError(f'"{text}" is no mail address; write it as me@example.org') from None
