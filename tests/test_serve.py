"""The preview: what it answers and refuses over real sockets, and how its pages follow the files in a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from conftest import MINIMAL, ROOT, Result, tree, wait_until, write
from previewed import DRAWING, FIGURE, FILES, PICK, picked
from roundup.errors import RefusedError
from roundup.preview import Preview
from roundup.serve import Server, open_server
from test_site_browser import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

Make = Callable[..., Path]


@dataclass
class Serving:
    """A server at work on a digest, and what it told in the terminal."""

    root: Path
    server: Server
    told: list[list[str]] = field(default_factory=list)

    def write(self, path: str, content: str | bytes) -> None:
        write(self.root / path, content)

    def ask(self, target: str, *headers: str, method: str = "GET", host: str | None = "") -> tuple[int, dict[str, str], bytes]:
        """Send a request as it is written, over a socket of its own; ``host`` is the server's own name where it is empty."""
        named = [] if host is None else [f"Host: {host or self.server.hosts[0]}"]
        with socket.create_connection(("127.0.0.1", self.server.server_port), timeout=10) as wire:
            wire.sendall("\r\n".join([f"{method} {target} HTTP/1.1", *named, *headers, "Connection: close", "", ""]).encode("latin-1"))
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *rows = head.decode("latin-1").split("\r\n")
        return int(status.split()[1]), dict(row.split(": ", 1) for row in rows), body

    def page(self, target: str) -> str:
        status, _, body = self.ask(target)
        assert status == 200
        return body.decode()

    def status(self, target: str, *headers: str, **more: Any) -> int:
        return self.ask(target, *headers, **more)[0]


@contextmanager
def serving(root: Path, port: int = 0) -> Iterator[Serving]:
    told: list[list[str]] = []
    with open_server(Preview(root), port, lambda problems: told.append([str(problem) for problem in problems])) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield Serving(root, server, told)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A preview of files that no test changes."""
    root = tmp_path_factory.mktemp("standing")
    for path, content in {**MINIMAL, **FILES}.items():
        write(root / path, content or "")
    with serving(root) as found:
        yield found


@pytest.fixture
def served(digest: Make) -> Iterator[Serving]:
    with serving(digest(FILES)) as found:
        yield found


# ---- what is answered ----


TYPES = {
    "/": "text/html; charset=utf-8",
    "/2024-1/": "text/html; charset=utf-8",
    "/2024-1/index.html?a=b": "text/html; charset=utf-8",
    "/2024-1/index.md": "text/markdown; charset=utf-8",
    "/2024-1/mail.txt": "text/plain; charset=utf-8",
    "/2024-1/papers.bib": "text/x-bibtex; charset=utf-8",
    "/2024-1/issue.json": "application/json; charset=utf-8",
    "/2024-1/figures/a.svg": "image/svg+xml; charset=utf-8",
    "/assets/roundup.css": "text/css; charset=utf-8",
    "/assets/roundup.js": "text/javascript; charset=utf-8",
    "/assets/notes.txt": "text/plain; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
    "/_roundup/preview.js": "text/javascript; charset=utf-8",
}


@pytest.mark.parametrize("target", TYPES)
def test_every_output_has_its_type_and_is_not_kept(target: str, standing: Serving) -> None:
    status, headers, body = standing.ask(target)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, TYPES[target], "no-store")
    assert (headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert int(headers["Content-Length"]) == len(body) > 0


def test_what_is_sent_is_what_a_build_writes_but_for_the_script_and_its_leave(served: Serving, roundup: Callable[..., Result]) -> None:
    assert roundup("build", "-q", "--drafts", root=served.root).code == 0
    for path, data in tree(served.root / "site").items():
        if path == ".roundup-manifest.json":
            continue
        body = served.ask(f"/{path}")[2].decode()
        if path.endswith(".html"):
            body, times = re.subn(r'<script src="/_roundup/preview.js" defer data-version="[0-9a-f]{32}[.][0-9a-f]{32}"></script>\n', "", body)
            assert times == 1, path
            body = re.sub(r'(http-equiv="Content-Security-Policy" content=)"([^"]*); connect-src [^"]*"', lambda m: f'{m[1]}"{m[2]}"'.replace("&#x27;", "&#39;"), body)
        assert body == data.decode("utf-8", "surrogateescape" if path.endswith("html") else "strict"), path


def test_nothing_is_written_and_no_lock_is_in_the_way(served: Serving, roundup: Callable[..., Result]) -> None:
    before = tree(served.root)
    served.page("/2024-1/")
    assert tree(served.root) == before
    assert roundup("build", "-q", root=served.root).code == 0
    assert roundup("new", "-q", root=served.root).code == 0


def test_a_head_has_no_body(standing: Serving) -> None:
    status, headers, body = standing.ask("/", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


def test_a_folder_leads_to_its_page(standing: Serving) -> None:
    status, headers, _ = standing.ask("/2024-1")
    assert (status, headers["Location"]) == (302, "/2024-1/")
    assert "Some words." in standing.page(headers["Location"])


@pytest.mark.parametrize("target", ["/none.html", "/2024-1/none/", "/issues/2024-1/issue.yaml", "/site/index.html", "/roundup.yaml", "/%ff", "/a%00b", "/templates/"])
def test_what_is_not_planned_is_the_sites_own_page_for_what_is_missing(target: str, standing: Serving) -> None:
    status, headers, body = standing.ask(target)
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is no such page" in body


def test_several_requests_share_a_connection(standing: Serving) -> None:
    """Also after an answer that is no page, and a body that nobody reads ends it."""
    with socket.create_connection(("127.0.0.1", standing.server.server_port), timeout=10) as wire:
        reader = wire.makefile("rb")
        for target, status in (("/robots.txt", 200), ("/none", 404), ("/2024-1", 302), ("/robots.txt", 200)):
            wire.sendall(f"GET {target} HTTP/1.1\r\nHost: {standing.server.hosts[0]}\r\n\r\n".encode())
            assert int(reader.readline().split()[1]) == status
            head = dict(line.decode().strip().split(": ", 1) for line in iter(reader.readline, b"\r\n"))
            reader.read(int(head["Content-Length"]))
        smuggled = f"GET /2024-1/ HTTP/1.1\r\nHost: {standing.server.hosts[0]}\r\n\r\n"
        wire.sendall(f"GET /robots.txt HTTP/1.1\r\nHost: {standing.server.hosts[0]}\r\nContent-Length: {len(smuggled)}\r\n\r\n{smuggled}".encode())
        assert reader.read().count(b"HTTP/1.1 200") == 1


def test_a_site_in_a_folder_of_its_host_works_from_the_top(digest: Make) -> None:
    """The page for what is missing has links from the host's top; feeds and pages that moved are there, too."""
    moved = "moved:\n  authors/ada.html: authors/ada-example.html\n"
    with serving(digest({**FILES, "roundup.yaml": "title: A digest\nurl: https://example.org/digest/\n", "permalinks.yaml": moved})) as served:
        missing = served.ask("/papers/none.html")[2].decode()
        links = re.findall(r'(?:href|src)="(/digest/[^"]*)"', missing)
        assert len(links) > 5
        assert {served.status(link) for link in links} == {200}
        assert served.ask("/feed.xml")[1]["Content-Type"] == "application/xml; charset=utf-8"
        assert served.status("/feed.json") == 200
        assert 'content="0; url=../authors/ada-example.html"' in served.page("/authors/ada.html")


# ---- what is refused: row 33 of the threats ----

CLIMBS = [
    "/../roundup.yaml", "/2024-1/../../roundup.yaml", "/%2e%2e/roundup.yaml", "/%2E%2E%2Froundup.yaml", "/..%2froundup.yaml", "/..%5croundup.yaml",
    "/..\\roundup.yaml", "/assets/../roundup.yaml", "/%252e%252e/roundup.yaml", "/2024-1/figures/a.svg%00.html", "/%c0%ae%c0%ae/roundup.yaml",
    "/./roundup.yaml", "//roundup.yaml", "/{root}/roundup.yaml", "/{root}/site/../roundup.yaml", "/.git/config", "/.roundup/cache",
]  # fmt: skip


@pytest.mark.parametrize("target", CLIMBS)
def test_no_spelling_of_a_path_leads_out(target: str, standing: Serving) -> None:
    status, _, body = standing.ask(target.replace("{root}", str(standing.root)))
    assert status == 404
    assert b"title: A digest" not in body


@pytest.mark.parametrize(("target", "status"), [("http://{host}/robots.txt", 200), ("HTTP://{host}", 200), ("http://example.org/", 421), ("file:///etc/passwd", 400), ("robots.txt", 400), ("http://{host}//[", 404)])
def test_a_whole_address_is_asked_for_like_a_path(target: str, status: int, standing: Serving) -> None:
    """RFC 9112, section 3.2.2: the host in it is the one that counts."""
    assert standing.status(target.replace("{host}", standing.server.hosts[0])) == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("{}", 200), ("localhost:{port}", 200), ("LOCALHOST:{port}", 200), ("127.0.0.1", 421), ("localhost", 421), ("example.org", 421), ("example.org:{port}", 421), ("127.0.0.1:1", 421), ("127.0.0.1.example.org:{port}", 421), ("{}@example.org", 421), ("[::1]:{port}", 421), ("0.0.0.0:{port}", 421), (" ", 421), (None, 400)],
)  # fmt: skip
def test_only_this_machine_s_names_are_answered(host: str | None, status: int, standing: Serving) -> None:
    """A name of somebody else's that points to this machine is not ours, or their page could read a draft."""
    named = host and host.replace("{port}", str(standing.server.server_port)).replace("{}", standing.server.hosts[0])
    assert standing.status("/", host=named) == status
    assert standing.status("/_roundup/news?page=/", host=named, method="HEAD") == status


def test_two_hosts_are_none(standing: Serving) -> None:
    assert standing.status("/", "Host: example.org") == 400


@pytest.mark.parametrize(("origin", "status"), [("http://{}", 200), ("http://example.org", 403), ("https://{}", 403), ("http://{}.example.org", 403), ("null", 403)])
def test_pages_of_others_are_refused(origin: str, status: int, standing: Serving) -> None:
    assert standing.status("/2024-3/index.md", f"Origin: {origin.replace('{}', standing.server.hosts[0])}") == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_nothing_but_looking_is_allowed(method: str, standing: Serving) -> None:
    status, headers, body = standing.ask("/", method=method)
    assert (status, headers["Allow"], body) == (405, "GET, HEAD", b"a preview is looked at, with GET or HEAD\n")


def test_what_is_refused_is_said(standing: Serving) -> None:
    one, other = standing.server.hosts
    assert standing.ask("/", host="example.org")[2].decode() == f"this preview answers as {one} and {other} alone\n"
    assert standing.ask("/", host=None)[2] == b"a request names its host, once\n"
    assert standing.ask("/", "Origin: null")[2] == b"this preview answers its own pages alone\n"
    assert standing.ask("x")[2] == b"a path begins with /\n"


@pytest.mark.parametrize("wire", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n"])
def test_what_is_no_request_does_no_harm(wire: bytes, standing: Serving, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", standing.server.server_port), timeout=10) as raw:
        raw.sendall(wire)
        raw.shutdown(socket.SHUT_WR)
        assert b"Some words" not in b"".join(iter(lambda: raw.recv(65536), b""))
    assert standing.status("/") == 200
    assert capfd.readouterr().err == ""


def test_nobody_else_on_the_network_is_answered(standing: Serving) -> None:
    assert standing.server.server_address[0] == "127.0.0.1"


def test_a_figure_that_became_a_link_out_of_the_digest_is_not_followed(served: Serving, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    assert served.status("/2024-1/figures/a.svg") == 200
    assert served.status("/assets/notes.txt") == 200
    for path in (FIGURE, "assets/notes.txt"):
        (served.root / path).unlink()
        (served.root / path).symlink_to(tmp_path / "secret")
    for target in ("/2024-1/figures/a.svg", "/assets/notes.txt"):
        assert b"a secret" not in served.ask(target)[2]
    assert ["assets/notes.txt: a symbolic link that leads out of the digest; put the file itself here" in told for told in served.told][-1]


# ---- what is shown when ----


def test_drafts_are_shown_and_marked(standing: Serving) -> None:
    for target in ("/", "/2024-3/", "/papers/2403.00001.html"):
        assert '<strong class="draft">Draft</strong>' in standing.page(target)
    assert "Words of a draft." in standing.page("/2024-3/")


def test_problems_are_told_once_for_each_state(served: Serving) -> None:
    served.page("/")
    served.write(PICK, "paper: 2401.00001\ncomentary: Other words.\n")
    wait_until(lambda: served.status("/2024-1/") == 200 and bool(served.told))
    served.page("/2024-1/")
    served.page("/")
    assert served.told == [[f'{PICK}:2: unknown key "comentary"; did you mean "commentary"?']]


def test_a_page_that_cannot_be_drawn_says_so(digest: Make) -> None:
    with serving(digest({**FILES, "templates/issue.html": "{{ nobody }}", "templates/mail.txt": "{{ nobody }}"})) as served:
        status, _, body = served.ask("/2024-1/")
        assert (status, b"cannot be drawn yet" in body, b"preview.js" in body) == (500, True, True)
        status, _, body = served.ask("/2024-1/mail.txt")
        assert (status, body.splitlines()[0].startswith(b'templates/mail.txt:1: "nobody" is undefined')) == (500, True)


# ---- the command ----


@contextmanager
def running(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command as its user would; yield the process and the port that it prints."""
    command = [sys.executable, "-m", "roundup", "serve", *options]
    with subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        told = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/ shows the digest as you write; Ctrl-C ends it\n", line)
        assert told, line
        try:
            yield process, told[1]
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_ctrl_c_ends_it_at_once_also_while_pages_listen(digest: Make) -> None:
    """In the time that it takes to begin, where the machine has other work."""
    root, began = digest(FILES), time.monotonic()
    with running(root, "--port", str(free_port())) as (process, port):
        begins_s = time.monotonic() - began
        wires = [socket.create_connection(("127.0.0.1", int(port))) for _ in range(8)]
        for wire in wires[:6]:
            wire.sendall(f"GET /_roundup/news?page=/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            assert b"200 OK" in wire.recv(100)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
        assert time.monotonic() - began < max(1, begins_s)
        for wire in wires:
            wire.close()


def test_a_connection_that_a_stop_closes_as_its_thread_begins_is_no_error(digest: Make, capsys: pytest.CaptureFixture[str]) -> None:
    with open_server(Preview(digest(FILES)), 0, lambda problems: None) as server, socket.socket() as there, socket.socket() as closed:
        closed.close()
        for request, is_told in ((closed, False), (there, True)):
            try:
                request.getpeername()
            except OSError:
                server.handle_error(request, ("127.0.0.1", 1))
            assert ("Traceback" in capsys.readouterr().err) == is_told


def test_a_second_one_takes_the_next_port_and_says_so(digest: Make) -> None:
    root, other = digest(FILES), digest(name="other")
    port = free_port()
    with running(root, "--port", str(port)) as (_, first), running(other, "--port", str(port)) as (process, second):
        assert (int(first), int(second) > port) == (port, True)
        assert process.stderr
        assert process.stderr.readline() == f"port {port} is taken\n"


def test_no_port_is_told(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = Preview(digest(FILES))
    monkeypatch.setattr("roundup.serve._PORTS", 1)
    with open_server(preview, 0, print) as server, pytest.raises(RefusedError) as refused:
        open_server(preview, server.server_port, print)
    assert str(refused.value) == f"the ports from {server.server_port} to {server.server_port} are taken; choose another one with --port"
    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(RefusedError) as refused:
        open_server(preview, 80, print)
    assert str(refused.value) == "port 80 cannot be used: permission denied; choose another one with --port"


def refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_problems_are_told_in_the_terminal_when_it_begins(digest: Make) -> None:
    with running(digest({PICK: "paper: 2401.00001\ncomentary: x\n"}), "--port", "0") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[1] == f'{PICK}:2: unknown key "comentary"; did you mean "commentary"?\n1 problem in 1 file\n'


# ---- in a browser ----

PATIENCE_S = 60  # for what a browser does on a machine that has other work


@contextmanager
def tab_of(browser: Browser, served: Serving, path: str = "2024-1/", **more: Any) -> Iterator[Tab]:
    """Open a page of the preview in a browser of its own, and hold it that nothing fails there."""
    with browser.new_context(viewport={"width": 900, "height": 700}, **more) as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        tab = context.new_page()
        said: list[str] = []
        tab.on("console", lambda message: "404 (Not Found)" in message.text or said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        with tab.expect_response(lambda answer: answer.request.resource_type == "fetch"):  # by which the page knows what it was before it changes
            tab.goto(served.server.address + path)
        tab.evaluate("window.stayed = true")
        yield tab
        assert said == []


def has_stayed(tab: Tab) -> bool:
    """Tell whether the page is the one that was opened, and was not loaded again."""
    stayed: bool = tab.evaluate("window.stayed === true")
    return stayed


def until(tab: Tab, condition: str) -> None:
    """Wait for a condition, across pages. (Playwright's own way needs ``eval``, which our policy forbids.)"""

    def holds() -> bool:
        from playwright.sync_api import Error

        try:
            return bool(tab.evaluate(condition))
        except Error:
            return False  # the page is just being loaded again

    wait_until(holds, PATIENCE_S)


def test_an_edit_is_in_the_page_that_shows_it_and_no_other_page_is_loaded_again(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab, tab_of(chromium, served, "2024-3/") as other, tab_of(chromium, served, "2024-1/") as same:
        served.write(PICK, picked("New words."))
        for page in (tab, same):
            page.get_by_text("New words.").wait_for()
        served.write("issues/2024-3/commentary/2403.00001.yaml", picked("Newer words.", "2403.00001"))
        other.get_by_text("Newer words.").wait_for()
        tab.evaluate("window.stayed = true")
        served.write("issues/2024-3/commentary/2403.00001.yaml", picked("The newest words.", "2403.00001"))
        other.get_by_text("The newest words.").wait_for()
        assert has_stayed(tab)


def test_the_place_in_the_page_is_kept(chromium: Browser, served: Serving) -> None:
    long = "\n\n  ".join(["A paragraph of words. " * 30] * 20)
    served.write(PICK, picked(f"{long}\n\n  First words."))
    with tab_of(chromium, served) as tab:
        tab.evaluate("scrollTo(0, 1200)")
        served.write(PICK, picked(f"{long}\n\n  Other words."))
        tab.get_by_text("Other words.").wait_for()
        assert has_stayed(tab)
        assert abs(tab.evaluate("scrollY") - 1200) < 2
        served.write("issues/2024-1/issue.yaml", f"{MINIMAL['issues/2024-1/issue.yaml']}teaser: A teaser.\n")
        tab.locator("main").get_by_text("A teaser.").wait_for()
        assert not has_stayed(tab)
        until(tab, "Math.abs(scrollY - 1200) < 60")  # a line above it is new


def test_words_are_exchanged_where_they_stand(chromium: Browser, served: Serving) -> None:
    served.write(PICK, picked("First words.\n\n  More $x^2$ words, [a link](https://example.org/)."))
    with tab_of(chromium, served) as tab:
        tab.get_by_role("link", name="a link").focus()
        for words in ("Second words.", "Third words.\n\n  And a *paragraph*.", "Fourth words."):
            served.write(PICK, picked(f"{words}\n\n  More $x^2$ words, [a link](https://example.org/)."))
            tab.get_by_text(words[:12]).wait_for()
            assert tab.evaluate("sent => document.querySelector('main').isEqualNode(new DOMParser().parseFromString(sent, 'text/html').querySelector('main'))", served.page("/2024-1/"))
            assert has_stayed(tab)
        served.write(PICK, FAULT)
        tab.get_by_role("alert").wait_for()
        served.write(PICK, picked("Mended words."))
        tab.get_by_text("Mended words.").wait_for()
        tab.get_by_role("alert").wait_for(state="detached")


def test_edits_that_overtake_each_other_leave_the_page_as_it_is_sent(chromium: Browser, served: Serving) -> None:
    served.write(PICK, picked("First here.\n\n  First there."))
    with tab_of(chromium, served) as tab:
        slowly = threading.Semaphore(0)

        def late(route: Any) -> None:
            if route.request.resource_type == "fetch":
                slowly.release()
                time.sleep(0.5)
            route.continue_()

        tab.route("**/2024-1/", late)
        served.write(PICK, picked("Second here.\n\n  First there."))
        wait_until(lambda: tab.evaluate("true") and slowly.acquire(blocking=False), PATIENCE_S)  # it has asked, and waits
        served.write(PICK, picked("First here.\n\n  Second there."))
        tab.get_by_text("Second there.").wait_for()
        until(tab, "document.querySelector('.commentary').innerText.trim().startsWith('First here.')")
        tab.unroute("**/2024-1/")
        served.write(PICK, picked("First here.\n\n  Third there."))
        tab.get_by_text("Third there.").wait_for()
        assert tab.locator(".commentary").inner_text().split() == "First here. Third there.".split()


@pytest.mark.parametrize("reason", ["a script changed the words", "a template of the digest's own", "a figure"])
def test_a_page_is_loaded_again_where_words_alone_would_not_do(reason: str, chromium: Browser, served: Serving) -> None:
    if reason == "a template of the digest's own":
        served.write("templates/issue.html", "{% extends 'roundup/issue.html' %}\n")
    with tab_of(chromium, served) as tab:
        if reason == "a script changed the words":
            tab.evaluate("document.querySelector('.commentary p').append('!')")
        if reason == "a figure":
            served.write("issues/2024-1/figures/b.svg", DRAWING.format(20))
        served.write(PICK, picked("New words.\n\n  ![A box](figures/b.svg)" if reason == "a figure" else "New words."))
        tab.get_by_text("New words.").wait_for()
        assert not has_stayed(tab)


FAULT = "paper: 2401.00001\ncomentary: <img src=x onerror=alert(1)>\n"


def test_problems_stand_in_the_page_until_they_are_mended(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        served.write(PICK, FAULT)
        bar = tab.get_by_role("alert")
        bar.wait_for()
        assert bar.locator("li").all_inner_texts() == [f'{PICK}:2: unknown key "comentary"; did you mean "commentary"?']
        assert bar.locator("summary").inner_text() == "1 problem. Pages stay as they were until all is mended."
        assert tab.get_by_text("Some words.").is_visible()
        served.write("roundup.yaml", 'titel: "<b>x</b>"\n')
        with tab_of(chromium, served, "2024-3/") as other:
            for page in (tab, other):
                until(page, "document.querySelector('[role=alert]')?.shadowRoot.querySelectorAll('li').length === 2")
            assert other.get_by_text("Words of a draft.").is_visible()
            served.write(PICK, picked("Mended words."))
            served.write("roundup.yaml", "title: A digest\n")
            other.get_by_role("alert").wait_for(state="detached")
        tab.get_by_text("Mended words.").wait_for()
        bar.wait_for(state="detached")


def test_what_is_passed_over_is_remarked_on_in_the_page(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        served.write("issues/2024-1/commentary/2401.00009.yml", picked("Words of a pick."))
        bar = tab.get_by_role("status")
        bar.wait_for()
        assert bar.locator("summary").inner_text() == "1 remark: what is not read, or may not be meant so."
        assert not bar.locator("li").is_visible()
        bar.locator("summary").click()
        (told,) = bar.locator("li").all_inner_texts()
        assert told.startswith("issues/2024-1/commentary/2401.00009.yml: is not read")
        served.write(PICK, FAULT)  # which holds up the page, and goes before
        tab.get_by_role("alert").wait_for()
        served.write(PICK, picked("Other words."))
        bar.wait_for()
        (served.root / "issues/2024-1/commentary/2401.00009.yml").unlink()
        bar.wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_bar_is_for_everybody_and_hides_nothing(scheme: Any, chromium: Browser, served: Serving) -> None:
    served.write("templates/issue.html", "{% extends 'roundup/issue.html' %}\n{% block outro %}{% for x in 3 %}{% endblock %}\n")
    served.write(PICK, picked("Some words.\n\n  ![](figures/none.png)"))
    with tab_of(chromium, served, "archive/", color_scheme=scheme, bypass_csp=True) as tab:
        bar = tab.get_by_role("alert")
        bar.wait_for()
        assert violations(tab) == []
        tab.evaluate("scrollTo(0, 1e6)")
        foot = tab.locator(".foot").bounding_box()
        top = bar.bounding_box()
        assert foot
        assert top
        assert foot["y"] + foot["height"] <= top["y"] + 1
        bar.locator("summary").press("Enter")
        assert not bar.locator("li").first.is_visible()


def test_what_no_value_could_do_in_a_page_it_cannot_do_in_the_bar(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        served.write(PICK, 'paper: 2401.00001\n"<img src=x onerror=alert(1)>": y\n')
        bar = tab.get_by_role("alert")
        bar.wait_for()
        assert '<img src=x onerror=alert(1)>' in bar.locator("li").inner_text()
        assert bar.locator("img").count() == 0


def test_templates_figures_and_the_accent_are_followed(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        assert tab.evaluate("document.querySelector('figure img').naturalHeight") == 30
        served.write(FIGURE, DRAWING.format(50))
        until(tab, "document.querySelector('figure img')?.naturalHeight === 50")
        same_size = DRAWING.format(50).replace("rect", "path").encode()
        tab.evaluate("window.stayed = true")
        served.write(FIGURE, same_size)
        until(tab, "!window.stayed")
        served.write("templates/issue.html", "{% extends 'roundup/issue.html' %}\n{% block sponsor %}<p>Words of a template.</p>{% endblock %}\n")
        tab.get_by_text("Words of a template.").wait_for()
        served.write("roundup.yaml", 'title: A digest\naccent: "#1d4e9c"\n')
        until(tab, "getComputedStyle(document.querySelector('.key')).color === 'rgb(29, 78, 156)'")


def test_a_renamed_issue_is_missed_where_it_was_and_comes_back(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        (served.root / "issues/2024-1").rename(served.root / "issues/2024-2")
        tab.get_by_text("There is no such page").wait_for()
        assert served.status("/2024-2/") == 200
        (served.root / "issues/2024-2").rename(served.root / "issues/2024-1")
        tab.get_by_text("Some words.").wait_for()


def test_a_preview_that_was_started_again_goes_on_with_the_open_page(chromium: Browser, digest: Make) -> None:
    root = digest(FILES)
    with chromium.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        tab = context.new_page()
        with running(root, "--port", str(free_port())) as (process, port):
            tab.goto(f"http://127.0.0.1:{port}/2024-1/")
            tab.evaluate("window.stayed = true")
            process.kill()
        with serving(root, int(port)) as served:
            assert served.server.server_port == int(port)
            wait_until(lambda: listeners(served) == 1, PATIENCE_S)
            assert has_stayed(tab)
            served.write(PICK, picked("Words after it."))
            tab.get_by_text("Words after it.").wait_for()


def listeners(served: Serving) -> int:
    """Return how many pages are being told news by this server."""
    at_work = (frame for top in sys._current_frames().values() for frame in below(top) if frame.f_code.co_name == "_send_news")
    return sum(frame.f_locals["self"].server is served.server for frame in at_work)


def below(frame: FrameType | None) -> Iterator[FrameType]:
    while frame:
        yield frame
        frame = frame.f_back


def test_a_page_that_has_gone_leaves_nobody_behind(chromium: Browser, served: Serving) -> None:
    with tab_of(chromium, served) as tab:
        wait_until(lambda: listeners(served) == 1, PATIENCE_S)
        tab.goto("about:blank")
        wait_until(lambda: listeners(served) == 0, PATIENCE_S)


def test_a_page_that_is_not_seen_asks_for_nothing_and_catches_up(chromium: Browser, served: Serving) -> None:
    """Browsers allow six connections to a server: more pages than that may be open."""
    with tab_of(chromium, served) as tab:
        wait_until(lambda: listeners(served) == 1, PATIENCE_S)
        tab.evaluate("hidden => { Object.defineProperty(document, 'hidden', {get: () => hidden, configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }", True)
        wait_until(lambda: listeners(served) == 0, PATIENCE_S)
        served.write(PICK, picked("Words that nobody saw."))
        tab.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
        tab.get_by_text("Words that nobody saw.").wait_for()


def test_news_say_version_and_problems(served: Serving) -> None:
    version = re.search(r'data-version="([0-9a-f.]+)"', served.page("/2024-1/"))
    assert version
    with socket.create_connection(("127.0.0.1", served.server.server_port), timeout=10) as wire:
        wire.sendall(f"GET /_roundup/news?page=%2F2024-1%2F HTTP/1.1\r\nHost: {served.server.hosts[0]}\r\n\r\n".encode())
        reader = wire.makefile("rb")
        assert dict(line.decode().strip().split(": ", 1) for line in iter(reader.readline, b"\r\n") if b": " in line)["Content-Type"] == "text/event-stream"
        assert json.loads(reader.readline().removeprefix(b"data: ")) == {"version": version[1], "problems": [], "advice": []}
        served.write(PICK, FAULT)
        assert reader.readline() == b"\n"
        told = json.loads(reader.readline().removeprefix(b"data: "))
        assert told == {"version": version[1], "problems": [[f"{PICK}:2", 'unknown key "comentary"; did you mean "commentary"?']], "advice": []}
