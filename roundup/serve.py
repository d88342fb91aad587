"""A preview of a digest for browsers on this machine, and for nobody else. Its pages are told of each change, and follow it.

Listens and reads; writes nothing but what ``preview`` remembers. Only what the site's plan names is ever sent, so no spelling of a path leads anywhere else.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mimetypes
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import splitext
from urllib.parse import parse_qs, quote, unquote

from msgspec import Struct

from roundup.errors import Problem, RefusedError, report
from roundup.pages.live import live, shown_files
from roundup.preview import Preview
from roundup.store.disk import reason
from roundup.workers import end_forked

ADDRESS = "127.0.0.1"
_SCRIPT, _NEWS = "/_roundup/preview.js", "/_roundup/news"  # no output begins so
_LOOK_S = 0.1  # between two looks at the disk, while a browser shows a page
_IDLE_S = 60  # a connection on which nothing is asked ends
_PORTS = 100  # so many are tried
_TYPES = mimetypes.MimeTypes()  # its own table, not the machine's
_OURS = {
    ".bib": "text/x-bibtex", ".js": "text/javascript", ".md": "text/markdown", ".opml": "text/x-opml", ".xml": "application/xml",
    ".webp": "image/webp", ".woff2": "font/woff2",
}  # fmt: skip
_BARE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Preview</title>
</head>
<body>
<main><h1>This page cannot be drawn yet</h1></main>
</body>
</html>
"""

Tell = Callable[[Iterable[Problem]], None]


class Look(Struct, frozen=True):
    """What stands at an address: which output, its bytes, what is wrong and what is odd; of a page the version, another one when it looks otherwise.

    ``own`` tells that the digest has templates of its own.
    """

    status: HTTPStatus
    path: str
    data: bytes
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]
    version: str
    own: bool


def open_server(preview: Preview, port: int, tell: Tell) -> Server:
    """Return a server at this port, or at the next one that is free; at any for 0. RefusedError where there is none."""
    last = min(port + _PORTS - 1, 65535)
    for candidate in range(port, last + 1):
        try:
            return Server(preview, candidate, tell)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise RefusedError(f"port {candidate} cannot be used: {reason(error)}; choose another one with --port") from error
    raise RefusedError(f"the ports from {port} to {last} are taken; choose another one with --port")


class Server(ThreadingHTTPServer):
    """Shows a preview, with a thread for each connection. ``tell`` is given each problem once for each state of the files."""

    daemon_threads = True  # a page that waits for news keeps no program from ending
    request_queue_size = 64  # a browser asks for all that a page shows at once

    def __init__(self, preview: Preview, port: int, tell: Tell) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.hosts = tuple(name if self.server_port == 80 else f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))
        self.script = Path(__file__).with_name("preview.js").read_bytes()
        self._preview = preview
        self._tell = tell
        self._is_closing = False
        self._told: set[Problem] = set()
        self._versions: dict[str, str] = {}
        self._alone = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://{self.hosts[0]}/"

    def look(self, path: str) -> Look | None:
        """Return what stands at a path from the site's top at this moment; None where no output does."""
        with self._alone:
            if self._preview.refresh(path):
                self._told.clear()
                self._versions.clear()
            output = self._preview.find(path)
            if output is None:
                return None
            shown = self._preview.page(output.path)
            problems = tuple(sorted({*self._preview.problems, *shown.problems}))
            self._tell_new(problems)
            is_drawn = bool(shown.data) or not shown.problems
            status = HTTPStatus.OK if is_drawn else HTTPStatus.INTERNAL_SERVER_ERROR
            data = shown.data if is_drawn else _unshown(output.path, problems)
            if output.path not in self._versions and output.path.endswith(".html"):
                self._versions[output.path] = self._version(output.path, data)
            return Look(status, output.path, data, problems, self._preview.advice, self._versions.get(output.path, ""), self._preview.has_own_templates)

    def _tell_new(self, problems: Iterable[Problem]) -> None:
        if new := [problem for problem in problems if problem not in self._told]:
            self._told.update(new)
            self._tell(new)

    def _version(self, path: str, data: bytes) -> str:
        """Return a hash of a page and, behind a point, one of the files that it shows."""
        digest = hashlib.blake2b(digest_size=16)
        for name in shown_files(data.decode("utf-8", "replace"), path):
            if file := self._preview.find(name):
                digest.update(file.made_from.encode() if file.source else self._preview.page(file.path).data)
        if self._preview.has_own_templates:
            digest.update(self._preview.assets.encode())  # which a stylesheet of their own may show
        return f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.{digest.hexdigest()}"

    def server_close(self) -> None:
        """Stop answering; what that does to those who are waiting is no error."""
        self._is_closing = True
        end_forked()  # what is being worked out for a page that nobody waits for any more
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that has gone is no error, nor is a connection that a stop closes as its thread begins."""
        is_closed = isinstance(request, socket.socket) and request.fileno() < 0
        if not (self._is_closing or is_closed or isinstance(sys.exception(), ConnectionError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _unshown(path: str, problems: tuple[Problem, ...]) -> bytes:
    """Return what is sent in place of an output that could not be drawn so far."""
    return _BARE if path.endswith(".html") else report(problems).encode()


def media_type(path: str) -> str:
    """Return what a file is, by its name's end."""
    kind = _OURS.get(splitext(path)[1]) or _TYPES.guess_type(path, strict=False)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith(("xml", "json")) else kind


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # nobody reads a body here, and it is no next request
        if not self._is_welcome():
            return
        path, _, query = self.path.partition("?")
        if path == _SCRIPT:
            self._send(HTTPStatus.OK, media_type(_SCRIPT), self.server.script)
        elif path == _NEWS:
            self._send_news(parse_qs(query).get("page", [""])[0])
        else:
            self._send_output(_from_top(path))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _is_welcome(self) -> bool:
        """Tell whether the request is for this server, and from a page of its own; refuse another one.

        A name that somebody else's server pointed to this machine is not ours. Sources: RFC 9112, section 3.2; RFC 9110, section 15.5.20.
        """
        named = self.headers.get_all("Host", [])
        if len(named) != 1:
            self.send_error(HTTPStatus.BAD_REQUEST, "a request names its host, once")
            return False
        host, whole = named[0], "http://"
        if self.path.lower().startswith(whole):
            host, _, rest = self.path[len(whole):].partition("/")
            self.path = f"/{rest}"
        if host.lower() not in self.server.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"this preview answers as {' and '.join(self.server.hosts)} alone")
            return False
        if (origin := self.headers.get("Origin")) and origin not in {f"http://{name}" for name in self.server.hosts}:
            self.send_error(HTTPStatus.FORBIDDEN, "this preview answers its own pages alone")
            return False
        if not self.path.startswith("/"):
            self.send_error(HTTPStatus.BAD_REQUEST, "a path begins with /")
            return False
        return True

    def _send_output(self, path: str) -> None:
        look = self.server.look(path)
        if look is None and path.rpartition("/")[2] != "index.html" and self.server.look(f"{path}/index.html"):
            self._send(HTTPStatus.FOUND, "text/plain", b"", Location=f"/{quote(path)}/")
            return
        status = look.status if look else HTTPStatus.NOT_FOUND
        look = look or self._missing()
        data = look.data
        if look.version:
            data = live(data.decode("utf-8", "surrogateescape"), _SCRIPT, look.version, own=look.own).encode("utf-8", "surrogateescape")
        self._send(status, media_type(look.path), data)

    def _missing(self) -> Look:
        """Return the site's own page for what is missing."""
        look = self.server.look("404.html")
        if look is None:
            raise ValueError("404.html is not planned")
        return look

    def _send_news(self, page: str) -> None:
        """Tell a page which version of it is the newest and what is wrong, and again whenever that changes, until it has gone."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self._send_headers("text/event-stream", Connection="close")
        told = ""
        while self.command == "GET":
            look = self.server.look(_from_top(page)) or self._missing()
            news = json.dumps({"version": look.version, "problems": list(map(_parts, look.problems)), "advice": list(map(_parts, look.advice))})
            if news != told:
                self.wfile.write(f"data: {news}\n\n".encode())
                told = news
            if select.select([self.connection], [], [], _LOOK_S)[0]:
                return

    def _send(self, status: HTTPStatus, kind: str, data: bytes, **more: str) -> None:
        self.send_response(status)
        self._send_headers(kind, **{"Content-Length": str(len(data))}, **more)
        if self.command != "HEAD":
            self.wfile.write(data)

    def _send_headers(self, kind: str, **more: str) -> None:
        """Send them: nothing is kept, nothing is taken for what it is not, no other site's page may load it."""
        fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
        for name, value in {"Content-Type": kind, **fixed, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request; http.server asks for this, too, when it cannot read one, or knows no such method."""
        self.close_connection = True
        more = {"Connection": "close"}
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, message, more["Allow"] = HTTPStatus.METHOD_NOT_ALLOWED, "a preview is looked at, with GET or HEAD", "GET, HEAD"
        status = HTTPStatus(code)
        self._send(status, media_type(".txt"), f"{message or status.phrase}\n".encode("utf-8", "replace"), **more)

    def version_string(self) -> str:
        return "roundup"

    def log_message(self, *args: object) -> None:
        """Say nothing: what matters is told by ``tell``."""


def _from_top(path: str) -> str:
    """Return the path of an output from the path of an address, whatever it says; a folder shows its index."""
    name = unquote(path.removeprefix("/"))
    return f"{name}index.html" if not name or name.endswith("/") else name


def _parts(problem: Problem) -> tuple[str, str]:
    """Return where a problem is, and what; together they are its text."""
    where = str(problem.where)
    return where, str(problem).removeprefix(f"{where}: ")
