"""The replay server: arXiv's interfaces, Hugging Face's list and an ordinary blog on one loopback port, over papers that a test gives.

It keeps a log of what it was asked, and answers with any fault of ``faults.py`` when told to.
"""

from __future__ import annotations

import mimetypes
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from . import blog, figures, huggingface, listings, lists, oai, query
from .answer import Answer, Arguments
from .faults import Fault
from .log import Log, Request
from .papers import ReplayPaper
from .scene import Scene
from .store import Store
from .wire import Raw, packed, unless_known, whole

_TYPES = mimetypes.MimeTypes()  # Python's own table: the machine's would differ from place to place


class ReplayServer:
    """A server on 127.0.0.1 that runs while its ``with`` block does.

    ``day``, ``now``, ``legacy``, ``conditional`` and ``papers`` may be set between requests: the day of the listing feeds (None is the newest
    one of the papers), the time that answers say (None is the real one), the query API of before November 2025, and whether feeds answer 304.
    """

    def __init__(
        self, papers: Iterable[ReplayPaper] = (), *, day: date | None = None, legacy: bool = False, oai_page: int = 50,
        recorded: Path | None = None, now: datetime | None = None, port: int = 0,
    ) -> None:
        self.day, self.now, self.legacy, self.oai_page, self.recorded = day, now, legacy, oai_page, recorded
        self.conditional = True
        self.log = Log()
        self.store = Store(papers)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._played: list[tuple[str, Answer]] = []
        self._listener = _Listener(self, port)
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, name="replay server")

    def __enter__(self) -> ReplayServer:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self) -> ReplayServer:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop at once: stalled answers are cut short, and connections kept alive are closed."""
        self.closing.set()
        self._listener.shutdown()
        self._listener.drop_connections()
        self._listener.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the program is pointed here instead of at arXiv and Hugging Face."""
        return {
            "ROUNDUP_ARXIV_API": f"{self.url}/api/query",
            "ROUNDUP_ARXIV_FEED": self.url,
            "ROUNDUP_ARXIV_OAI": f"{self.url}/oai",
            "ROUNDUP_HF_API": f"{self.url}/hf",
            "ROUNDUP_ARXIV_WEB": self.url,
        }

    @property
    def papers(self) -> tuple[ReplayPaper, ...]:
        return self.store.papers

    @papers.setter
    def papers(self, papers: Iterable[ReplayPaper]) -> None:
        self.store = Store(papers)

    def update(self, *papers: ReplayPaper) -> None:
        """Serve these too, in place of those of the same ID."""
        with self._lock:
            self.store = self.store.with_papers(papers)

    def fault(self, kind: str, path: str = "/", at: Iterable[int] | None = None, **options: Any) -> None:
        """Answer with a fault of ``faults.KINDS``: the requests whose path begins so, counted from 0 from now on; ``at=None`` is every one."""
        with self._lock:
            self._faults.append(Fault(kind, path, None if at is None else frozenset(at), options))

    def calm(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def play(
        self, path_prefix: str, body: bytes, content_type: str = "application/xml", status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer every request whose path begins so with these bytes; of several, the one told last."""
        with self._lock:
            self._played.insert(0, (path_prefix, Answer(body, content_type, status, tuple((headers or {}).items()), verbatim=True)))

    def unplay(self) -> None:
        with self._lock:
            self._played.clear()

    @property
    def requests(self) -> list[Request]:
        return self.log.requests()

    def gaps(self, path_prefix: str = "") -> list[float]:
        """Return the seconds between the end of each answer and the beginning of the next request; ``beats`` is from beginning to beginning."""
        return self.log.gaps(path_prefix)

    def beats(self, path_prefix: str = "") -> list[float]:
        return self.log.beats(path_prefix)

    def overlaps(self, path_prefix: str = "") -> list[tuple[Request, Request]]:
        return self.log.overlaps(path_prefix)

    def user_agents(self) -> set[str]:
        return {request.headers.get("user-agent", "") for request in self.requests}

    def time(self) -> datetime:
        return self.now or datetime.now(UTC)

    def respond(self, path: str, arguments: Arguments) -> Answer:
        """Return the true answer to a request, by its path."""
        for prefix, played in self._played:
            if path.startswith(prefix):
                return played
        root, _, rest = path.removeprefix("/").partition("/")
        match root, rest:
            case "api", "query":
                return query.answer(self.store, arguments, self.time(), self.legacy)
            case ("rss" | "atom"), _:
                return listings.answer(self.store, root, unquote(rest), self.day)
            case "oai", "":
                return oai.answer(self.store, arguments, self.time(), self.oai_page)
            case "hf", "daily_papers":
                return huggingface.answer(self.store, arguments)
            case "feed.xml", "":
                return blog.rss()
            case "blog.atom", "":
                return blog.atom()
            case "list", _:
                return lists.answer(self.store, unquote(rest), arguments, self.day)
            case "html", _:
                return figures.answer(self.store, unquote(rest))
            case "recorded", _:
                return self._recording(unquote(rest))
        return Answer(b"<!DOCTYPE html><title>Not found</title><h1>Not found</h1>", "text/html; charset=utf-8", 404)

    def _recording(self, name: str) -> Answer:
        file = (self.recorded / name).resolve() if self.recorded else None
        if not (file and self.recorded and file.is_relative_to(self.recorded.resolve()) and file.is_file()):
            return Answer(f"no recording {name}".encode(), "text/plain", 404)
        return Answer(file.read_bytes(), _TYPES.guess_type(name)[0] or "application/octet-stream", verbatim=True)

    def due(self, path: str) -> Fault | None:
        """Return the fault that one more request meets; every fault on its path counts it, and of several the one told first is met."""
        with self._lock:
            counted = [(fault, fault.count()) for fault in self._faults if path.startswith(fault.path)]
        return next((fault for fault, number in counted if fault.meets(number)), None)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, replay: ReplayServer, port: int) -> None:
        self.replay = replay
        self._open: dict[socket.socket, int] = {}
        self._accepted = 0
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._accepted += 1
        self._open[request] = self._accepted
        super().process_request(request, client_address)

    def number(self, connection: socket.socket) -> int:
        """Return which connection this is, counted from 1."""
        return self._open[connection]

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other end was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a fault of the server itself; an asker that hangs up is none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _GoneError(OSError):
    """Nobody waits for the rest of an answer: the server closes, or the asker hung up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def parse_request(self) -> bool:
        self.began = time.monotonic()
        return super().parse_request()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the log is ``server.requests``."""

    def do_GET(self) -> None:
        replay = self.server.replay
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        arguments = parse_qs(f"{parts.query}&{body.decode('latin-1')}" if body else parts.query, keep_blank_values=True)
        request = Request(
            self.command, parts.path, parts.query, {name: values[0] for name, values in arguments.items()},
            {name.lower(): value for name, value in self.headers.items()}, self.server.number(self.connection), self.began, body=body,
        )
        number = replay.log.begin(request)
        try:
            answer = self._answer(request, arguments)
            if isinstance(answer, Answer):
                replay.log.end(number)  # it is whole: noted before the asker, who is in another thread, can ask again
            self._send(answer, request)
        finally:
            replay.log.end(number)

    do_HEAD = do_POST = do_GET  # noqa: N815 (the base class looks for these names)

    def _answer(self, request: Request, arguments: Arguments) -> Answer | Raw:
        replay = self.server.replay
        due = replay.due(request.path)
        if due is not None:
            return due.answer(Scene(replay, request, arguments, due.options, self._pause))
        answer = replay.respond(request.path, arguments)
        return unless_known(answer, request.headers) if replay.conditional else answer

    def _send(self, answer: Answer | Raw, request: Request) -> None:
        if isinstance(answer, Answer):
            self.wfile.write(whole(packed(answer, request.headers), request.method))
            return
        self.close_connection = True
        for chunk in answer.chunks:
            self.wfile.write(chunk)
        if answer.reset:
            # No lingering: the kernel then sends a reset in place of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _pause(self, seconds: float) -> None:
        """Wait; raise when the server closes or the asker hangs up, so that nothing outlives either."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.replay.closing.wait(min(left, 0.02)) or self._hung_up():
                raise _GoneError

    def _hung_up(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
