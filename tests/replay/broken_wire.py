"""Faults of the protocol: what is sent is not what HTTP promises, or not in time, or not to the end."""

from __future__ import annotations

import gzip
import itertools
import math
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .answer import Answer, http_date
from .scene import Scene
from .wire import Raw, head, whole

_BLANKS = b" " * 65_536
_BOMB = 200_000_000
"""Bytes that the bomb unpacks to."""


def slow_headers(scene: Scene) -> Raw:
    """Header lines for ever, one in ``every`` seconds (1)."""

    def lines() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in itertools.count():
            yield f"X-Line-{number}: still here\r\n".encode()
            scene.pause(scene.options.get("every", 1.0))

    return Raw(lines())


def slow_body(scene: Scene) -> Raw:
    """The true answer, ``size`` bytes (1) in ``every`` seconds (1)."""
    answer, size = scene.sent(), scene.options.get("size", 1)

    def pieces() -> Iterator[bytes]:
        yield _head(answer, length=len(answer.body))
        for start in range(0, len(answer.body), size):
            yield answer.body[start : start + size]
            scene.pause(scene.options.get("every", 1.0))

    return Raw(pieces())


def endless_body(scene: Scene) -> Raw:
    """The true answer without its length, then blanks until the asker has had enough."""
    answer = scene.true()
    return Raw(itertools.chain((_head(answer), answer.body), itertools.repeat(_BLANKS)))


def big_body(scene: Scene) -> Raw:
    """The true answer, then blanks up to ``size`` bytes (100,000,000), with the right length: a well-formed document still."""
    answer, size = scene.true(), scene.options.get("size", 100_000_000)
    whole_blocks, rest = divmod(size - len(answer.body), len(_BLANKS))
    blocks = itertools.chain(itertools.repeat(_BLANKS, whole_blocks), (_BLANKS[:rest],))
    return Raw(itertools.chain((_head(answer, length=size), answer.body), blocks))


def short_body(scene: Scene) -> Raw:
    """Half of the body under the length of the whole, then the end."""
    answer = scene.sent()
    return Raw((_head(answer, length=len(answer.body)), answer.body[: len(answer.body) // 2]))


def long_body(scene: Scene) -> Raw:
    """The whole body under the length of its half, then the end."""
    answer = scene.sent()
    return Raw((_head(answer, length=len(answer.body) // 2), answer.body))


def broken_chunks(scene: Scene) -> Raw:
    """A chunked body: half of it in a good chunk, then a size that is none."""
    answer = scene.sent()
    half = answer.body[: len(answer.body) // 2]
    return Raw((_head(answer.with_header("Transfer-Encoding", "chunked")), f"{len(half):x}\r\n".encode() + half + b"\r\n", b"not a size\r\n"))


def broken_gzip(scene: Scene) -> Answer:
    """A body that begins as gzip and goes on as something else, with the right length."""
    packed = gzip.compress(scene.true().body, mtime=0)
    return scene.true().with_body(packed[: len(packed) // 2] + bytes(reversed(packed[len(packed) // 2 :]))).with_header("Content-Encoding", "gzip")


def nested_gzip(scene: Scene) -> Answer:
    """The true answer packed 20 times over, and said so."""
    body = scene.true().body
    for _ in range(20):
        body = gzip.compress(body, mtime=0)
    return scene.true().with_body(body).with_header("Content-Encoding", ", ".join(["gzip"] * 20))


def gzip_bomb(scene: Scene) -> Answer:
    """200 MB of blanks in 200 kB."""
    return scene.true().with_body(_bomb()).with_header("Content-Encoding", "gzip")


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31, 9, zlib.Z_RLE)  # as small as the best and twice as fast
    full, rest = divmod(_BOMB, len(_BLANKS))
    return b"".join((*(packer.compress(_BLANKS) for _ in range(full)), packer.compress(_BLANKS[:rest]), packer.flush()))


def unknown_encoding(scene: Scene) -> Answer:
    """A plain body that is said to be brotli."""
    return scene.true().with_header("Content-Encoding", "br")


def stall_before_headers(scene: Scene) -> Raw:
    """Silence for ``seconds`` (for ever), then the true answer."""

    def chunks() -> Iterator[bytes]:
        scene.pause(scene.options.get("seconds", math.inf))
        yield whole(scene.sent())

    return Raw(chunks())


def stall_in_body(scene: Scene) -> Raw:
    """Half of the body, silence for ``seconds`` (for ever), then the rest."""
    answer = scene.sent()

    def chunks() -> Iterator[bytes]:
        middle = len(answer.body) // 2
        yield _head(answer, length=len(answer.body)) + answer.body[:middle]
        scene.pause(scene.options.get("seconds", math.inf))
        yield answer.body[middle:]

    return Raw(chunks())


def reset(scene: Scene) -> Raw:
    """A reset in place of an answer."""
    return Raw((), reset=True)


def reset_in_body(scene: Scene) -> Raw:
    """Half of the body, then a reset."""
    answer = scene.sent()
    return Raw((_head(answer, length=len(answer.body)) + answer.body[: len(answer.body) // 2],), reset=True)


def cookie_flood(scene: Scene) -> Answer:
    """The true answer with ``count`` cookies (1,000)."""
    answer = scene.true()
    cookies = tuple(("Set-Cookie", f"c{number}={'x' * 40}; Path=/") for number in range(scene.options.get("count", 1000)))
    return Answer(answer.body, answer.content_type, answer.status, (*answer.headers, *cookies))


def wrong_clock(scene: Scene) -> Answer:
    """The true answer under a Date of ``years`` (10) ahead; with ``retry_after``, HTTP 429 and a date that many seconds after that Date."""
    then = datetime.now(UTC) + timedelta(days=365 * scene.options.get("years", 10))
    wait = scene.options.get("retry_after")
    answer = scene.true() if wait is None else Answer(b"Rate exceeded.", "text/plain", 429)
    if wait is not None:
        answer = answer.with_header("Retry-After", http_date(then + timedelta(seconds=wait)))
    return answer.with_header("Date", http_date(then))


def not_modified(scene: Scene) -> Answer:
    """304 without a body, whatever the asker has."""
    return Answer(b"", scene.true().content_type, 304)


def unquoted_tag(scene: Scene) -> Answer:
    """The true answer under an ETag without quotes, as arXiv's listing feeds have."""
    answer = scene.true()
    return answer.with_header("ETag", (answer.header("ETag") or f"{zlib.crc32(answer.body):064x}").strip('"'))


def _head(answer: Answer, length: int | None = None) -> bytes:
    stated = () if length is None else (("Content-Length", str(length)),)
    return head(answer.status, (("Content-Type", answer.content_type), *answer.headers, *stated, ("Connection", "close")))
