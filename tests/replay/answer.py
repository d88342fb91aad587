"""What the server is asked and what it says, before anything is put on the wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape as html_escape

Arguments = Mapping[str, Sequence[str]]
"""Query or form arguments: every value given, by name."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; ``verbatim`` bytes are sent as they are, never packed."""

    body: bytes
    content_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    verbatim: bool = False

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str) -> Answer:
        """Return the same answer with one header set."""
        kept = tuple((key, held) for key, held in self.headers if key.lower() != name.lower())
        return dataclasses.replace(self, headers=(*kept, (name, value)))

    def with_body(self, body: bytes) -> Answer:
        return dataclasses.replace(self, body=body)


def first(arguments: Arguments, name: str, default: str = "") -> str:
    """Return the first value of an argument."""
    return arguments.get(name, (default,))[0]


def escaped(text: str) -> str:
    """Return text for XML element content, as arXiv's lxml writers do: quotes stay."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(text: str) -> str:
    """Return text for XML in a template, as arXiv's OAI server does: quotes become numbers."""
    return html_escape(text, quote=True).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def attribute(text: str) -> str:
    """Return text for an XML attribute in double quotes."""
    return escaped(text).replace('"', "&quot;")


def stamp(when: datetime) -> str:
    """Return a time as ``2024-01-05T15:00:00Z``."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(when: datetime) -> str:
    """Return a time as ``Fri, 05 Jan 2024 15:00:00 GMT``."""
    return format_datetime(when, usegmt=True)
