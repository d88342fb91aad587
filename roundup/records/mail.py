"""The keys below ``mail`` in roundup.yaml -> how an issue goes to its subscribers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from roundup.config import SECURITIES, TOO_LARGE, Buttondown, Listmonk, Mail, Smtp
from roundup.mailing.address import is_address, is_way_out, parse_mailbox
from roundup.records.fields import Fields

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]+", re.ASCII)
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_USER = re.compile(r"[!-~]+", re.ASCII)
_API_USER = re.compile(r"[!-9;-~]+", re.ASCII)  # up to the colon, says HTTP's basic login
_API = re.compile(r"(https://[A-Za-z0-9.-]+|http://(localhost|127\.[0-9.]+|\[::1\]))(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?", re.ASCII)  # a secret goes there
_NO_API = "no address that a secret can safely go to; write it from https:// on"


def parse_mail(fields: Fields) -> Mail:
    inner, default = fields.fields("mail", tuple("from reply_to list_id unsubscribe subscribers smtp listmonk buttondown per_second too_large".split())), Mail()
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
        _listmonk(inner),
        _buttondown(inner),
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


def _listmonk(fields: Fields) -> Listmonk | None:
    inner = fields.fields("listmonk", ("url", "lists", "template", "user", "token_file"))
    if inner is None or not inner.need("url", "lists", "template"):
        return None
    url = inner.converted("url", _that(_API.fullmatch), _NO_API)
    lists = tuple(_lists(inner))
    template = inner.converted("template", _number, "no number of a template; listmonk shows it beside the name")
    user = inner.converted("user", _that(_API_USER.fullmatch), "no login name; write it without spaces and colons")
    return Listmonk(url.rstrip("/"), lists, template, user or "", inner.text("token_file")) if url and lists and template else None


def _lists(fields: Fields) -> Iterator[int]:
    for text, line in fields.items("lists"):
        try:
            yield _number(text)
        except ValueError:
            fields.note(line, f'list "{text}" is no number of a list; listmonk shows it beside the name')


def _buttondown(fields: Fields) -> Buttondown | None:
    if "buttondown" not in fields.mapping.values:
        return None
    inner, default = fields.fields("buttondown", ("url", "key_file")), Buttondown()
    if inner is None:
        return default
    url = inner.converted("url", _that(_API.fullmatch), _NO_API)
    return Buttondown((url or default.url).rstrip("/"), inner.text("key_file"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ValueError
    return int(text)


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
