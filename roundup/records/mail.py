"""The keys below ``mail`` in roundup.yaml -> how an issue goes to its subscribers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from roundup.config import SECURITIES, TOO_LARGE, Mail, Smtp
from roundup.mailing.address import is_address, is_way_out, parse_mailbox
from roundup.records.fields import Fields

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]+", re.ASCII)
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_USER = re.compile(r"[!-~]+", re.ASCII)


def parse_mail(fields: Fields) -> Mail:
    inner, default = fields.fields("mail", tuple("from reply_to list_id unsubscribe subscribers smtp token_file per_second too_large".split())), Mail()
    if inner is None:
        return default
    per_second = inner.number("per_second")
    return Mail(
        inner.converted("from", parse_mailbox, "no mail address; write it as ann@example.org, or Ann Example <ann@example.org>"),
        inner.converted("reply_to", _that(is_address), "no mail address; write it bare") or "",
        inner.converted("list_id", _that(_LIST_ID.fullmatch), "no name of a list; write it as digest.example.org") or "",
        tuple(_ways_out(inner)),
        inner.text("subscribers"),
        _smtp(inner),
        inner.text("token_file"),
        default.per_second if per_second is None else per_second,
        inner.choice("too_large", TOO_LARGE, default.too_large),
    )


def _ways_out(fields: Fields) -> Iterator[str]:
    for text, line in fields.items("unsubscribe") if "unsubscribe" in fields.mapping.values else ():
        if is_way_out(text.replace("{email}", "")) and ("{email}" in text or text.startswith("mailto:")):
            yield text
        else:
            fields.note(line, f'unsubscribe "{text}" is no way out; write an address from https:// on with {{email}} in it, or mailto: and an address')


def _smtp(fields: Fields) -> Smtp | None:
    inner = fields.fields("smtp", ("host", "port", "security", "user", "password_file"))
    if inner is None or not inner.need("host"):
        return None
    security = inner.choice("security", tuple(SECURITIES), "starttls") if "security" in inner.mapping.values else ""
    host = inner.converted("host", _that(_HOST.fullmatch), "no name of a server; write it as mail.example.org")
    port = inner.converted("port", _port, "no port; write a number from 1 to 65535")
    user = inner.converted("user", _that(_USER.fullmatch), "no login name; write it without spaces")
    return Smtp(host, port or SECURITIES[security or "starttls"], security, user or "", inner.text("password_file")) if host else None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise ValueError
    return int(text)


def _that(fits: Callable[[str], object]) -> Callable[[str], str]:
    """Return what takes a text that fits, and raises ValueError for any other."""

    def taken(text: str) -> str:
        if not fits(text):
            raise ValueError
        return text

    return taken
