"""An issue as a campaign of a mail service: through servers on this machine that behave as listmonk and Buttondown do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import Result, write

Make = Callable[..., Path]
Run = Callable[..., Result]

TOKEN, KEY = "ann:c4nary-listmonk-t0ken", "c4nary-buttondown-k3y"
LIST = "0a1b2c3d-0000-4000-8000-000000000000"
PICK = "issues/2024-1/commentary/2401.00001.yaml"
ISSUE = "issues/2024-1/issue.yaml"
TRICKS = "paper: 2401.00001\ncommentary: |\n  `{{ .Subscriber.Email }}` and `{% include x %}` and `{# no #}`, {{TrackView}}.\nstatus: ready\n"


class Service:
    """What a service keeps, and what it was asked. ``fail`` may answer in its place."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.fail: Callable[[str, str], tuple[int, bytes] | None] = lambda method, path: None
        self.url = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> tuple[int, Any]:
        raise NotImplementedError

    def row(self, number: object) -> dict[str, Any] | None:
        return next((row for row in self.rows if str(row["id"]) == str(number)), None)


class Listmonk(Service):
    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> tuple[int, Any]:
        if headers["Authorization"] != f"token {TOKEN}":
            return 403, {"message": "invalid API credentials"}
        if (method, path) == ("GET", "/api/lists"):
            return 200, {"data": {"results": [{"id": 3, "uuid": "another"}, {"id": 7, "uuid": LIST}]}}
        if (method, path) == ("GET", "/api/campaigns"):
            return 200, {"data": {"results": [{**row, "body": ""} for row in self.rows if set(query.get("tags", row["tags"])) & set(row["tags"])]}}
        if (method, path) == ("POST", "/api/campaigns"):
            if not {"name", "subject", "lists", "type", "content_type", "body"} <= set(body):
                return 400, {"message": "invalid fields"}
            self.rows.append({**body, "id": len(self.rows) + 11, "status": "draft"})
            return 200, {"data": self.rows[-1]}
        if method == "PUT" and (match := re.fullmatch(r"/api/campaigns/(\d+)(/status)?", path)) and (row := self.row(match[1])):
            if row["status"] != "draft":
                return 400, {"message": "campaign can not be changed"}
            row.update(body)
            return 200, {"data": row}
        return 404, {"message": "not found"}


class Buttondown(Service):
    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> tuple[int, Any]:
        if headers["Authorization"] != f"Token {KEY}":
            return 401, {"detail": "Invalid token."}
        if (method, path) == ("GET", "/emails"):
            page = int(query.get("page", ["1"])[0])
            shown = self.rows[2 * (page - 1) : 2 * page]
            return 200, {"results": shown, "next": f"{self.url}/emails?page={page + 1}" if self.rows[2 * page :] else None, "count": len(self.rows)}
        if method in ("POST", "PATCH") and body.get("status", "about_to_send") == "about_to_send" and headers["X-Buttondown-Live-Dangerously"] != "true":
            return 400, {"code": "sending_requires_confirmation"}
        if (method, path) == ("POST", "/emails"):
            self.rows.append({"status": "about_to_send", **body, "id": f"b-{len(self.rows) + 1}"})
            return 201, self.rows[-1]
        if method == "PATCH" and (row := self.row(path.rpartition("/")[2])):
            row.update(body)
            return 200, row
        return 404, {"detail": "Not found."}


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            service.asked.append((self.command, self.path))
            if failed := service.fail(self.command, parts.path):
                status, data = failed
            else:
                status, values = service.answer(self.command, parts.path, parse_qs(parts.query), self.headers, body)
                data = json.dumps(values).encode()
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *what: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["listmonk", "buttondown"])
def via(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(via: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serving(Listmonk() if via == "listmonk" else Buttondown()) as here:
        monkeypatch.setenv("ROUNDUP_LISTMONK_TOKEN", TOKEN)
        monkeypatch.setenv("ROUNDUP_BUTTONDOWN_KEY", KEY)
        monkeypatch.setenv("ROUNDUP_BUTTONDOWN_API", here.url)
        yield here


@pytest.fixture
def sending(digest: Make, service: Service) -> Path:
    config = f"title: A digest\nurl: https://digest.example/\nmail: {{from: Ann <ann@example.org>}}\nsubscribe: {{listmonk: {service.url}, list: {LIST}}}\n"
    return digest({"roundup.yaml": config, PICK: TRICKS})


def test_an_issue_is_a_draft_there(sending: Path, roundup: Run, via: str, service: Service) -> None:
    result = roundup("send", "2024-1", "--via", via, root=sending)
    which = "campaign 11" if via == "listmonk" else "mail b-1"
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[1:] == [f"{which} at {via} was made; it is a draft: look at it there, and send it"]
    assert [row["status"] for row in service.rows] == ["draft"]


def test_what_is_a_template_to_the_service_is_text(sending: Path, roundup: Run, via: str, service: Service) -> None:
    """Filled in as the service would, the mail says what it said, and the way out is the service's."""
    roundup("build", root=sending)
    roundup("send", "2024-1", "--via", via, root=sending)
    (row,) = service.rows
    site = re.sub(r'<p class="by"[^>]*><a [^>]*>Subscribe</a></p>\n', "", (sending / "site/2024-1/mail.html").read_text())
    if via == "listmonk":
        page, text = (re.sub(r"\{\{ UnsubscribeURL \}\}", "https://out.example/", row[name]) for name in ("body", "altbody"))
        page, text = (one.replace('{{ "{{" }}', "\0") for one in (page, text))
        assert "{{" not in page + text, "nothing is left that Go would fill in"
        page, text = (one.replace("\0", "{{") for one in (page, text))
        assert "Unsubscribe: https://out.example/" in text
        assert re.sub(r'<p class="by"[^>]*>This mail goes.*?</p>\n', "", page).strip() == site.strip()
        assert (row["lists"], row["from_email"], row["content_type"], row["tags"]) == ([7], "Ann <ann@example.org>", "html", ["roundup-2024-1"])
    else:
        assert row["body"].startswith("<!-- buttondown-editor-mode: fancy -->\n")
        page = row["body"].replace("{{ unsubscribe_url }}", "https://out.example/")
        assert not re.findall(r"\{[{%#]", page)
        assert "<code" in page
        assert "{&#123; .Subscriber.Email }}" in page
        assert "<html" not in page
    assert 'href="https://out.example/"' in page


def test_the_same_issue_is_the_same_campaign(sending: Path, roundup: Run, via: str, service: Service) -> None:
    service.rows += [{"id": n, "status": "sent", "metadata": {}, "tags": ["roundup-2024-10"], "body": ""} for n in range(1, 6)]  # others', over several pages
    roundup("send", "2024-1", "--via", via, root=sending)
    write(sending / ISSUE, "date: 2024-02-01\ntitle: Another title\norder:\n- 2401.00001\n")
    result = roundup("send", "2024-1", "--via", via, root=sending)
    assert "was written anew; it is a draft" in result.out
    assert [row["subject"] for row in service.rows[5:]] == ["Another title"]


def test_an_issue_can_be_sent_at_once_and_only_once(sending: Path, roundup: Run, via: str, service: Service) -> None:
    roundup("send", "2024-1", "--via", via, root=sending)
    result = roundup("send", "2024-1", "--via", via, "--now", root=sending)
    status = "running" if via == "listmonk" else "about_to_send"
    assert "was written anew; it is on its way" in result.out
    assert [row["status"] for row in service.rows] == [status]
    result = roundup("send", "2024-1", "--via", via, "--now", root=sending)
    which = "campaign 11" if via == "listmonk" else "mail b-1"
    host = service.url.removeprefix("http://")
    assert (result.code, result.err) == (2, f"2024-1 is at {host} already, and {status} ({which}); nothing was changed\n")
    assert len(service.rows) == 1


def test_an_answer_that_was_lost_is_found_again(sending: Path, roundup: Run, via: str, service: Service) -> None:
    def lost(method: str, path: str) -> tuple[int, bytes] | None:
        if method == "POST":
            service.rows.append({"id": 11, "status": "draft", "tags": ["roundup-2024-1"], "metadata": {"roundup": "2024-1"}})
            return 0, b""
        return None

    service.fail = lost
    result = roundup("send", "2024-1", "--via", via, root=sending)
    assert result.code == 4
    assert re.fullmatch(r"127\.0\.0\.1:\d+: making it failed: no answer \(ProtocolError\); it may be done all the same, and running this again finds out\n", result.err)
    service.fail = lambda method, path: None
    assert "was written anew" in roundup("send", "2024-1", "--via", via, root=sending).out
    assert len(service.rows) == 1


def test_a_dry_run_asks_nobody(sending: Path, roundup: Run, via: str, service: Service) -> None:
    result = roundup("send", "2024-1", "--via", via, "--dry-run", root=sending)
    assert (result.code, result.out.splitlines()[1:], service.asked) == (0, [f"through {via}, as a draft"], [])


def test_a_draft_can_be_looked_at_there_but_not_sent(sending: Path, roundup: Run, via: str, service: Service) -> None:
    write(sending / ISSUE, "order:\n- 2401.00001\n")
    assert roundup("send", "2024-1", "--via", via, root=sending).code == 0
    result = roundup("send", "2024-1", "--via", via, "--now", root=sending)
    assert (result.code, result.err) == (2, "2024-1 is a draft; give it a date, or look at it with --test\n")


@pytest.mark.parametrize(("status", "data", "said"), [
    (500, b"<html>", "it answered 500"), (302, b"", "it answered 302"), (200, b"<html>", "its answer is no JSON"),
    (400, b'{"message": "no \\u001b[31m"}', r"it answered 400 (no \x1b[31m)"), (422, b"[1, 2]", "it answered 422"),
])  # fmt: skip
def test_an_answer_that_is_none_is_told(sending: Path, roundup: Run, via: str, service: Service, status: int, data: bytes, said: str) -> None:
    service.fail = lambda method, path: (status, data)
    result = roundup("send", "2024-1", "--via", via, root=sending)
    host = service.url.removeprefix("http://")
    assert (result.code, result.err.rstrip()) == (4, f"{host}: looking for it failed: {said}")


@pytest.mark.parametrize("data", [b"null", b"[]", b"{}", b'{"data": null}', b'{"data": {"results": 7}}', b'{"results": [null, 1]}', b'{"data": [[]]}'])
def test_nonsense_is_no_campaign(sending: Path, roundup: Run, via: str, service: Service, data: bytes) -> None:
    service.fail = lambda method, path: (200, data)
    result = roundup("send", "2024-1", "--via", via, root=sending)
    assert result.code in (0, 4)
    assert "Traceback" not in result.err


def test_a_secret_of_a_service_is_seen_nowhere(sending: Path, roundup: Run, via: str, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = TOKEN.partition(":")[2] if via == "listmonk" else KEY
    service.fail = lambda method, path: (403, json.dumps({"message": f"no {secret}"}).encode())
    result = roundup("-v", "send", "2024-1", "--via", via, root=sending)
    assert (result.code, "(no …)" in result.err) == (4, True)
    assert secret not in result.out + result.err
    assert not [path for path in sending.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    for name in ("ROUNDUP_LISTMONK_TOKEN", "ROUNDUP_BUTTONDOWN_KEY"):
        monkeypatch.delenv(name)
    result = roundup("send", "2024-1", "--via", via, root=sending)
    whose, name = (f"listmonk at {service.url}", "LISTMONK_TOKEN") if via == "listmonk" else ("Buttondown", "BUTTONDOWN_KEY")
    assert (result.code, result.err) == (2, f'{whose} needs a password: set ROUNDUP_{name}, or name a file with "token_file"\n')
    write(sending / "secret", TOKEN if via == "listmonk" else KEY)
    (sending / "secret").chmod(0o600)
    config = (sending / "roundup.yaml").read_text()
    write(sending / "roundup.yaml", config.replace("mail: {", "mail: {token_file: secret, "))
    service.fail = lambda method, path: None
    assert roundup("send", "2024-1", "--via", via, root=sending).code == 0


def test_a_secret_goes_over_no_open_line(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_LISTMONK_TOKEN", TOKEN)
    root = digest({"roundup.yaml": f"title: A digest\nurl: https://digest.example/\nsubscribe: {{listmonk: http://lists.example.org, list: {LIST}}}\n"})
    result = roundup("send", "2024-1", "--via", "listmonk", root=root)
    assert (result.code, result.err) == (2, "http://lists.example.org is no safe address for a secret; it has to begin with https://\n")


def test_a_list_that_is_not_there_is_told(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_LISTMONK_TOKEN", TOKEN)
    with serving(Listmonk()) as here:
        root = digest({"roundup.yaml": f"title: A digest\nurl: https://digest.example/\nsubscribe: {{listmonk: {here.url}, list: none}}\n"})
        result = roundup("send", "2024-1", "--via", "listmonk", root=root)
        assert (result.code, result.err) == (4, f'{here.url[7:]}: looking for the list failed: it has no list "none"\n')
        assert here.rows == []
