"""``send --via``: an issue as a campaign of a mail service."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session
from roundup.cli.secret import secret
from roundup.errors import Problem, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.config import Config
    from roundup.mailing.message import Message
    from roundup.mailing.services import Campaign, Service

SERVICES = ("buttondown", "listmonk")
_BUTTONDOWN = "https://api.buttondown.com/v1"


def send_via(session: Session, via: str, message: Message, config: Config, root: Path, *, told: str, now: bool, dry_run: bool, yes: bool) -> None:
    """Make the campaign of an issue, or write its draft anew, and send it where it is to go ``now``."""
    import sys

    service = _service(via, config, root)
    session.say(told)
    if dry_run:
        session.say(f"through {via}, {'to be sent at once' if now else 'as a draft'}")
        return
    if now and not yes and sys.stdin.isatty():
        click.confirm(f"Send {message.head.key} through {via} to everybody on its list?", abort=True, err=True)
    put = service.put(_campaign(message, config), now=now)
    what = "made" if put.is_new else "written anew"
    session.say(f"{put.which} at {via} was {what}; it is {'on its way' if put.is_sent else 'a draft: look at it there, and send it'}")


def _campaign(message: Message, config: Config) -> Campaign:
    from roundup.mailing.services import Campaign

    sender = config.mail.sender
    from_email = f"{sender.name} <{sender.address}>" if sender and sender.name else sender.address if sender else ""
    return Campaign(message.head.key, f"{config.title}: {message.head.key}", message.head.subject, message.html, message.text, from_email)


def _service(via: str, config: Config, root: Path) -> Service:
    """Return the service; of listmonk roundup.yaml says where it stands, under ``subscribe``."""
    from roundup.mailing.services import Buttondown, Listmonk

    if via == "buttondown":
        key = secret("ROUNDUP_BUTTONDOWN_KEY", config.mail.token_file, "token_file", "Buttondown", root)
        return Buttondown(os.environ.get("ROUNDUP_BUTTONDOWN_API") or _BUTTONDOWN, key)
    if config.subscribe is None or config.subscribe.kind != "listmonk":
        what = '"subscribe" names no listmonk; write its address and the list\'s UUID, as {listmonk: https://lists.example.org, list: 0a1b2c3d-...}'
        raise SourceError([Problem(config.at("subscribe"), what)])
    token = secret("ROUNDUP_LISTMONK_TOKEN", config.mail.token_file, "token_file", f"listmonk at {config.subscribe.to}", root)
    return Listmonk(config.subscribe.to, config.subscribe.list, token)
