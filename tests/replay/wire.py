"""Answers -> bytes of HTTP/1.1: status line, headers, packing, and 304 for what the asker has."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

from .answer import Answer, http_date


@dataclass(frozen=True)
class Raw:
    """Bytes sent as they come, head and all; the connection closes after them, by a reset where that is the fault."""

    chunks: Iterable[bytes]
    reset: bool = False


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return a status line and headers, with today's Date unless one is given."""
    headers = list(headers)
    if not any(name.lower() == "date" for name, _ in headers):
        headers.insert(0, ("Date", http_date(datetime.now(UTC))))
    lines = (f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers), "", "")
    return "\r\n".join(lines).encode("latin-1")


def whole(answer: Answer, method: str = "GET") -> bytes:
    """Return an answer with its length; a HEAD request gets no body."""
    length = () if answer.status == HTTPStatus.NOT_MODIFIED else (("Content-Length", str(len(answer.body))),)
    top = head(answer.status, (("Content-Type", answer.content_type), *answer.headers, *length))
    return top if method == "HEAD" or not length else top + answer.body


def packed(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Return the answer in gzip where the asker takes it and nothing forbids it."""
    if answer.verbatim or not answer.body or answer.header("Content-Encoding") or "gzip" not in headers.get("accept-encoding", ""):
        return answer
    return answer.with_body(_gzip(answer.body)).with_header("Content-Encoding", "gzip").with_header("Vary", "Accept-Encoding")


@lru_cache(maxsize=16)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


def unless_known(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Return 304 without a body where the asker already has this answer, by its tag or else by its date."""
    tag, since = answer.header("ETag"), answer.header("Last-Modified")
    known = headers.get("if-none-match")
    if answer.status != HTTPStatus.OK or not (tag or since):
        return answer
    if known is not None:
        same = known == "*" or (tag or "").strip('"') in {name.strip().removeprefix("W/").strip('"') for name in known.split(",")}
    else:
        same = _not_after(since, headers.get("if-modified-since"))
    return Answer(b"", answer.content_type, HTTPStatus.NOT_MODIFIED, answer.headers) if same else answer


def _not_after(modified: str | None, since: str | None) -> bool:
    try:
        return bool(modified and since) and parsedate_to_datetime(modified or "") <= parsedate_to_datetime(since or "")
    except (ValueError, TypeError):
        return False
