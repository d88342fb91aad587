"""Mail addresses as text. Pure, and total."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What mail servers everywhere take: RFC 5321's dot-string, in ASCII, 254 characters at most. Who has "quoted words"@host has another one, too.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+")
_MAILBOX = re.compile(r'\s*(?:"(?P<quoted>[^"<>]*)"|(?P<name>[^"<>]*?))\s*<\s*(?P<address>[^<>\s]*)\s*>\s*')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and whose it is."""

    address: str
    name: str = ""


def is_address(text: str) -> bool:
    """Tell whether a text is one mail address, and no more."""
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and _ADDRESS.fullmatch(text) is not None


def parse_mailbox(text: str) -> Mailbox:
    """Return what ``Ann Example <ann@example.org>`` or ``ann@example.org`` names; ValueError for anything else."""
    match = _MAILBOX.fullmatch(text)
    address, name = (match["address"], match["quoted"] or match["name"] or "") if match else (text.strip(), "")
    if not is_address(address):
        raise ValueError(text)
    return Mailbox(address, " ".join(name.split()))
