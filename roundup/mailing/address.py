"""Mail addresses as text. Pure, and total."""

from __future__ import annotations

import re

from msgspec import Struct

from roundup.text.links import is_web

# What mail servers everywhere take: RFC 5321's dot-string, in ASCII, 254 characters at most. Who has "quoted words"@host has another one, too;
# and one that begins with an apostrophe is none, but what a spreadsheet program makes of one.
_LOCAL = r"(?!')[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+")
_MAILBOX = re.compile(r'\s*(?:"(?P<quoted>[^"<>]*)"|(?P<name>[^"<>]*?))\s*<\s*(?P<address>[^<>\s]*)\s*>\s*')


class Mailbox(Struct, frozen=True):
    """An address, and whose it is."""

    address: str
    name: str = ""


_LONGEST = 450  # characters of a way out: two of them fit the line of a header
_IN_NO_ADDRESS = set(' <>"{}')


def is_address(text: str) -> bool:
    """Tell whether a text is one mail address, and no more."""
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and _ADDRESS.fullmatch(text) is not None


def parse_mailbox(text: str) -> Mailbox:
    """Return what ``Ann Example <ann@example.org>`` or ``ann@example.org`` names, its host in ASCII; ValueError for anything else."""
    match = _MAILBOX.fullmatch(text)
    address, name = (match["address"], match["quoted"] or match["name"] or "") if match else (text.strip(), "")
    local, at, host = address.rpartition("@")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            raise ValueError(text) from None
    if not is_address(local + at + host):
        raise ValueError(text)
    return Mailbox(local + at + host, " ".join(name.split()))


def is_way_out(text: str) -> bool:
    """Tell whether a text is an address by which one leaves a list: of the web, and safely so, or of a mail."""
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable() or _IN_NO_ADDRESS & set(text):
        return False
    scheme, _, rest = text.partition(":")
    return is_address(rest.partition("?")[0]) if scheme == "mailto" else scheme == "https" and is_web(text)
