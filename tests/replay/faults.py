"""Every kind of fault by its name, and when a server meets it.

The kinds themselves are in ``broken_wire.py`` (HTTP is broken) and ``broken_words.py`` (the content is); options are named there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import broken_wire as wire
from . import broken_words as words
from .answer import Answer
from .scene import Kind, Scene
from .wire import Raw

KINDS: dict[str, Kind] = {
    # Refusals; each takes ``retry_after`` in seconds, and ``as_date``.
    "429": words.refusal(429),
    "429 seconds": words.refusal(429, retry_after=7),
    "429 date": words.refusal(429, retry_after=7, as_date=True),
    "429 huge": words.refusal(429, retry_after=86_400),
    "503": words.unavailable,
    "503 then good": words.unavailable,
    "503 for ever": words.unavailable,
    "403": words.refusal(403, b"<html><body><h1>403 Forbidden</h1></body></html>", "text/html"),
    "500": words.refusal(500, b"Internal Server Error"),
    # What looks like success and is none.
    "200 html error": words.html_page,
    "200 rate text": words.plain_text,
    "200 json": words.json_body,
    "empty body": words.empty_body,
    "error entry 400": words.error_entry,
    "error entry 200": words.error_entry_as_success,
    # Characters and markup.
    "wrong charset header": words.wrong_charset_header,
    "wrong xml charset": words.wrong_xml_charset,
    "utf-7": words.utf_7,
    "doctype": words.doctype,
    "cut body": words.cut_body,
    # Pages of the query API.
    "empty first page": words.empty_first_page,
    "empty later page": words.empty_later_page,
    "total changed": words.total_changed,
    "repeated page": words.repeated_page,
    "overlapping page": words.overlapping_page,
    "order ignored": words.order_ignored,
    "id missing": words.id_missing,
    "foreign id": words.foreign_id,
    # Listing feeds and OAI-PMH.
    "day-old feed": words.day_old_feed,
    "weekend feed": words.weekend_feed,
    "2000 items": words.full_feed,
    "token expired": words.token_expired,
    "noRecordsMatch": words.no_records,
    # Redirects and headers.
    "redirect loop": words.redirect_loop,
    "redirect file": words.redirect_file,
    "redirect inside": words.redirect_inside,
    "redirect elsewhere": words.redirect_elsewhere,
    "cookie flood": wire.cookie_flood,
    "etag 304": wire.not_modified,
    "unquoted etag": wire.unquoted_tag,
    "clock": wire.wrong_clock,
    # Lengths and packing.
    "endless body": wire.endless_body,
    "100 MB body": wire.big_body,
    "short body": wire.short_body,
    "long body": wire.long_body,
    "broken chunks": wire.broken_chunks,
    "broken gzip": wire.broken_gzip,
    "nested gzip": wire.nested_gzip,
    "gzip bomb": wire.gzip_bomb,
    "brotli unknown": wire.unknown_encoding,
    # Time and connections.
    "slow headers": wire.slow_headers,
    "slow body": wire.slow_body,
    "stall before headers": wire.stall_before_headers,
    "stall mid-body": wire.stall_in_body,
    "reset": wire.reset,
    "reset mid-body": wire.reset_in_body,
}
ONCE = frozenset({"503 then good"})
"""Kinds that meet the first request only, unless told which."""


@dataclass(frozen=True)
class Fault:
    """A fault that waits for requests. ``at`` says which of them it meets, counted from 0 since it was added; None is all, or of ``ONCE`` the first."""

    kind: str
    path: str
    at: frozenset[int] | None
    options: dict[str, Any]
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'no fault "{self.kind}"; there are {", ".join(KINDS)}')

    def count(self) -> int:
        """Return the number of one more request on this fault's path."""
        return next(self._numbers)

    def meets(self, number: int) -> bool:
        if self.at is None:
            return number == 0 or self.kind not in ONCE
        return number in self.at

    def answer(self, scene: Scene) -> Answer | Raw:
        return KINDS[self.kind](scene)
