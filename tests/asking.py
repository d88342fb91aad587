"""Every source pointed at one server, on a clock that only sleeping moves; and servers of bytes for what the replay server keeps whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from replay import FRIDAY, ReplayServer
from roundup.errors import FetchError
from roundup.paper import ArxivId
from roundup.sources.announcements import Announcements
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.counts import Lists
from roundup.sources.feeds import Feeds
from roundup.sources.gather import Gathering, Sources
from roundup.sources.htmlpages import HtmlPages
from roundup.sources.http import Http, Limits, Request
from roundup.sources.huggingface import HuggingFace
from roundup.sources.oai import OaiPmh
from roundup.sources.pace import Pace
from roundup.sources.query import QueryApi
from roundup.sources.reach import Reach

T = TypeVar("T")

AGENT = "roundup/0 (ann@example.org)"
NOW = dt.datetime(2024, 1, 13, 12, tzinfo=dt.timezone.utc)
WANTED = tuple(map(ArxivId, ("2401.03001", "2401.03002", "2401.03003")))
EVERY = "submittedDate:[19900101 TO 20991231]"  # a search that finds every paper


class FakeTime:
    """A clock that moves by sleeping alone, and remembers each sleep."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now, self.slept = start, []

    slept: list[float]

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class NotedPace(Pace):
    """A pace that notes when each turn began."""

    def __init__(self, path: Path, delay_s: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        super().__init__(path, delay_s, clock, sleep)
        self.turns: list[float] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        with super().turn():
            self.turns.append(self.clock())
            yield

    @property
    def gaps(self) -> list[float]:
        return [round(after - before, 3) for before, after in pairwise(self.turns)]


@dataclass
class Asker:
    """Everybody who can be asked, and what was said beside: ``heard`` by the line on the way, ``remarks`` of the gathering."""

    http: Http
    pace: Pace
    gathering: Gathering
    heard: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def sources(self) -> Sources:
        return self.gathering.sources

    @property
    def gaps(self) -> list[float]:
        assert isinstance(self.pace, NotedPace)
        return self.pace.gaps

    def body(self, url: str, *hosts: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return whatever an address answers, as long as the line takes it."""
        return self.http.ask(Request(url, "*/*", frozenset(hosts), headers or {}), self.pace, lambda answer: answer.body)

    def close(self) -> None:
        self.http.close()
        self.sources.cache.close()


@contextmanager
def asking(url: str, folder: Path, *, limits: Limits | None = None, pace: Pace | None = None, http: Http | None = None, now: dt.datetime = NOW, near: Iterable[str] = ()) -> Iterator[Asker]:
    """Yield the sources at ``url``; what they keep is in ``folder``. Without a ``pace`` it is arXiv's, on a fake clock.

    Of this machine, ``url`` and what is ``near`` may be asked.
    """
    false = FakeTime()
    pace = pace or NotedPace(folder / "stamp", 3.0, false.clock, false.sleep)
    http = http or Http(AGENT, limits=limits or Limits(), now=lambda: dt.datetime.now(dt.timezone.utc), reach=Reach.of([url, *near]))
    cache, day = Cache(folder / "cache.sqlite", now), now.date()
    sources = Sources(
        cache,
        QueryApi(f"{url}/api/query", http, pace, cache, day),
        OaiPmh(f"{url}/oai", http, pace, cache, day),
        Announcements(url, http, pace, cache, day),
        HuggingFace(f"{url}/hf", http, pace, cache),
        Feeds(http, pace, cache),
        HtmlPages(url, http, pace, cache),
        Lists(url, http, pace, cache),
    )
    remarks: list[str] = []
    asker = Asker(http, pace, Gathering(sources, remarks.append), remarks=remarks)
    http.tell = asker.heard.append
    try:
        yield asker
    finally:
        asker.close()


Told = Callable[[str], None]


def _by_id(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    page = asker.sources.api.by_id(WANTED)
    for reason in (*page.unfit, *(f"{one} was not in the answer" for one in WANTED if one.base not in {paper.id.base for paper in page.papers})):
        tell(reason)
    return page.papers


def _search(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    for batch in asker.gathering.search(EVERY, 300):
        yield from batch
    for one in asker.gathering.missing:
        tell(one.why)
    asker.gathering.missing.clear()


def _listing(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    found = asker.sources.announcements.of(["cs.CL"])
    for reason in filter(None, (*found.unfit, *found.remarks, found.quiet)):
        tell(reason)
    return found.papers


def _record(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    paper = asker.sources.oai.record(WANTED[0])
    if paper is None:
        tell("arXiv has no such paper")
    return [paper] if paper else []


def _harvest(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    seen = set()
    for page in asker.sources.oai.harvest("cs.CL", dt.date(2024, 1, 1)):
        for reason in page.unfit:
            tell(reason)
        yield from (paper for paper in page.papers if paper.id not in seen)
        seen |= {paper.id for paper in page.papers}


def _daily(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    found = asker.sources.huggingface.daily(FRIDAY)
    for reason in found.unfit:
        tell(reason)
    return found.papers


def _feed(asker: Asker, url: str, tell: Told) -> Iterable[object]:
    return asker.sources.feeds.posts(f"{url}/feed.xml")


ASK: dict[str, Callable[[Asker, str, Told], Iterable[object]]] = {
    "by_id": _by_id, "search": _search, "listing": _listing, "record": _record, "harvest": _harvest, "daily": _daily, "feed": _feed,
}  # fmt: skip
PATHS = {"by_id": "/api/query", "search": "/api/query", "listing": "/rss", "record": "/oai", "harvest": "/oai", "daily": "/hf", "feed": "/feed.xml"}
OAI_PAGE = 20  # so that a harvest has pages, too


def had(name: str, asker: Asker, url: str) -> tuple[dict[object, object], list[str]]:
    """Return what a source gave, by its ID or address, and all that it said is wrong; an error is told, and no exception but that."""
    values, told = [], []
    try:
        values += ASK[name](asker, url, told.append)
    except FetchError as error:
        told.append(str(error))
    found = {_key(value): value for value in values}
    assert len(found) == len(values), "a value came twice"
    return found, told


def _key(value: object) -> object:
    return getattr(value, "id", None) or value.link.url  # type: ignore[attr-defined]


class Canned:
    """In place of the line: every question is answered with the same bytes."""

    def __init__(self, body: bytes, content_type: str, status: int = 200) -> None:
        self.body, self.content_type, self.status = body, content_type, status
        self.tell: Callable[[str], None] = lambda what: None

    def ask(self, request: Request, pace: Pace, check: Callable[[Answer], T]) -> T:
        try:
            return check(Answer(request.url, self.status, {"content-type": self.content_type}, self.body))
        except AnswerError as error:
            raise FetchError(request.url, str(error)) from error

    def close(self) -> None:
        """Nothing is open."""


Play = Callable[[socket.socket], None]


class ByteServer:
    """A server that plays bytes to whoever connects, once what was asked is read; over TLS with a context."""

    def __init__(self, *plays: Play | bytes, tls: ssl.SSLContext | None = None) -> None:
        self._plays, self._tls = plays, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._closing = threading.Event()
        self.asked: list[bytes] = []
        self._threads = [threading.Thread(target=self._listen, name="byte server")]

    def __enter__(self) -> ByteServer:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _listen(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(5)
                thread = threading.Thread(target=self._serve, args=(connection,), name="byte server")
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            stack.enter_context(connection)
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            while asked := connection.recv(65536):
                play = self._plays[min(len(self.asked), len(self._plays) - 1)]
                self.asked.append(asked)
                if callable(play):
                    play(connection)
                    return
                connection.sendall(play)
                if b"Connection: close" in play:
                    return

    def drip(self, head: bytes, drop: bytes = b" ", every_s: float = 0.02) -> Play:
        """Return a play that begins so and then goes on by drops, until somebody has had enough."""

        def play(connection: socket.socket) -> None:
            connection.sendall(head)
            while not self._closing.is_set():
                connection.sendall(drop)
                time.sleep(every_s)

        return play

    def plays(self, *plays: Play | bytes) -> None:
        self._plays = plays


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """Return an answer's bytes, with its length."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def truth(name: str, server: ReplayServer, folder: Path) -> dict[object, object]:
    """Return what a source gives where nothing is wrong."""
    with asking(server.url, folder) as asker:
        values, told = had(name, asker, server.url)
    assert values, f"{name} has nothing to give"
    assert not told
    return values
