"""``send --via``: an issue handed to a service that mails it."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from roundup import __version__
from roundup.cli.door import Session, is_terminal, now, print_json, today
from roundup.cli.network import proxy_for
from roundup.cli.outgoing import edition_of, mailbox_of, site_needs
from roundup.cli.secret import secret
from roundup.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.config import Config
    from roundup.issue import Issue
    from roundup.mailing.handing import Campaign, Letter, Service
    from roundup.mailing.services import Account, Line
    from roundup.site import Site

SERVICES = ("buttondown", "listmonk")
_NO_HEADER = "a login is of letters, digits and signs that a header can hold"


def needs(config: Config, via: str) -> dict[str, tuple[object, str]]:
    """Return what roundup.yaml has to say before an issue can be handed to a service."""
    written = {
        "buttondown": (config.mail.buttondown is not None, "write buttondown: {} there, and see the README on its key"),
        "listmonk": (config.mail.listmonk, "write url:, lists: and template: below it"),
    }
    return {**site_needs(config), f'"{via}" of "mail"': written[via]}


def hand_over(
    session: Session, root: Path, issue: Issue, site: Site, via: str, *, start: bool, test: str | None, dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a draft of an issue at a service, or make the one there as the issue is now; have it tested or sent, where that is asked for."""
    from roundup.mailing.services import LIMITS, Book, Line, hand_over
    from roundup.sources.http import Http
    from roundup.store.lock import alone

    config = site.config
    mailbox = mailbox_of(test) if test else None
    edition = edition_of(issue, site)
    if not as_json:
        session.say(edition.told)
    if dry_run:
        if as_json:
            address = mailbox.address if mailbox else None
            print_json({"issue": str(issue.key), "via": via, "dry_run": True, "to": _place(config, via), "test": address, "send": start})
            return
        what = "it would go" if start else f"a test of it would go to {mailbox.address}, and a draft of it" if mailbox else "a draft of it would go"
        session.say(f"{what} to {_place(config, via)}")
        return
    account = _account(config, via, root)
    if start and not yes and is_terminal(sys.stdin):
        click.confirm(f"Have {account.name} send {issue.key} to all of its list now?", abort=True, err=True)
    click.get_current_context().with_resource(alone(root, session.remark, what="sending from this digest"))
    book = Book(root, str(issue.key), via, today().isoformat(), os.urandom(8).hex())
    with closing(Http(f"roundup/{__version__}", limits=LIMITS, now=now, proxy=proxy_for)) as http:
        service, letter = _service(config, via, Line(account, http)), _letter(issue, site, edition.html, edition.text)
        campaign, is_new = hand_over(service, letter, book, test=mailbox.address if mailbox else "", start=start)
    told = f"a draft of it is at {account.name}" if is_new else f"the draft of it at {account.name} is as it is now"
    told = f"a test of it went to {mailbox.address}; {told}" if mailbox else f"{account.name} has it, and sends it" if start else told
    _report(session, str(issue.key), via, campaign, told, as_json=as_json)


def _letter(issue: Issue, site: Site, html: str, text: str) -> Letter:
    from roundup.mailing.handing import Letter
    from roundup.site import page_of
    from roundup.text.visible import one_line, visible

    subject = one_line(visible(issue.title)) or str(issue.key)
    subject, html, text = (one.encode("utf-8", "replace").decode() for one in (subject, html, text))
    return Letter(str(issue.key), subject, html, text, page_of(site.config, issue.key))


def _place(config: Config, via: str) -> str:
    mail = config.mail
    if via == "buttondown" or mail.listmonk is None:
        return f"Buttondown ({mail.buttondown.url if mail.buttondown else ''})"
    lists = ", ".join(map(str, mail.listmonk.lists))
    return f"listmonk ({mail.listmonk.url}), for {'lists' if len(mail.listmonk.lists) > 1 else 'list'} {lists}"


def _account(config: Config, via: str, root: Path) -> Account:
    import base64

    from roundup.mailing.services import Account

    if via == "listmonk" and (listmonk := config.mail.listmonk):
        user = os.environ.get("ROUNDUP_LISTMONK_USER", "") or listmonk.user
        if not user:
            raise RefusedError('listmonk needs the name of an API user: set ROUNDUP_LISTMONK_USER, or write it as "user"')
        token = _header(secret("ROUNDUP_LISTMONK_TOKEN", listmonk.token_file, "token_file", f"{user} at {listmonk.url}", root))
        basic = base64.b64encode(f"{_header(user)}:{token}".encode()).decode()
        return Account("listmonk", listmonk.url, f"Basic {basic}", (token, basic), "ROUNDUP_LISTMONK_USER and ROUNDUP_LISTMONK_TOKEN")
    if buttondown := config.mail.buttondown:
        key = _header(secret("ROUNDUP_BUTTONDOWN_KEY", buttondown.key_file, "key_file", "Buttondown", root))
        return Account("Buttondown", buttondown.url, f"Token {key}", (key,), "ROUNDUP_BUTTONDOWN_KEY", {"X-API-Version": "2026-04-01"})
    raise ValueError(f"{via} is not written in roundup.yaml")


def _header(text: str) -> str:
    """Return a part of a login, which may hold nothing that would end its header."""
    if not (text.isascii() and text.isprintable()):
        raise RefusedError(f"{_NO_HEADER}; copy it anew")
    return text.strip()


def _service(config: Config, via: str, line: Line) -> Service:
    from roundup.mailing.buttondown import Emails
    from roundup.mailing.listmonk import Campaigns

    if via == "listmonk" and config.mail.listmonk:
        return Campaigns(config.mail.listmonk, config.mail, line)
    return Emails(line)


def _report(session: Session, key: str, via: str, campaign: Campaign, told: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"issue": key, "via": via, "campaign": campaign.id, "status": campaign.status, "address": campaign.address})
    else:
        session.say(f"{told}: {campaign.address}")
