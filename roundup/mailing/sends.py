"""sends.yaml <-> which issues were sent, or handed to a service that mails them. Pure.

The file is the program's, and belongs into the repository: a fresh clone has no ledger, but has this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from roundup.errors import Problem
from roundup.issue import parse_issue_key
from roundup.records.fields import Fields
from roundup.yamltext import parse

HEAD = """\
# Written by roundup: which issues were sent to the subscribers, and when that was begun. Keep it in the repository,
# so that no clone sends one of them again.
"""
_ID = re.compile("[0-9a-f]{16}")
CAMPAIGN = re.compile("[A-Za-z0-9_-]{1,64}")  # as it stands in an address


class Begun(Struct, frozen=True):
    """A send that was begun: the name that the ledger has for it, and the day; the service that it was handed to, and what that calls it, once known.

    ``serial`` counts what the ledger knew of it at the end of a run, so that an older copy of the ledger is told from the newest.
    """

    id: str
    day: str
    via: str = ""
    campaign: str = ""
    serial: int = 0


def parse_sends(text: str, path: str, problems: list[Problem]) -> dict[str, Begun]:
    """Return what was begun, by issue; what the program cannot have written is noted."""
    mapping = None if all(not line.strip() or line.startswith("#") for line in text.splitlines()) else parse(text, path, problems)
    if mapping is None:
        return {}
    fields = Fields(mapping, path, problems, tuple(mapping.values))
    found = {}
    for key in mapping.values:
        inner = fields.fields(key, ("id", "begun", "via", "campaign", "serial"))
        if _is_key(key) and inner and inner.need("id", "begun") and _ID.fullmatch(inner.text("id")) and CAMPAIGN.fullmatch(inner.text("campaign", "-")):
            found[key] = Begun(inner.text("id"), inner.text("begun"), inner.text("via"), inner.text("campaign"), inner.number("serial") or 0)
        else:
            fields.note(fields.where(key).line, f'"{key}" is no issue with the id of its sending; take the file back from the repository')
    return found


def _is_key(text: str) -> bool:
    try:
        return str(parse_issue_key(text)) == text
    except ValueError:
        return False


def dump_sends(sends: Mapping[str, Begun]) -> str:
    """Return the text of sends.yaml, an issue a line, the newest last."""
    rows = sorted(sends.items(), key=lambda row: parse_issue_key(row[0]))
    return HEAD + "".join(f"{key}: {{{_dumped(begun)}}}\n" for key, begun in rows)


def _dumped(begun: Begun) -> str:
    values = {"id": begun.id, "begun": begun.day, "via": begun.via, "campaign": begun.campaign, "serial": str(begun.serial or "")}
    return ", ".join(f"{name}: {value}" for name, value in values.items() if value)
