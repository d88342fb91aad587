"""Buttondown and listmonk, as far as a digest talks to them: small servers on loopback that answer, keep and send as their documentation says.

    with service("listmonk") as here:
        here.fault = lambda ask: Said(503) if ask.path.endswith("/status") else None
        ...  # run the program against here.url
        assert [one["status"] for one in here.kept] == ["draft"]

What they keep is shown as they would tell it; ``sent`` counts for each how often it began to go out, and ``tests`` who was sent a test.
It imports nothing of the program it tests.
"""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, TOKEN, KEY = "digest", "canary-token-5d1f", "canary-key-77aa"


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Said:
    """An answer; ``drop`` hangs up in place of it, ``after`` does first what was asked for, ``until`` keeps it back."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    after: bool = False
    until: threading.Event | None = None


class Fake:
    """What the two have in common: what they keep, what they were asked, and faults on demand."""

    path = ""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{self.path}"
        self.kept: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.done = 0  # of what was asked
        self.sent: Counter[str] = Counter()
        self.tests: list[str] = []
        self.fault: Callable[[Asked], Said | None] = lambda asked: None

    @property
    def steps(self) -> list[str]:
        return [f"{one.method} {one.path.removeprefix(self.path)}" for one in self.asked]

    def answer(self, asked: Asked) -> Said:
        raise NotImplementedError

    def find(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.kept if str(one["id"]) == name), None)


class Listmonk(Fake):
    """listmonk: docs/apis/campaigns, and the rules of cmd/campaigns.go and internal/core/campaigns.go."""

    FIELDS = ("name", "subject", "lists", "type", "content_type", "body", "altbody", "template_id", "tags", "messenger", "from_email", "headers")
    subscribers = ("me@example.org",)

    def answer(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode():
            return Said(403, {"message": "invalid API credentials"})
        match asked.method, *asked.path.removeprefix("/api/campaigns").strip("/").split("/"):
            case "GET", "":
                query = asked.query.get("query", [""])[0].lower()
                found = [one for one in self.kept if query in f"{one['name']} {one['subject']}".lower()]
                size = len(found) if asked.query.get("per_page") == ["all"] else 20
                return self.data({"results": [self.shown(one, asked) for one in found[:size]], "total": len(found), "per_page": size, "page": 1})
            case "POST", "":
                if refused := self.refused(asked.body):
                    return refused
                number = 1 + max((one["id"] for one in self.kept), default=0)
                self.kept.append({"id": number, "status": "draft", **{key: asked.body.get(key) for key in self.FIELDS}})
                return self.data(self.shown(self.kept[-1], asked))
            case method, name, *rest:
                one = self.find(name)
                if one is None:
                    return Said(400, {"message": "campaign not found"})
                return self.change(one, method, rest, asked)
        return Said(404, {"message": "Not Found"})

    def change(self, one: dict[str, Any], method: str, rest: list[str], asked: Asked) -> Said:
        match method, *rest:
            case ["GET"]:
                return self.data(self.shown(one, asked))
            case ["PUT"]:
                if one["status"] not in ("draft", "paused", "scheduled"):
                    return Said(400, {"message": "Cannot update a running or a finished campaign."})
                if refused := self.refused(asked.body):
                    return refused
                one.update({key: asked.body[key] for key in self.FIELDS if key in asked.body})
                return self.data(self.shown(one, asked))
            case ["PUT", "status"]:
                if asked.body["status"] == "running" and one["status"] not in ("draft", "paused"):
                    return Said(400, {"message": "Only paused campaigns and drafts can be started"})
                one["status"] = asked.body["status"]
                self.sent[str(one["id"])] += one["status"] == "running"
                return self.data(self.shown(one, asked))
            case ["POST", "test"]:
                if refused := self.refused(asked.body):
                    return refused
                found = [who for who in asked.body["subscribers"] if who in self.subscribers]
                if not found:
                    return Said(400, {"message": "No known subscribers given"})
                self.tests += found
                return self.data(True)
        return Said(405, {"message": "Method Not Allowed"})

    def refused(self, body: dict[str, Any]) -> Said | None:
        if not 1 <= len(body.get("name", "")) <= 2000 or not 1 <= len(body.get("subject", "")) <= 2000:
            return Said(400, {"message": "Invalid length for subject"})
        return None if body.get("lists") else Said(400, {"message": "Invalid list IDs"})

    def shown(self, one: dict[str, Any], asked: Asked) -> dict[str, Any]:
        return one | {"lists": [{"id": number, "name": "A list"} for number in one["lists"]], "body": "" if asked.query.get("no_body") else one["body"]}

    def data(self, data: Any) -> Said:
        return Said(200, {"data": data})


class Buttondown(Fake):
    """Buttondown: docs.buttondown.com, its OpenAPI description, and its page on idempotency keys."""

    path = "/v1"
    page = 2  # emails

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.said: dict[str, Said] = {}

    def answer(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != f"Token {KEY}":
            return Said(401, {"detail": "Unauthorized"})
        match asked.method, *asked.path.removeprefix("/v1/emails").strip("/").split("/"):
            case "GET", "":
                number = int(asked.query.get("page", ["1"])[0])
                newest = self.kept[::-1] if asked.query.get("ordering") == ["-creation_date"] else self.kept
                here, rest = newest[(number - 1) * self.page : number * self.page], newest[number * self.page :]
                return Said(200, {"results": here, "count": len(newest), "next": f"{self.url}/emails?page={number + 1}" if rest else None, "previous": None})
            case "POST", "":
                key = asked.headers.get("x-idempotency-key", "")
                if key not in self.said:
                    self.said[key] = self.create(asked.body)
                return self.said[key]
            case "POST", name, "send-draft" if self.find(name):
                self.tests += asked.body["recipients"]
                return Said(200, None)
            case method, name if one := self.find(name):
                return self.change(one, method, asked.body)
        return Said(404, {"detail": "Not Found"})

    def create(self, body: dict[str, Any]) -> Said:
        if any(one["slug"] == body.get("slug") for one in self.kept):
            return Said(400, {"code": "slug_invalid", "detail": "The slug provided is invalid or already in use."})
        status = body.get("status", "about_to_send")  # whose version of the API is not named sends
        one = {"metadata": {}, "template": None, **body, "id": f"email-{len(self.kept) + 1}", "status": status, "source": "api"}
        self.kept.append(one)
        self.sent[one["id"]] += status == "about_to_send"
        return Said(201, dict(one))

    def change(self, one: dict[str, Any], method: str, body: dict[str, Any]) -> Said:
        if method == "PATCH":
            self.sent[one["id"]] += body.get("status") == "about_to_send"
            one.update(body)
        return Said(200, dict(one)) if method in ("GET", "PATCH") else Said(405, {"detail": "Method Not Allowed"})


class _Talk(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the client has gone
            self.close_connection = True

    def talk(self) -> None:
        parts = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, parts.path, parse_qs(parts.query), {name.lower(): value for name, value in self.headers.items()}, json.loads(data or b"null"))
        with self.server.lock:
            here = self.server.here
            here.asked.append(asked)
            said = here.fault(asked)
            if said is None or said.after:
                usual = here.answer(asked)
            here.done += 1
        if said and said.until:
            said.until.wait(60)
        if said and said.drop:
            self.close_connection = True
            return
        self.say(said if said and not said.after else usual)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = talk  # noqa: N815

    def say(self, said: Said) -> None:
        body = said.body if isinstance(said.body, bytes) else b"" if said.body is None else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **said.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, kind: type[Fake]) -> None:
        socketserver.TCPServer.__init__(self, ("127.0.0.1", 0), _Talk)
        self.lock = threading.Lock()
        self.here = kind(self.server_address[1])


@contextmanager
def service(name: str) -> Iterator[Fake]:
    with _Listener(Listmonk if name == "listmonk" else Buttondown) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener.here
        finally:
            listener.shutdown()
            thread.join()
