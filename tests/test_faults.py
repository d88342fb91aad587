"""What goes wrong between us and those we ask, and what has to come of it: a whole answer, or a reason with a name; never half of either.

The faults are those of ``replay``, of the shared corpus and of what arXiv's clients have met. Waiting is done on a fake clock at arXiv's
3 s, so that the pauses are the real ones and the tests are quick; a few wait in earnest, at a sixtieth of them.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from msgspec.structs import replace

from asking import AGENT, ASK, NOW, OAI_PAGE, PATHS, ByteServer, Canned, FakeTime, NotedPace, answer, asking, had, truth
from conftest import ROOT, Result, tree
from replay import FRIDAY, KINDS, ReplayServer, Request, invented
from roundup.errors import FetchError
from roundup.paper import ArxivId, Author, Paper
from roundup.records.papers import parse_paper
from roundup.sources.http import Http, Limits
from roundup.sources.pace import DELAY_S, LONGEST_S, Pace

PAPERS = invented(130)  # a search for all of them has two pages
SERVED = {paper.id: paper for paper in PAPERS}


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """Whatever a server does, nobody waits for ever: 10 s is for ever here."""

    def stop(number: int, frame: object) -> None:
        raise AssertionError("hangs: 10 s are over")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 10)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def standing() -> Iterator[ReplayServer]:
    with ReplayServer(PAPERS, oai_page=OAI_PAGE) as running:
        yield running


@pytest.fixture
def server(standing: ReplayServer) -> ReplayServer:
    """A server as good as new: to start one for each of so many tests would take longer than the tests."""
    standing.calm()
    standing.unplay()
    standing.log.clear()
    standing.day, standing.oai_page = None, OAI_PAGE
    return standing


@pytest.fixture
def fresh() -> Iterator[ReplayServer]:
    """A server whose log no earlier test can reach."""
    with ReplayServer(PAPERS, oai_page=OAI_PAGE) as running:
        yield running


@cache
def true_values(source: str) -> tuple[dict[object, object], int]:
    """Return what a source gives where nothing is wrong, and in how many requests."""
    with ReplayServer(PAPERS, oai_page=OAI_PAGE) as server, TemporaryDirectory() as folder:
        return truth(source, server, Path(folder)), len(server.requests)


# ---- every fault, for every source it can meet ----


@dataclass(frozen=True)
class Refused:
    """What is said of a fault, after how many requests it is given up, and how the server and the line are set for it."""

    says: str
    requests: int = 4
    options: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        re.compile(self.says)


SMALL = Limits(size=1_000_000)
SILENT = Limits(silence_s=0.1)
SLOW = Limits(total_s=0.15)
NEVER_WHOLE = "did not finish its answer within 0.15 s"

# Nothing comes of these, however often one asks; each says what it is.
REFUSED = {
    "429": Refused("answered HTTP 429"),
    "429 seconds": Refused("answered HTTP 429"),
    "429 date": Refused("answered HTTP 429"),
    "429 huge": Refused("left alone for 24 hours; come back after that", 1),
    "503": Refused("answered HTTP 503"),
    "503 for ever": Refused("answered HTTP 503"),
    "403": Refused("answered HTTP 403", 1),
    "500": Refused("answered HTTP 500"),
    "200 html error": Refused('text/html, .*"Rate exceeded'),
    "200 rate text": Refused('text/plain, .*"Rate exceeded'),
    "200 json": Refused("application/json"),
    "empty body": Refused("nothing at all"),
    "wrong xml charset": Refused(r"not UTF-8 \(byte [\d,]+\)"),
    "utf-7": Refused('the charset "utf-7"', 1),
    "doctype": Refused("declares a DOCTYPE", 1),
    "cut body": Refused("breaks off|broke off"),
    "redirect loop": Refused("sends us on more than 5 times", 6),
    "redirect file": Refused("sends us on to file:///etc/hostname", 1),
    "redirect inside": Refused("sends us on to http://127.0.0.1:9/inside", 1, {"to": "http://127.0.0.1:9/inside"}),
    "redirect elsewhere": Refused("sends us on to http://localhost:", 1),
    "etag 304": Refused("nothing has changed since we asked, and we never did|nothing at all"),
    "endless body": Refused("more than 1,000,000 bytes", 1, limits=SMALL),
    "100 MB body": Refused("more than 1,000,000 bytes", 1, limits=SMALL),
    "gzip bomb": Refused("more than 1,000,000 bytes", 1, limits=SMALL),
    "short body": Refused("broke off"),
    "long body": Refused("broke off"),
    "broken chunks": Refused("broke off"),
    "broken gzip": Refused("broke off"),
    "nested gzip": Refused('packed as "gzip, gzip', 1),
    "brotli unknown": Refused('packed as "br"', 1),
    "slow headers": Refused(NEVER_WHOLE, 1, {"every": 0.03}, SLOW),
    "slow body": Refused(NEVER_WHOLE, 1, {"every": 0.03}, SLOW),
    "stall before headers": Refused("said nothing for 0.1 s", 2, limits=SILENT),
    "stall mid-body": Refused("said nothing for 0.1 s", 2, limits=SILENT),
    "reset": Refused("broke off"),
    "reset mid-body": Refused("broke off"),
}
# JSON is read otherwise, and an error that it names is an answer.
NO_JSON = Refused("is no JSON")
OTHERWISE = {
    ("daily", "200 html error"): NO_JSON,
    ("daily", "200 rate text"): NO_JSON,
    ("daily", "200 json"): Refused('refuses the question: "unexpected"', 1),
    ("daily", "empty body"): NO_JSON,
    ("daily", "wrong xml charset"): NO_JSON,
    ("daily", "utf-7"): NO_JSON,
    ("daily", "doctype"): NO_JSON,
    ("daily", "cut body"): NO_JSON,
}
# What only some can meet, and refuse.
REFUSED_BY_SOME = {
    ("by_id", "error entry 400"): Refused('refuses the question: "start must be non-negative"', 1),
    ("by_id", "error entry 200"): Refused('refuses the question: "start must be non-negative"', 1),
    ("search", "error entry 400"): Refused('refuses the question: "start must be non-negative"', 1),
    ("search", "error entry 200"): Refused('refuses the question: "start must be non-negative"', 1),
    ("by_id", "empty first page"): Refused("an empty page, though it counts 3 papers"),
    ("search", "empty first page"): Refused("an empty page, though it counts 130 papers"),
    ("record", "empty first page"): Refused("an empty list, and no word that nothing matches"),
    ("harvest", "empty first page"): Refused("an empty list, and no word that nothing matches"),
    ("by_id", "foreign id"): Refused("answered with 2401.99999v1, which was not asked for"),
}

CASES = {(source, kind): row for source in ASK for kind, row in REFUSED.items()} | OTHERWISE | REFUSED_BY_SOME
ONCE = {case: row for case, row in CASES.items() if row.requests == 4 and case[1] not in {"429 seconds", "429 date"}} | {
    ("by_id", kind): CASES["by_id", kind] for kind in ("429 seconds", "429 date", "stall before headers", "stall mid-body")
}

# Nothing is wrong with these but how they look.
GOOD = ["wrong charset header", "cookie flood", "unquoted etag", "clock"]
GOOD_FOR_SOME = [
    ("by_id", "empty later page"), ("by_id", "total changed"), ("by_id", "repeated page"), ("by_id", "overlapping page"), ("by_id", "order ignored"),
    ("search", "order ignored"), ("search", "overlapping page"),
]  # fmt: skip

# Part of it comes, and what is missing is said; the number is that of the values.
PARTIAL = {
    ("by_id", "id missing"): (2, "2401.0300. was not in the answer"),
    ("search", "empty later page"): (100, "an empty page, though it counts 130 papers after 4 tries"),
    ("search", "total changed"): (130, "arXiv counts 137 papers and gave 130"),
    ("search", "repeated page"): (100, "arXiv counts 130 papers and gave 100"),
    ("listing", "empty first page"): (0, "nothing announced on Friday, 2024-01-12"),
    ("listing", "weekend feed"): (0, r"^no announcement \(Saturday, 2024-01-13\)$"),
    ("listing", "2000 items"): (2000, r"the feed is full \(2,000 items\), so new papers may be missing"),
}
# Faults that have a test of their own, below.
APART = {
    "refused": "test_nothing_listens",
    "dns gone": "test_a_name_that_does_not_resolve_is_named",
    "tls bad": "test_a_certificate_that_nobody_vouches_for_is_refused",
    "cross-host auth": "test_a_redirect_carries_nothing_along",
    "503 then good": "test_a_refusal_that_passes_costs_one_more_request",
    "token expired": "test_a_token_that_died_begins_the_harvest_anew",
    "noRecordsMatch": "test_that_nothing_matches_is_an_answer",
    "day-old feed": "test_a_feed_of_yesterday_brings_nothing_twice",
}


def named(case: tuple[str, str]) -> str:
    return f"{case[0]}: {case[1]}"


@pytest.mark.parametrize(("source", "kind"), CASES, ids=map(named, CASES))
def test_a_fault_is_named_and_nothing_comes_of_it(source: str, kind: str, server: ReplayServer, tmp_path: Path) -> None:
    """At most 4 requests, ever further apart, then a reason; and the same line serves whoever asks next."""
    row = CASES[source, kind]
    server.fault(kind, path=PATHS[source], **row.options)
    with asking(server.url, tmp_path, limits=row.limits) as asker:
        values, told = had(source, asker, server.url)
        requests, gaps = len(server.requests), asker.gaps
        server.calm()
        asker.http.limits = Limits()
        after = had(source, asker, server.url)
    assert (values, len(told)) == ({}, 1), told
    assert re.search(row.says, told[0]), told[0]
    assert requests == row.requests
    assert all(gap >= DELAY_S for gap in gaps)
    assert sum(gaps) < 60
    if not kind.startswith(("429", "redirect")):
        assert all(later > earlier for earlier, later in pairwise(gaps)), f"the pauses do not grow: {gaps}"
    assert after == (true_values(source)[0], [])


@pytest.mark.parametrize(("source", "kind"), ONCE, ids=map(named, ONCE))
def test_a_fault_that_passes_is_asked_about_again_and_all_is_well(source: str, kind: str, server: ReplayServer, tmp_path: Path) -> None:
    row, (values, requests) = ONCE[source, kind], true_values(source)
    server.fault(kind, path=PATHS[source], at=(0,), **row.options)
    with asking(server.url, tmp_path, limits=Limits(silence_s=0.5) if row.limits == SILENT else None) as asker:
        assert had(source, asker, server.url) == (values, [])
        assert len(asker.heard) == 1
        assert "asking again in" in asker.heard[0]
    assert len(server.requests) == requests + 1


@pytest.mark.parametrize(("source", "kind"), [*((source, kind) for source in ASK for kind in GOOD), *GOOD_FOR_SOME])
def test_what_only_looks_odd_is_taken_as_it_is(source: str, kind: str, server: ReplayServer, tmp_path: Path) -> None:
    server.fault(kind, path=PATHS[source])
    values, requests = true_values(source)
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == (values, [])
        assert not asker.heard
    assert len(server.requests) == requests


@pytest.mark.parametrize("source", ASK)
def test_a_refusal_that_passes_costs_one_more_request(source: str, server: ReplayServer, tmp_path: Path) -> None:
    server.fault("503 then good", path=PATHS[source])
    values, requests = true_values(source)
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == (values, [])
    assert len(server.requests) == requests + 1


@pytest.mark.parametrize(("source", "kind"), PARTIAL, ids=map(named, PARTIAL))
def test_what_comes_in_part_says_what_is_missing(source: str, kind: str, server: ReplayServer, tmp_path: Path) -> None:
    number, says = PARTIAL[source, kind]
    server.fault(kind, path=PATHS[source])
    with asking(server.url, tmp_path) as asker:
        values, told = had(source, asker, server.url)
    assert (len(values), len(told)) == (number, 1), told
    assert re.search(says, told[0]), told[0]
    if kind != "2000 items":  # which are other papers
        assert values.items() <= true_values(source)[0].items()


LATER = ["429", "503", "500", "403", "200 html error", "200 rate text", "empty body", "cut body", "doctype", "wrong xml charset", "short body", "broken gzip", "reset"]


@pytest.mark.parametrize("source", ["search", "harvest"])
@pytest.mark.parametrize("kind", LATER)
def test_a_fault_of_a_later_page_keeps_the_earlier_ones_and_the_next_run_asks_for_the_rest(source: str, kind: str, server: ReplayServer, tmp_path: Path) -> None:
    server.fault(kind, path=PATHS[source], at=range(1, 100))
    whole, requests = true_values(source)
    with asking(server.url, tmp_path) as asker:
        values, told = had(source, asker, server.url)
    assert 0 < len(values) < len(whole)
    assert values.items() <= whole.items()
    assert len(told) == 1
    assert re.search(REFUSED[kind].says, told[0])
    assert len(server.requests) == 1 + REFUSED[kind].requests
    server.calm()
    server.log.clear()
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == (whole, [])
    assert len(server.requests) == requests - 1  # the first page was had


@pytest.mark.parametrize("source", ["search", "harvest"])
def test_a_second_run_on_the_same_day_asks_nobody(source: str, server: ReplayServer, tmp_path: Path) -> None:
    with asking(server.url, tmp_path) as asker:
        first = had(source, asker, server.url)
    server.log.clear()
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == first
    assert not server.requests


def test_every_fault_of_the_server_is_in_a_table() -> None:
    tabled = {kind for _, kind in (*CASES, *PARTIAL, *GOOD_FOR_SOME)} | set(GOOD) | set(APART)
    assert set(KINDS) <= tabled
    assert {name for name in APART.values() if name not in globals()} == set()


def test_every_fault_of_the_corpus_is_in_a_table(shared: Path) -> None:
    names = {fault["name"] for fault in json.loads((shared / "corpora/http/faults_own.json").read_bytes())}
    assert len(names) == 27
    assert names <= {*REFUSED, *GOOD, *APART}


@pytest.mark.parametrize("source", ["by_id", "search", "record", "harvest", "listing"])
def test_what_comes_of_no_fault_is_what_was_served(source: str) -> None:
    """The tables above hold values against these, so these are held against the papers themselves."""
    values = true_values(source)[0]
    assert values.keys() <= {ArxivId(one.id, one.version) for paper in PAPERS for one in (paper, *paper.announcements())}
    for paper in values.values():
        assert isinstance(paper, Paper)
        served = SERVED[paper.id.base].at(paper.id.version)
        assert served
        assert (paper.title, paper.abstract) == (one_line(served.title), one_line(served.abstract))
        assert set(paper.categories) == set(served.categories)
        assert [plain(author.name) for author in paper.authors] == [plain(name) for name, _ in served.authors]
        if source != "listing":
            assert (paper.submitted, paper.updated) == (served.submitted.replace(microsecond=0), served.updated.replace(microsecond=0))
            assert paper.comment == one_line(served.comment or "")


def one_line(text: str) -> str:
    return " ".join(text.split())


def plain(name: str) -> str:
    return name.replace(",", "").replace(". ", ".")


# ---- OAI-PMH: tokens that die, lists that are empty ----


@pytest.mark.parametrize("at", [(1,), None], ids=["once", "always"])
def test_a_token_that_died_begins_the_harvest_anew(at: tuple[int, ...] | None, server: ReplayServer, tmp_path: Path) -> None:
    """From the last day seen, a day further at least with each page."""
    server.fault("token expired", path="/oai", at=at)
    with asking(server.url, tmp_path) as asker:
        assert had("harvest", asker, server.url) == (true_values("harvest")[0], [])
    assert len(server.requests) <= 3 * true_values("harvest")[1]


def test_where_no_token_lives_and_a_day_is_longer_than_a_page_the_harvest_ends_and_says_so(server: ReplayServer, tmp_path: Path) -> None:
    server.oai_page = 3
    server.fault("token expired", path="/oai")
    with asking(server.url, tmp_path) as asker:
        values, told = had("harvest", asker, server.url)
    assert values.items() < true_values("harvest")[0].items()
    assert len(told) == 1
    assert len(server.requests) < 20


def test_that_nothing_matches_is_an_answer(server: ReplayServer, tmp_path: Path) -> None:
    server.fault("noRecordsMatch", path="/oai")
    with asking(server.url, tmp_path) as asker:
        assert had("harvest", asker, server.url) == ({}, [])
    assert len(server.requests) == 1


# ---- answers that HTTP allows or forbids in its corners ----

NO_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
MEMBERS = gzip.compress(b"one half ") + gzip.compress(b"and the other")

ANSWERS = {
    "an address that is none": (answer("302 Found", Location="http://["), "sends us on", 1),
    "a redirect that says not where to": (answer("302 Found"), "sends us on", None),
    "a date of the far future": (answer("429 No", Retry_After="Fri, 01 Jan 99999999999999999999 00:00:00 GMT"), "answered HTTP 429", None),
    "a date in no time zone": (answer("429 No", Retry_After="Fri, 01 Jan 2030 00:00:00 +99999999999999999999"), "answered HTTP 429", None),
    "a pause of ten digits": (answer("429 No", Retry_After="10000000000"), "left alone for", 1),
    "an empty refusal that is said to be packed": (answer("429 No", Content_Encoding="gzip"), "answered HTTP 429", 4),
    "a refusal packed as nobody asked": (answer("503 No", b"x", Content_Encoding="br"), "answered HTTP 503", 4),
    "no status": (b"hello\r\n\r\nConnection: close", "broke off", 4),
    "a status that is no number": (b"HTTP/1.1 abc OK\r\n\r\n", "broke off", 4),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "answered HTTP 204", 1),
    "a part": (answer("206 Partial Content", b"x"), "answered HTTP 206", 1),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "multiple|broke off", None),
    "a chunk of less than nothing": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n", ".", None),
    "a line of 70,000 letters": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\nConnection: close\r\n\r\n", "broke off", 4),
}


@pytest.mark.parametrize(("said", "says", "requests"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_out_of_the_ordinary_is_named(said: bytes, says: str, requests: int | None, tmp_path: Path) -> None:
    with ByteServer(said) as server, asking(server.url, tmp_path, limits=Limits(1, 2)) as asker:
        with pytest.raises(FetchError, match=says):
            asker.body(f"{server.url}/")
        assert len(server.asked) <= 6
        assert requests in {None, len(server.asked)}


WHOLE = {
    "packed in two members": (answer(body=MEMBERS, Content_Encoding="gzip"), b"one half and the other"),
    "packed, and named as long ago": (answer(body=gzip.compress(b"whole"), Content_Encoding="x-gzip"), b"whole"),
    "after a word in between": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(body=b"whole"), b"whole"),
    "in chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n3\r\nole\r\n0\r\n\r\n", b"whole"),
    "to the end of the connection": (NO_LENGTH + b"whole<!--Connection: close-->", b"whole<!--Connection: close-->"),
    "with sixty cookies": (answer(body=b"whole").replace(b"\r\n", b"\r\n" + b"Set-Cookie: a=b\r\n" * 60, 1), b"whole"),
}


@pytest.mark.parametrize(("said", "body"), WHOLE.values(), ids=WHOLE)
def test_an_answer_in_any_wrapping_is_whole(said: bytes, body: bytes, tmp_path: Path) -> None:
    with ByteServer(said) as server, asking(server.url, tmp_path) as asker:
        assert asker.body(f"{server.url}/") == body


DRIPS = {
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"X-Line: still here\r\n"),
    "a header that never ends": (b"HTTP/1.1 200 OK\r\nX-Line: ", b"x"),
    "a body of no length": (NO_LENGTH + b"<feed>", b" "),
    "a body of some length": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", b" "),
}


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(("head", "drop"), DRIPS.values(), ids=DRIPS)
def test_an_answer_that_drips_for_ever_has_a_total_limit(head: bytes, drop: bytes, secure: bool, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A limit on each silence does not end it; neither does TLS hide it."""
    context = request.getfixturevalue("trusted") if secure else None
    with ByteServer(tls=context) as server, asking(server.url, tmp_path, limits=SLOW) as asker:
        server.plays(server.drip(head, drop))
        began = time.monotonic()
        with pytest.raises(FetchError, match=r"did not finish its answer within 0\.15 s; try again later"):
            asker.body(f"{server.url}/")
        assert time.monotonic() - began < 2
        assert len(server.asked) == 1


def test_an_answer_that_never_comes_is_waited_for_less_than_a_minute() -> None:
    """What drips is tried once, what is silent twice: the tables above have the numbers, this is the sum with the limits as they are."""
    limits = Limits()
    assert {row.requests for row in CASES.values() if row.limits == SLOW} == {1}
    assert {row.requests for row in CASES.values() if row.limits == SILENT} == {2}
    assert limits.total_s < 60
    assert 2 * limits.silence_s + DELAY_S < 60


# ---- no connection ----


def test_nothing_listens(tmp_path: Path) -> None:
    """In real seconds: the pause of arXiv's pace, and hardly more."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and never listens
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        began = time.monotonic()
        with asking(address, tmp_path) as asker:
            assert isinstance(asker.pace, NotedPace)
            with pytest.raises(FetchError, match=f"{address}/ cannot be reached: connection refused") as caught:
                asker.body(f"{address}/")
            assert sum(asker.gaps) + time.monotonic() - began < 10
    assert caught.value.exit_code == 3


def test_a_name_that_does_not_resolve_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*arguments: object, **more: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    with asking("https://export.arxiv.invalid", tmp_path) as asker:
        values, told = had("by_id", asker, "https://export.arxiv.invalid")
    assert not values
    assert "export.arxiv.invalid" in told[0]
    assert "its name does not resolve" in told[0]
    assert len(asker.gaps) <= 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/feed", "http://a..b/feed", f"http://{'a' * 70}.example/feed", "http://[::1/feed", "http:///feed", "ftp://a/feed"])
def test_an_address_that_cannot_be_asked_is_named(url: str, tmp_path: Path) -> None:
    with asking("http://127.0.0.1:9", tmp_path) as asker, pytest.raises(FetchError, match=re.escape(url)):
        asker.body(url)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback that nobody but itself vouches for, with its key in the same file."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("there is no openssl here to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    names = "subjectAltName=IP:127.0.0.1"
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names]
    subprocess.run([*made, "-keyout", f"{file}.key", "-out", file], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + Path(f"{file}.key").read_bytes())
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    monkeypatch.setattr("roundup.sources.pools.certifi.where", lambda: str(certificate))
    return tls


def test_a_certificate_that_is_vouched_for_is_taken(trusted: ssl.SSLContext, tmp_path: Path) -> None:
    with ByteServer(answer(body=b"whole"), tls=trusted) as server, asking(server.url, tmp_path) as asker:
        assert asker.body(f"{server.url}/") == b"whole"
        assert asker.body(f"{server.url}/") == b"whole"


@pytest.mark.parametrize("switch", ["", "PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_certificate_that_nobody_vouches_for_is_refused(switch: str, tls: ssl.SSLContext, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no switch of other programs turns that off behind one's back."""
    if switch:
        monkeypatch.setenv(switch, "0" if switch == "PYTHONHTTPSVERIFY" else "")
    with ByteServer(answer(body=b"whole"), tls=tls) as server, asking(server.url, tmp_path) as asker:
        with pytest.raises(FetchError, match="cannot be trusted: its certificate is not good; "):
            asker.body(f"{server.url}/")
        assert not server.asked


def test_a_certificate_for_another_name_is_refused(trusted: ssl.SSLContext, tmp_path: Path) -> None:
    with ByteServer(answer(body=b"whole"), tls=trusted) as server, asking(server.url, tmp_path, near=[f"https://localhost:{server.port}"]) as asker:
        with pytest.raises(FetchError, match="certificate is not good"):
            asker.body(f"https://localhost:{server.port}/")
        assert not server.asked


# ---- redirects ----


def test_a_redirect_leads_to_an_allowed_host_and_there_only_is_it_asked(server: ReplayServer, tmp_path: Path) -> None:
    server.fault("redirect elsewhere", path="/feed.xml")
    with asking(server.url, tmp_path, near=[f"http://localhost:{server.port}"]) as asker:
        assert b"Field notes" in asker.body(f"{server.url}/feed.xml", f"localhost:{server.port}")
    assert [request.headers["host"] for request in server.requests] == [f"127.0.0.1:{server.port}", f"localhost:{server.port}"]
    assert asker.gaps == [DELAY_S]  # each hop is a request like any other


ELSEWHERE = {
    "another host": "http://example.org/feed.xml",
    "another port": "http://127.0.0.1:9/feed.xml",
    "a part of the name": "http://127.0.0.1.example.org/feed.xml",
    "with a user": "http://127.0.0.1:{port}@example.org/feed.xml",
    "with a password": "http://ann:secret@127.0.0.1:{port}/feed.xml",
    "a file": "file:///etc/passwd",
    "data": "data:text/xml,<rss/>",
    "ftp": "ftp://127.0.0.1:{port}/feed.xml",
    "no scheme": "//example.org/feed.xml",
    "the metadata of a cloud": "http://169.254.169.254/latest/",
    "this machine by another name": "http://[::1]:{port}/feed.xml",
    "by a number": "http://2130706433:{port}/feed.xml",
}


@pytest.mark.parametrize("to", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_redirect_leads_nowhere_else(to: str, server: ReplayServer, tmp_path: Path) -> None:
    server.fault("redirect inside", path="/feed.xml", to=to.format(port=server.port))
    with asking(server.url, tmp_path) as asker:
        values, told = had("feed", asker, server.url)
    assert not values
    assert "sends us on to" in told[0]
    assert len(server.requests) == 1


def test_a_redirect_never_leaves_tls(trusted: ssl.SSLContext, server: ReplayServer, tmp_path: Path) -> None:
    redirect, refused = answer("302 Found", Location=f"{server.url}/feed.xml"), pytest.raises(FetchError, match="sends us on to http://")
    with ByteServer(redirect, tls=trusted) as secure, asking(secure.url, tmp_path) as asker, refused:
        asker.body(f"{secure.url}/feed.xml", f"127.0.0.1:{server.port}")
    assert not server.requests


def test_a_redirect_carries_nothing_along(server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookie, no credentials of a .netrc, none of an address: there are none to carry."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password secret\nmachine localhost login ann password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.fault("cookie flood", path="/feed.xml", at=(0,), count=50)
    server.fault("redirect elsewhere", path="/feed.xml", at=(1, 2))
    with asking(server.url, tmp_path, near=[f"http://localhost:{server.port}"]) as asker:
        asker.body(f"{server.url}/feed.xml")
        asker.body(f"{server.url}/feed.xml", f"localhost:{server.port}")
    assert len(server.requests) == 3
    for request in server.requests:
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}


# ---- manners: one line, who is asking, how fast ----


def whole_session(server: ReplayServer, folder: Path) -> list[Request]:
    """Ask every source once, in earnest, twenty times a second."""
    with asking(server.url, folder, pace=Pace(folder / "stamp", 0.05)) as asker:
        for source in ASK:
            assert had(source, asker, server.url)[1] == []
    return server.requests


def test_a_whole_session_goes_over_one_connection_and_says_who_is_asking(fresh: ReplayServer, tmp_path: Path) -> None:
    requests = whole_session(fresh, tmp_path)
    assert len(requests) > len(ASK)
    assert {request.connection for request in requests} == {1}
    assert not fresh.overlaps()
    assert min(fresh.beats()) >= 0.05
    assert fresh.user_agents() == {AGENT}
    accepts = {request.path.split("/")[1]: (request.headers["accept"], request.headers["accept-encoding"]) for request in requests}
    assert accepts == {
        "api": ("application/atom+xml", "gzip"),
        "rss": ("application/rss+xml, application/atom+xml", "gzip"),
        "oai": ("text/xml", "gzip"),
        "hf": ("application/json", "gzip"),
        "feed.xml": ("application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8", "gzip"),
    }
    assert all(set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"} for request in requests)
    assert {request.method for request in requests} == {"GET"}


def test_after_a_broken_line_there_is_one_again_and_never_two(fresh: ReplayServer, tmp_path: Path) -> None:
    for number, kind in enumerate(("short body", "reset", "broken chunks", "brotli unknown", "long body")):
        fresh.fault(kind, path="/feed.xml", at=(2 * number,))
    with asking(fresh.url, tmp_path, pace=Pace(tmp_path / "stamp", 0.05)) as asker:
        for _ in range(6):
            had("feed", asker, fresh.url)
    assert len(fresh.requests) == 10
    assert min(fresh.beats()) >= 0.05
    assert not fresh.overlaps()


def test_refusals_come_ever_further_apart_in_earnest(fresh: ReplayServer, tmp_path: Path) -> None:
    fresh.fault("503", path="/api/query")
    with asking(fresh.url, tmp_path, pace=Pace(tmp_path / "stamp", 0.05)) as asker:
        had("by_id", asker, fresh.url)
    beats = fresh.beats()
    assert len(beats) == 3
    assert all(beat >= planned for beat, planned in zip(beats, (0.05, 0.1, 0.2), strict=True))
    assert not fresh.overlaps()


def test_two_runs_at_once_share_one_pace(fresh: ReplayServer, tmp_path: Path) -> None:
    """Each with a memory and a line of its own, as two processes have."""

    def run(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        with asking(fresh.url, folder, pace=Pace(tmp_path / "stamp", 0.05)) as asker:
            for source in ("by_id", "listing", "record", "daily"):
                had(source, asker, fresh.url)

    runs = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert len(fresh.requests) == 8
    assert not fresh.overlaps()
    assert min(fresh.beats()) >= 0.05


# ---- Retry-After ----


def gap_after(said: str | None, tmp_path: Path, **headers: str) -> float:
    """Return the seconds between a refusal with that ``Retry-After`` and the next request, on a clock at arXiv's pace."""
    refusal = answer("429 Too Many Requests", b"Rate exceeded.", **({"Retry_After": said} if said is not None else {}), **headers)
    with ByteServer(refusal, answer(body=b"whole")) as server, asking(server.url, tmp_path) as asker:
        assert asker.body(f"{server.url}/") == b"whole"
        (gap,) = asker.gaps
    return gap


def http_date(seconds_ahead: float, years: int = 0) -> str:
    return email.utils.format_datetime(dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=365 * years, seconds=seconds_ahead), usegmt=True)


PAUSES = {
    "none": (None, 3, 3), "seconds": ("7", 7, 8), "as long as anybody waits": ("120", 120, 121), "less than the pace": ("1", 3, 3), "nothing": ("0", 3, 3),
    "with blanks": (" 7 ", 7, 8), "less than nothing": ("-7", 3, 3), "no number": ("soon", 3, 3), "no text": ("", 3, 3), "a part of a second": ("7.5", 3, 8.5),
    "another script": ("٧", 3, 3),
}  # fmt: skip


@pytest.mark.parametrize(("said", "least", "most"), PAUSES.values(), ids=PAUSES)
def test_a_pause_that_is_asked_for_is_kept_within_a_second(said: str | None, least: float, most: float, tmp_path: Path) -> None:
    said = said if said is None or said.isascii() else said.encode().decode("latin-1")
    assert least <= gap_after(said, tmp_path) <= most


@pytest.mark.parametrize("years", [0, 10, -10], ids=["right", "ahead", "behind"])
def test_a_date_to_come_back_at_is_held_against_the_servers_own_clock(years: int, tmp_path: Path) -> None:
    assert 7 <= gap_after(http_date(7, years), tmp_path, Date=http_date(0, years)) <= 8.001


def test_a_date_that_is_over_asks_for_nothing(tmp_path: Path) -> None:
    assert gap_after(http_date(-700), tmp_path, Date=http_date(0)) == DELAY_S


@pytest.mark.parametrize(("said", "told"), [("121", "2 minutes"), ("3600", "60 minutes"), ("86400", "24 hours"), ("a date", "24 hours")])
def test_a_long_pause_is_not_waited_for_but_told(said: str, told: str, tmp_path: Path) -> None:
    with ByteServer(answer("503 Busy", Retry_After=said if said.isdigit() else http_date(86_400), Date=http_date(0))) as server, asking(server.url, tmp_path) as asker:
        with pytest.raises(FetchError, match=f"answered HTTP 503; it asks to be left alone for {told}; come back after that"):
            asker.body(f"{server.url}/")
        assert len(server.asked) == 1
        assert not asker.gaps


def test_a_wrong_date_alone_changes_nothing(server: ReplayServer, tmp_path: Path) -> None:
    server.fault("clock", path="/api/query", at=(0,), retry_after=7)
    server.fault("clock", path="/api/query")
    with asking(server.url, tmp_path) as asker:
        assert had("by_id", asker, server.url)[0] == true_values("by_id")[0]
        assert 7 <= asker.gaps[0] <= 8


def test_a_pause_is_waited_for_in_earnest(fresh: ReplayServer, tmp_path: Path) -> None:
    fresh.fault("429", path="/api/query", at=(0,), retry_after=1)
    with asking(fresh.url, tmp_path, pace=Pace(tmp_path / "stamp", 0.05)) as asker:
        assert had("by_id", asker, fresh.url)[0] == true_values("by_id")[0]
    assert 1 <= fresh.beats()[0] <= 2


# ---- the pace itself ----


def paces(tmp_path: Path, number: int = 2, delay_s: float = DELAY_S) -> tuple[FakeTime, list[NotedPace]]:
    """Return so many runs that share a stamp and a clock."""
    false = FakeTime()
    return false, [NotedPace(tmp_path / "cache/stamp", delay_s, false.clock, false.sleep) for _ in range(number)]


def take(pace: Pace) -> None:
    with pace.turn():
        pass


def test_the_first_turn_comes_at_once_and_the_next_after_3_s_whoever_takes_it(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    take(one)
    assert false.slept == []
    take(other)
    take(one)
    assert false.slept == [DELAY_S, DELAY_S]


def test_the_pause_counts_from_the_end_of_an_answer(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    with one.turn():
        false.now += 20
    take(other)
    assert false.slept == [DELAY_S]


def test_time_that_went_by_anyway_is_not_waited_for(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    take(one)
    false.now += 2
    take(other)
    assert false.slept == [1]


def test_a_turn_that_failed_counts_as_well(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    with pytest.raises(OSError, match="gone"), one.turn():
        raise OSError("gone")
    take(other)
    assert false.slept == [DELAY_S]


def test_a_pause_that_one_was_asked_for_another_keeps(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    take(one)
    one.hold(7)
    take(other)
    assert sum(false.slept) == 7
    take(one)
    assert sum(false.slept) == 10


def test_a_shorter_pause_does_not_end_a_longer_one(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    take(one)
    one.hold(60)
    other.hold(3)
    take(other)
    assert sum(false.slept) == 60


def test_a_pause_reaches_who_is_waiting_for_a_turn_already(tmp_path: Path) -> None:
    """In real time: one waits for its turn while another is told to leave the server alone."""
    began: list[float] = []

    def wait() -> None:
        with Pace(tmp_path / "stamp", 0.3).turn():
            began.append(time.monotonic())

    one = Pace(tmp_path / "stamp", 0.3)
    take(one)
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    held = time.monotonic()
    one.hold(0.8)
    waiting.join()
    assert began[0] - held >= 0.8


def test_a_machine_that_was_started_again_waits_no_longer_than_the_pace(tmp_path: Path) -> None:
    """Its monotonic clock begins anew, so the stamp lies ahead, and the pause that was asked for with it."""
    false, (one, other) = paces(tmp_path)
    take(one)
    one.hold(100)
    false.now = 5.0
    take(other)
    assert false.slept == [DELAY_S]
    take(other)
    assert false.slept == [DELAY_S, DELAY_S]


def test_a_pause_longer_than_anybody_waits_is_not_believed(tmp_path: Path) -> None:
    false, (one, other) = paces(tmp_path)
    take(one)
    one.hold(LONGEST_S + 1)
    take(other)
    assert false.slept == [DELAY_S]


GARBAGE = {
    "nothing": b"", "words": b"not a stamp at all\n", "bytes": bytes(range(256)), "one number": b"1000\n", "no numbers": b"nan nan\n", "no ends": b"inf inf\n",
    "the beginning of time": b"-inf -inf\n", "an end that never comes": b"1000 inf\n", "a far end": b"1000 1e300\n", "long ago": b"-1e300 -1e300\n",
    "longer than a stamp": b"x" * 500, "another layout": b'{"last": 1000.0, "until": 1000.0, "version": 2, "written by": "a later version"}\n',
}  # fmt: skip


@pytest.mark.parametrize("found", GARBAGE.values(), ids=GARBAGE)
def test_a_stamp_that_is_none_is_written_anew(found: bytes, tmp_path: Path) -> None:
    """The first turn waits no longer than the pace, and the pace is kept from then on."""
    false, (one, other) = paces(tmp_path)
    one.path.parent.mkdir()
    one.path.write_bytes(found)
    take(one)
    assert sum(false.slept) <= DELAY_S
    take(other)
    take(one)
    assert all(gap >= DELAY_S for gap in [*one.gaps, other.turns[0] - one.turns[0]])
    assert sum(false.slept) <= 3 * DELAY_S


def test_a_sleep_that_ends_early_is_gone_on_with(tmp_path: Path) -> None:
    false = FakeTime()
    pace = NotedPace(tmp_path / "stamp", DELAY_S, false.clock, lambda seconds: false.sleep(seconds / 2 + 0.001))
    take(pace)
    take(pace)
    assert pace.gaps[0] >= DELAY_S


@pytest.mark.parametrize("step_s", [-3600, 86_400, 3600], ids=["back", "on", "summer time"])
def test_the_clock_on_the_wall_may_step_as_it_likes(step_s: float, fresh: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, began = time.time, time.monotonic()
    steps = iter(range(1, 10**6))
    monkeypatch.setattr(time, "time", lambda: real() + step_s * next(steps))
    fresh.fault("503", path="/api/query", at=(0, 1))
    with asking(fresh.url, tmp_path, pace=Pace(tmp_path / "stamp", 0.1)) as asker:
        assert had("by_id", asker, fresh.url)[0] == true_values("by_id")[0]
    assert [gap >= planned for gap, planned in zip(fresh.beats(), (0.1, 0.2), strict=True)] == [True, True]
    assert time.monotonic() - began < 0.3 + 1


def test_who_was_killed_in_a_turn_holds_nobody_up(tmp_path: Path) -> None:
    code = f"import time; from pathlib import Path; from roundup.sources.pace import Pace\nwith Pace(Path({str(tmp_path / 'stamp')!r}), 0.3).turn(): print('in', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout
        assert child.stdout.readline() == b"in\n"
        asked = time.monotonic()
        child.kill()
    take(Pace(tmp_path / "stamp", 0.3))
    assert time.monotonic() - asked < 1.3


def test_a_stamp_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("an editor's")
    (tmp_path / "stamp").symlink_to(tmp_path / "words")
    with pytest.raises(OSError, match="stamp"):
        take(Pace(tmp_path / "stamp"))
    assert (tmp_path / "words").read_text() == "an editor's"


# ---- asking only whether anything changed ----


def asked_twice(source: str, server: ReplayServer, tmp_path: Path, later: dt.timedelta) -> list[Request]:
    """Ask a source now and some time later, with the same memory, and return the requests of the second time; the values are the same."""
    with asking(server.url, tmp_path) as asker:
        first = had(source, asker, server.url)
    server.log.clear()
    with asking(server.url, tmp_path, now=NOW + later) as asker:
        second = had(source, asker, server.url)
    assert first == (true_values(source)[0], [])
    assert ([undated(value) for value in second[0].values()], second[1]) == ([undated(value) for value in first[0].values()], [])
    return server.requests


def undated(value: object) -> object:
    """Return a value without the day on which it was had."""
    return replace(value, fetched=None) if isinstance(value, Paper) else value


def test_within_its_time_an_answer_is_not_asked_for_again(server: ReplayServer, tmp_path: Path) -> None:
    assert asked_twice("listing", server, tmp_path, dt.timedelta(hours=23)) == []


def tagged(server: ReplayServer, path: str) -> tuple[str, str]:
    with urllib.request.urlopen(f"{server.url}{path}") as reply:
        tag, modified = reply.headers["ETag"], reply.headers["Last-Modified"]
    server.log.clear()
    return tag, modified


@pytest.mark.parametrize(("source", "path"), [("listing", "/rss/cs.CL"), ("feed", "/feed.xml")])
def test_after_its_time_the_tag_goes_back_as_it_came(source: str, path: str, server: ReplayServer, tmp_path: Path) -> None:
    """arXiv's has no quotes, others' have; a 304 brings what was had before."""
    tag, modified = tagged(server, path)
    assert tag.startswith('"') == (source == "feed")
    (request,) = asked_twice(source, server, tmp_path, dt.timedelta(hours=25) if source == "listing" else dt.timedelta())
    assert (request.headers["if-none-match"], request.headers["if-modified-since"]) == (tag, modified)


def test_a_tag_that_lost_its_quotes_goes_back_without_them(server: ReplayServer, tmp_path: Path) -> None:
    tag, _ = tagged(server, "/feed.xml")
    server.fault("unquoted etag", path="/feed.xml", at=(0,))
    (request,) = asked_twice("feed", server, tmp_path, dt.timedelta())
    assert request.headers["if-none-match"] == tag.strip('"')


def test_what_changed_meanwhile_is_had(server: ReplayServer, tmp_path: Path) -> None:
    with asking(server.url, tmp_path) as asker:
        had("feed", asker, server.url)
        server.play("/feed.xml", feed_of("One more"), "application/rss+xml", headers={"ETag": '"other"'})
        values, told = had("feed", asker, server.url)
    assert told == []
    assert [post.link.title for post in values.values()] == ["One more"]  # type: ignore[attr-defined]
    assert server.requests[1].headers["if-none-match"]


def feed_of(*titles: str) -> bytes:
    items = "".join(f"<item><title>{title}</title><link>https://example.org/{number}</link></item>" for number, title in enumerate(titles))
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'.encode()


@pytest.mark.parametrize("source", ["listing", "feed", "daily"])
def test_that_nothing_changed_is_a_fault_on_a_first_visit_and_the_next_asks_plainly(source: str, server: ReplayServer, tmp_path: Path) -> None:
    server.fault("etag 304", path=PATHS[source], at=(0,))
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == (true_values(source)[0], [])
    assert not any("if-none-match" in request.headers for request in server.requests)


def test_that_nothing_changed_may_be_said_with_the_headers_of_the_whole(tmp_path: Path) -> None:
    """Many a server sends ``Content-Encoding`` with a 304, which has no body to be packed."""
    whole = answer(body=gzip.compress(feed_of("A post")), Content_Type="application/rss+xml", Content_Encoding="gzip", ETag='"a"')
    same = b'HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nETag: "a"\r\n\r\n'
    with ByteServer(whole, same) as server, asking(server.url, tmp_path) as asker:
        first = had("feed", asker, server.url)
        assert had("feed", asker, server.url) == first
        assert first[1] == []
        assert len(server.asked) == 2


def test_a_new_time_comes_with_a_304(tmp_path: Path) -> None:
    whole = answer(body=feed_of("A post"), Content_Type="application/rss+xml", ETag='"a"')
    same = b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=600\r\n\r\n"
    with ByteServer(whole, same) as server, asking(server.url, tmp_path) as asker:
        for _ in range(4):
            values, told = had("feed", asker, server.url)
            assert (len(values), told) == (1, [])
        assert len(server.asked) == 2


def test_nobody_is_believed_longer_than_a_day(tmp_path: Path) -> None:
    whole = answer(body=feed_of("A post"), Content_Type="application/rss+xml", Cache_Control="public, max-age=999999999")
    with ByteServer(whole) as server:
        for hours, requests in ((0, 1), (23, 1), (25, 2)):
            with asking(server.url, tmp_path, now=NOW + dt.timedelta(hours=hours)) as asker:
                had("feed", asker, server.url)
            assert len(server.asked) == requests


def test_a_fault_does_not_take_the_place_of_what_was_kept(server: ReplayServer, tmp_path: Path) -> None:
    with asking(server.url, tmp_path) as asker:
        had("feed", asker, server.url)
        server.fault("cut body", path="/feed.xml")
        assert had("feed", asker, server.url)[0] == {}
        server.calm()
        server.log.clear()
        assert had("feed", asker, server.url) == (true_values("feed")[0], [])
        assert server.requests[0].headers["if-none-match"]


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no file": lambda path: path.unlink(),
    "no database": lambda path: path.write_bytes(b"not a database, but long enough to be taken for one" * 100),
    "an empty file": lambda path: path.write_bytes(b""),
    "other tables": lambda path: changed(path, "DROP TABLE answers", "CREATE TABLE answers (something TEXT)"),
    "half an answer": lambda path: changed(path, "UPDATE answers SET body = substr(body, 1, length(body) / 2)"),
    "no answer": lambda path: changed(path, "UPDATE answers SET body = x''"),
    "another answer": lambda path: changed(path, "UPDATE answers SET body = CAST('Rate exceeded.' AS BLOB), type = 'text/plain'"),
    "a time that is none": lambda path: changed(path, "UPDATE answers SET until = 'soon'"),
}


def changed(path: Path, *statements: str) -> None:
    file = sqlite3.connect(path)
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()


@pytest.mark.parametrize("source", ["listing", "search", "harvest"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_memory_that_was_damaged_is_none(damage: Callable[[Path], object], source: str, server: ReplayServer, tmp_path: Path) -> None:
    with asking(server.url, tmp_path) as asker:
        had(source, asker, server.url)
    damage(tmp_path / "cache.sqlite")
    with asking(server.url, tmp_path) as asker:
        assert had(source, asker, server.url) == (true_values(source)[0], [])


# ---- answers cut and bitten at any place ----

TYPES = {
    "by_id": "application/atom+xml", "search": "application/atom+xml", "listing": "application/rss+xml", "record": "text/xml", "harvest": "text/xml",
    "daily": "application/json", "feed": "application/rss+xml",
}  # fmt: skip
ONE_PAGE = ("by_id", "listing", "record", "daily", "feed")


@cache
def served_body(source: str) -> bytes:
    """Return the bytes of the one answer that a source gives."""
    with ReplayServer(PAPERS, oai_page=OAI_PAGE) as server, TemporaryDirectory() as folder, asking(server.url, Path(folder)) as asker:
        had(source, asker, server.url)
        (request,) = server.requests
        with urllib.request.urlopen(f"{server.url}{request.path}?{request.query}") as reply:
            return bytes(reply.read())


@contextmanager
def reader(source: str, status: int = 200) -> Iterator[Callable[[bytes], tuple[dict[object, object], list[str]]]]:
    """Yield what gives back, for the bytes of an answer, what a source makes of them."""
    line: Any = Canned(b"", TYPES[source], status)

    def read(body: bytes) -> tuple[dict[object, object], list[str]]:
        line.body = body
        return had(source, asker, "http://canned.example")

    with TemporaryDirectory() as folder, asking("http://canned.example", Path(folder), http=line) as asker:
        yield read


def canned(source: str, body: bytes, status: int = 200) -> tuple[dict[object, object], list[str]]:
    """Return what a source makes of these bytes."""
    with reader(source, status) as read:
        return read(body)


@pytest.mark.parametrize("source", ONE_PAGE)
def test_an_answer_cut_at_any_place_is_whole_or_refused(source: str) -> None:
    body, (values, _) = served_body(source), true_values(source)
    edges = {match.end() for match in re.finditer(rb"</?[\w:-]+>|[}\]]", body)}
    drawn = random.Random(1)
    cuts = sorted({*drawn.sample(sorted(edges), min(80, len(edges))), *drawn.sample(range(len(body)), 40), *range(len(body) - 25, len(body))})
    with reader(source) as read:
        outcomes = {cut: read(body[:cut]) for cut in cuts}
    for cut, (found, told) in outcomes.items():
        assert (found, told) == (values, []) or (not found and told), f"cut at {cut} of {len(body)}: {len(found)} values, {told}"


def test_an_old_feed_cut_behind_its_head_is_no_empty_feed() -> None:
    """In RSS 1.0 the items stand behind the channel, so that one may be whole and the other gone."""
    head = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://a.example/"><title>A</title></channel>'
    item = '<item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link></item>'
    assert len(canned("feed", f"{head}{item}</rdf:RDF>".encode())[0]) == 1
    values, told = canned("feed", head.encode())
    assert (values, len(told)) == ({}, 1)


@pytest.mark.parametrize("source", ONE_PAGE)
def test_an_answer_bitten_at_any_place_breaks_nothing_else(source: str) -> None:
    """Bytes changed, doubled, swapped or gone: something comes of it or a reason, and no other exception."""
    body, drawn = served_body(source), random.Random(2)
    scraps = [b"\x00", b"\x0b", b"\xff", b"\xed\xa0\x80", b"&", b"<", b">", b"]]>", b"'", b'"', b"&#0;", b"&#x10ffff;", b"&nbsp;", b"<!--", b"-->", b"9" * 30, b"-", b"{", b"null"]
    with reader(source) as read:
        for _ in range(40 if source == "listing" else 150):
            bitten = bytearray(body)
            for _ in range(drawn.randint(1, 3)):
                place, length = drawn.randrange(len(bitten)), drawn.choice((0, 1, 3, 30))
                bitten[place : place + length] = drawn.choice([*scraps, bytes(bitten[place : place + length]) * 2, b""])
            values, told = read(bytes(bitten))
            assert values or told, bytes(bitten)


DRESSES: dict[str, Callable[[bytes], bytes]] = {
    "with a mark of its order": lambda body: b"\xef\xbb\xbf" + body,
    "in UTF-16": lambda body: body.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "in UTF-16, the other way round": lambda body: b"\xfe\xff" + body.decode().replace("UTF-8", "UTF-16").encode("utf-16-be"),
    "in Latin-1": lambda body: body.replace(b"UTF-8", b"ISO-8859-1").decode().encode("iso-8859-1", "xmlcharrefreplace"),
    "behind an empty line": lambda body: b"\r\n" + body,
    "before empty lines": lambda body: body + b"\n\n  \r\n",
    "with a comment at its end": lambda body: body + b"<!-- cached -->\n",
    "without declaration": lambda body: re.sub(rb"^<\?xml[^>]*\?>", b"", body),
}


@pytest.mark.parametrize("source", ["by_id", "listing", "record", "feed"])
@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
def test_the_same_words_in_another_dress_are_the_same(dress: Callable[[bytes], bytes], source: str) -> None:
    """Or refused: never other words."""
    found, told = canned(source, dress(served_body(source)))
    assert (found, told) == (true_values(source)[0], []) or (not found and told)


@pytest.mark.parametrize("source", ["by_id", "listing", "record", "feed"])
@pytest.mark.parametrize("letter", [b"\x00", b"\x08", b"\x0b", b"\x1b", b"\x1f"], ids=repr)
def test_a_letter_that_xml_forbids_takes_no_other_with_it(letter: bytes, source: str) -> None:
    """It stands in one title; every other value is as it was served, and so is the rest of that title."""
    body = served_body(source)
    titles = list(re.finditer(rb"<title>(?=.)", body))
    place = titles[min(1, len(titles) - 1)].end()
    values, told = canned(source, body[:place] + letter + body[place:])
    if told:
        assert not values
    else:
        assert values == true_values(source)[0]


# ---- one bad entry among good ones ----


def without(element: str) -> Callable[[bytes], bytes]:
    return lambda body: re.sub(rb"(<entry>.*?)<%b[^>]*?(/>|>.*?</%b>)" % (element.encode(), element.encode()), rb"\1", body, count=1, flags=re.S)


def every(element: str, text: str) -> Callable[[bytes], bytes]:
    """Put a text in place of every such element's of the first entry."""

    def change(body: bytes) -> bytes:
        first, close, rest = body.partition(b"</entry>")
        return re.sub(rb"<%b[^>]*?(/>|>.*?</%b>)" % (element.encode(), element.encode()), text.encode(), first, flags=re.S) + close + rest

    return change


BAD_ENTRIES: dict[str, Callable[[bytes], bytes]] = {
    "no id": without("id"),
    "an id of nobody": every("id", "<id>http://example.org/1</id>"),
    "an id that is none": every("id", "<id>http://arxiv.org/abs/2401.3001v1</id>"),
    "no title": without("title"),
    "an empty title": every("title", "<title> </title>"),
    "no authors": every("author", ""),
    "authors without a name": every("author", "<author><name/></author>"),
    "no categories": every("category", ""),
    "no category of arXiv's": lambda body: every("arxiv:primary_category", "")(every("category", '<category term="68T50"/>')(body)),
    "no first day": without("published"),
    "no day": without("updated"),
    "a day that is none": every("published", "<published>yesterday</published>"),
    "a day before all days": every("published", "<published>0001-01-01T00:00:00+10:00</published>"),
    "a day after all days": every("updated", "<updated>9999-12-31T23:59:59-10:00</updated>"),
}


@pytest.mark.parametrize("change", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_one_bad_entry_is_told_and_the_others_kept(change: Callable[[bytes], bytes]) -> None:
    body = served_body("by_id")
    assert change(body) != body
    values, told = canned("by_id", change(body))
    whole = true_values("by_id")[0]
    assert values.items() < whole.items() or not values
    assert told
    assert not values or len(values) == len(whole) - 1


INTERRUPTED = {"a comment": "<!-- x -->", "an instruction": "<?x y?>", "an element": "<b>x</b>"}


@pytest.mark.parametrize("element", ["title", "summary"])
@pytest.mark.parametrize("between", INTERRUPTED.values(), ids=INTERRUPTED)
def test_words_that_markup_interrupts_are_not_cut_short(between: str, element: str) -> None:
    body = served_body("by_id").replace(f"<{element}>".encode(), f"<{element}>{between}".encode())
    values, told = canned("by_id", body)
    assert told or all(paper.title and paper.abstract for paper in values.values())  # type: ignore[attr-defined]


TOTALS = ["-3", "3.0", "three", "", "٣", "9" * 5000, "1", "4"]


@pytest.mark.parametrize("total", TOTALS, ids=lambda total: total[:10] or "nothing")
def test_a_count_that_is_none_is_told(total: str) -> None:
    body = re.sub(rb"(totalResults>)\d+", rb"\g<1>" + total.encode(), served_body("by_id"))
    values, told = canned("by_id", body)
    assert told or values == true_values("by_id")[0]
    if total != "1":
        assert total == "٣" or not values


STATUSES = [(source, status) for source in ONE_PAGE for status in (304, 400, 404)]


@pytest.mark.parametrize(("source", "status"), STATUSES)
def test_a_good_body_under_a_bad_status_is_none(source: str, status: int) -> None:
    values, told = canned(source, served_body(source), status=status)
    assert not values
    assert told


def record_of(change: Callable[[bytes], bytes]) -> tuple[dict[object, object], list[str]]:
    body = served_body("record")
    assert change(body) != body
    return canned("record", change(body))


BAD_RECORDS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "of another paper": (lambda body: body.replace(b"2401.03001", b"2401.03002"), "2401.03002"),
    "without title": (lambda body: re.sub(rb"<title>.*?</title>", b"", body), "no title"),
    "without authors": (lambda body: re.sub(rb"<authors>.*?</authors>", b"", body), "no author"),
    "without categories": (lambda body: re.sub(rb"<categories>.*?</categories>", b"", body), "no category"),
    "with a version that is none": (lambda body: body.replace(b'"v3"', b'"vx"'), "."),
    "with a day that is none": (lambda body: re.sub(rb"<date>.*?</date>", b"<date>yesterday</date>", body), "."),
    "with a day after all days": (lambda body: re.sub(rb"<date>.*?</date>", b"<date>Fri, 01 Jan 99999999999999999999 00:00:00 GMT</date>", body), "."),
    "with a day before all days": (lambda body: re.sub(rb"<date>.*?</date>", b"<date>0001-01-01T00:00:00+14:00</date>", body), "."),
}


@pytest.mark.parametrize(("change", "says"), BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_a_record_that_cannot_be_read_is_told_and_not_taken_for_a_paper_that_is_not_there(change: Callable[[bytes], bytes], says: str) -> None:
    values, told = record_of(change)
    assert not values
    assert re.search(says, told[0])
    assert "no such paper" not in told[0]


def older(body: bytes) -> bytes:
    """Put the items of a list a day back."""
    return re.sub(rb"(<item>.*?<pubDate>)Fri, 12( Jan 2024)", rb"\1Thu, 11\2", body, flags=re.S)


def test_a_listing_of_older_items_says_so() -> None:
    """As one category had in August 2026: yesterday's items under today's date."""
    values, told = canned("listing", older(served_body("listing")))
    assert len(values) == len(true_values("listing")[0])
    assert told == ["the feed of 2024-01-12 carries the announcement of 2024-01-11; ask again later"]


BAD_ITEMS: dict[str, Callable[[bytes], bytes]] = {
    "a day that is none": lambda body: re.sub(rb"(<item>.*?<pubDate>)[^<]*", rb"\1yesterday", body, count=1, flags=re.S),
    "no title": lambda body: re.sub(rb"(<item>\s*)<title>.*?</title>", rb"\1", body, count=1, flags=re.S),
    "no authors": lambda body: re.sub(rb"<dc:creator>.*?</dc:creator>", b"", body, count=1, flags=re.S),
    "no category": lambda body: re.sub(rb"(<item>.*?)(\s*<category>[^<]*</category>)+", rb"\1", body, count=1, flags=re.S),
}


@pytest.mark.parametrize("change", BAD_ITEMS.values(), ids=BAD_ITEMS)
def test_one_bad_item_of_a_listing_is_told_and_the_others_kept(change: Callable[[bytes], bytes]) -> None:
    body = served_body("listing")
    assert change(body) != body
    values, told = canned("listing", change(body))
    whole = true_values("listing")[0]
    assert values.items() <= whole.items()
    assert (len(values), len(told)) == (len(whole) - 1, 1)
    assert "was passed over" in told[0]


BAD_LISTED = [None, 1, "2401.00001", [], {}, {"paper": None}, {"paper": {}}, {"paper": {"id": 2401.00001}}, {"paper": {"id": "2401.1"}}, {"paper": {"id": "2401.00001", "submittedOnDailyAt": "2024-13-45"}}]


@pytest.mark.parametrize("item", BAD_LISTED, ids=json.dumps)
def test_one_bad_item_of_a_daily_list_is_told_and_the_others_kept(item: object) -> None:
    whole = true_values("daily")[0]
    values, told = canned("daily", json.dumps([item, *json.loads(served_body("daily"))]).encode())
    assert whole.items() <= values.items()
    assert len(values) + len(told) == len(whole) + 1


@pytest.mark.parametrize("body", [b"{}", b"null", b"3", b'"x"', b"[" * 100_000, b'{"error": {"deep": [1]}}', b"[]]", b"\xff\xfe[]", b"9" * 5000, b'[{"paper": NaN}'], ids=lambda body: repr(body[:12]))
def test_json_that_is_no_list_is_told(body: bytes) -> None:
    values, told = canned("daily", body)
    assert not values
    assert told


def test_a_daily_list_of_nothing_is_an_answer() -> None:
    assert canned("daily", b"[]") == ({}, [])


# ---- memory ----

PEAK = """
import sys
try:
    from roundup.cli import main
    main(sys.argv[1:])
finally:
    import resource
    try:
        peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    print(f"peak {peak // 1024} MB", file=sys.stderr)
"""


@pytest.mark.parametrize("kind", ["gzip bomb", "100 MB body", "endless body"])
def test_a_huge_answer_costs_less_than_200_mb(kind: str, digest: Callable[..., Path], server: ReplayServer, tmp_path: Path) -> None:
    server.fault(kind, path="/api")
    assert peak_mb(digest(DIGEST, bare=True), server, tmp_path, "2401.03001") < 200  # which OAI-PMH gives then


def test_the_largest_answer_that_is_taken_costs_less_than_200_mb(digest: Callable[..., Path], server: ReplayServer, tmp_path: Path) -> None:
    body, item = served_body("feed"), b"<description>"
    words = b"word " * ((Limits().size - len(body)) // body.count(item) // 5)
    server.play("/feed.xml", body.replace(item, item + words), TYPES["feed"])
    assert peak_mb(digest(DIGEST, bare=True), server, tmp_path, f"{server.url}/feed.xml") < 200


def peak_mb(root: Path, server: ReplayServer, home: Path, what: str) -> int:
    """Return what a process that fetches once takes, by the kernel's count; RUSAGE_CHILDREN would count the test's own process, too."""
    done = apart(root, server, home, "fetch", what, "--delay", "0.01", program=["-c", PEAK])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found = re.search(r"^peak (\d+) MB$", done.stderr, re.M)
    assert found
    return int(found[1])


# ---- through the command line ----

DIGEST = {
    "roundup.yaml": "title: A digest\ncontact: ann@example.org\nsources:\n- arxiv: [cs.CL]\n",
    "issues/2024-1/issue.yaml": "teaser: a draft\nintro: |\n  Words.\n",
    "issues/2024-1/commentary/a-talk.yaml": "link: {url: https://example.org/talk, title: A talk}\ncommentary: Words.\nstatus: ready\n",
    "issues/2024-1/commentary/2401.03008.yaml": "# mine\npaper: 2401.03008\ncommentary: |\n  Words of an editor.\n",
}
Run = Callable[..., Result]


def apart(root: Path, server: ReplayServer, home: Path, *arguments: str, program: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = {**plain, **server.environment, "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *(program or ["-m", "roundup"]), *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def fetch(roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ReplayServer) -> Run:
    """Fetch from the server, a hundredth of a second between requests, on a Saturday in January 2024."""
    for name, value in {**server.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    for name in ("network.now", "fetch.now"):
        monkeypatch.setattr(f"roundup.cli.{name}", lambda: NOW)
    monkeypatch.setattr("roundup.cli.fetch.today", NOW.date)

    def run(*arguments: str, root: Path) -> Result:
        return roundup("fetch", *(one.format(server=server.url) for one in arguments), "--delay", "0.01", root=root)

    return run


def sources(root: Path) -> dict[str, bytes]:
    """Return every file of a digest that is not the program's memory."""
    return {path: data for path, data in tree(root).items() if not path.startswith(".roundup/")}


def records(root: Path) -> dict[str, Paper]:
    found = {}
    for path in sorted(root.glob("issues/*/papers/*.yaml")):
        paper = parse_paper(path.read_text(encoding="utf-8"), path.name, [])
        assert paper
        found[paper.id.base] = paper
    return found


# What is asked for -> the path that the fault stands on, and how what is missing is called.
QUESTIONS = {
    ("2401.03001", "hep-th/9901001"): ("/", "2401.03001, hep-th/9901001"),
    ("ti:attention AND cat:cs.CL",): ("/api", "ti:attention AND cat:cs.CL"),
    ("Ten zeros and how to keep them",): ("/api", "Ten zeros and how to keep them"),
    ("10.5555/12345678",): ("/api", "10.5555/12345678"),
    ("--category", "cs.CL", "--since", "2024-01-10"): ("/", "cs.CL"),
    ("cs.CL",): ("/rss", "cs.CL"),
    ("https://huggingface.co/papers/date/2024-01-12",): ("/hf", "https://huggingface.co/papers/date/2024-01-12"),
    ("{server}/feed.xml",): ("/feed.xml", "{server}/feed.xml"),
}
TOTAL = ("503", "429 huge", "200 html error", "empty body", "cut body", "doctype", "brotli unknown", "redirect elsewhere", "reset", "gzip bomb")
IDS = next(iter(QUESTIONS))
# Every fault for IDs, and for each other question four of them.
FAILURES = [(IDS, kind) for kind in TOTAL] + [
    (question, TOTAL[(3 * step + place) % len(TOTAL)]) for place, question in enumerate(QUESTIONS) if question != IDS for step in range(4)]


@cache
def clean(question: tuple[str, ...]) -> dict[str, bytes]:
    """Nothing yet; filled by ``after_a_clean_run``."""
    return {}


def after_a_clean_run(question: tuple[str, ...], fetch: Run, digest: Callable[..., Path]) -> dict[str, bytes]:
    """Return the digest as a run without any fault leaves it; one run for each question."""
    kept = clean(question)
    if not kept:
        root = digest(DIGEST, bare=True, name="clean")
        assert fetch(*question, root=root).code == 0
        kept.update(sources(root))
    return kept


@pytest.mark.parametrize(("question", "kind"), FAILURES, ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_a_failure_names_what_was_not_fetched_changes_nothing_and_the_next_run_brings_it(
    question: tuple[str, ...], kind: str, fetch: Run, digest: Callable[..., Path], server: ReplayServer
) -> None:
    whole = after_a_clean_run(question, fetch, digest)
    root = digest(DIGEST, bare=True)
    before, (path, asked) = sources(root), QUESTIONS[question]
    server.fault(kind, path=path)
    done = fetch(*question, root=root)
    assert done.code == 3, done
    assert re.search(rf"^not fetched: .*{re.escape(asked.format(server=server.url))}", done.err, re.M), done.err
    assert "run the same command again: it asks only for what is missing" in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert sources(root) == before
    server.calm()
    again = fetch(*question, root=root)
    assert (again.code, "not fetched" in again.err) == (0, False)
    assert sources(root) == whole


def test_the_whole_of_what_a_failure_says(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.fault("200 rate text", path="/")
    done = fetch("2401.03001", root=digest(DIGEST, bare=True))
    pause = r"127\.0\.0\.1:\d+ answered with text/plain, which is no feed: \"Rate exceeded\.\"; asking again in 0 s\n"
    told = r'answered with text/plain, which is no feed: "Rate exceeded." after 4 tries'
    reason = f"{told}; try again later"
    assert re.fullmatch(
        rf"(?:{pause}){{3}}{re.escape(server.url)}/api/query {re.escape(told)}; asking OAI-PMH instead, a paper at a time\n"
        rf"(?:{pause}){{3}}(?:\S+/oai .*\n)?(?:{pause}){{3}}{re.escape(server.url)}/rss/cs\.CL {re.escape(reason)}\n"
        rf"not fetched: 2401\.03001: {re.escape(server.url)}/oai {re.escape(reason)}\n"
        r"run the same command again: it asks only for what is missing\n",
        done.err,
    ), done.err


@pytest.mark.parametrize("kind", ["503", "empty later page"])
def test_a_search_that_breaks_off_keeps_what_was_had_and_goes_on_from_there(kind: str, fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    question = ("submittedDate:[19900101 TO 20991231]", "--max", "300")
    whole = after_a_clean_run(question, fetch, digest)
    root = digest(DIGEST, bare=True)
    before = sources(root)
    server.log.clear()
    server.fault(kind, path="/api", at=range(1, 100))
    done = fetch(*question, root=root)
    assert done.code == 3
    assert "100 of 130 papers were had" in done.err
    assert "run the same command again" in done.err
    assert "100 papers: 100 new" in done.out
    part = sources(root)
    assert {path: part[path] for path in before} == before
    assert part.items() <= whole.items()
    assert len(records(root)) == 100
    server.calm()
    server.log.clear()
    assert fetch(*question, root=root).code == 0
    assert [request.arguments["start"] for request in server.requests] == ["100"]
    assert sources(root) == whole


def test_of_two_hundred_ids_the_first_page_is_kept_and_only_the_rest_is_asked_for_again(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    ids = tuple(paper.id for paper in PAPERS)
    whole = after_a_clean_run(ids, fetch, digest)
    root = digest(DIGEST, bare=True)
    server.log.clear()
    server.fault("503", path="/api", at=range(1, 100))
    server.fault("503", path="/oai")
    server.fault("503", path="/rss")
    done = fetch(*ids, root=root)
    assert done.code == 3
    assert f"not fetched: {', '.join(ids[100:110])} and 20 more: " in done.err
    assert set(records(root)) == set(ids[:100])
    server.calm()
    server.log.clear()
    assert fetch(*ids, root=root).code == 0
    assert [set(request.arguments["id_list"].split(",")) for request in server.requests] == [set(ids[100:])]
    assert sources(root) == whole


def test_where_the_api_is_down_oai_pmh_has_the_same_records(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    ids = [paper.id for paper in PAPERS[:25]]
    root, other = digest(DIGEST, bare=True, name="api"), digest(DIGEST, bare=True, name="oai")
    assert fetch(*ids, root=root).code == 0
    server.fault("503", path="/api")
    server.log.clear()
    done = fetch(*ids, root=other)
    assert (done.code, done.out) == (0, "25 papers: 25 new, into 2024-1\n")
    assert "/api/query answered HTTP 503 after 4 tries; asking OAI-PMH instead, a paper at a time" in done.err
    assert [request.path for request in server.requests] == ["/api/query"] * 4 + ["/oai"] * 25  # asked no more once it is known to be down
    one, two = records(root), records(other)
    assert one.keys() == two.keys()
    for base, paper in one.items():
        assert {one.source for one in (two[base].fetched,) if one} == {"arXiv OAI-PMH"}
        assert comparable(two[base]) == comparable(paper)
        assert two[base].license == (SERVED[base].license or "")


def comparable(paper: Paper) -> Paper:
    """Return a paper without what only one of the roads knows: licence, affiliations, where it was read."""
    people = tuple(Author(plain(author.name)) for author in paper.authors)
    return replace(paper, authors=people, license="", fetched=None, links=replace(paper.links, pdf=""))


def test_a_version_that_oai_pmh_cannot_give_is_not_said_to_be_missing_at_arxiv(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    """It knows newest versions only; arXiv has the first one all the same."""
    server.fault("503", path="/api")
    done = fetch("2401.03001v1", root=digest(DIGEST, bare=True))
    assert done.code == 3
    assert "not fetched: 2401.03001v1: " in done.err
    assert "arXiv has no such paper" not in done.err


def test_where_oai_pmh_is_down_too_the_digests_own_announcements_are_read(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DIGEST, bare=True)
    server.fault("503", path="/api")
    server.fault("reset", path="/oai")
    done = fetch("2401.03003", "2401.03012", "2401.03009", root=root)
    assert done.code == 3
    assert re.search(r"^not fetched: 2401\.03009: \S+/oai broke off in the middle of its answer after 4 tries", done.err, re.M)
    assert "2 papers: 2 new" in done.out
    had_now = records(root)
    assert set(had_now) == {"2401.03003", "2401.03012"}
    for base, paper in had_now.items():
        assert (paper.title, paper.abstract, paper.fetched.source) == (SERVED[base].title, SERVED[base].abstract, "arXiv announcements")  # type: ignore[union-attr]
        assert [author.name for author in paper.authors] == [name for name, _ in SERVED[base].authors]
    assert [request.path for request in server.requests if request.path.startswith("/rss")] == ["/rss/cs.CL"]
    server.calm()
    server.log.clear()
    assert fetch("2401.03003", "2401.03012", "2401.03009", root=root).code == 0
    assert [request.arguments["id_list"] for request in server.requests] == ["2401.03009"]


def test_a_search_by_day_and_category_finds_the_same_by_oai_pmh(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    question = ("--category", "cs.CL", "--since", "2024-01-10")
    root, other = digest(DIGEST, bare=True, name="api"), digest(DIGEST, bare=True, name="oai")
    assert fetch(*question, root=root).code == 0
    server.fault("503", path="/api")
    done = fetch(*question, root=other)
    assert done.code == 0
    assert "harvesting from OAI-PMH instead" in done.err
    assert {base: comparable(paper) for base, paper in records(other).items()} == {base: comparable(paper) for base, paper in records(root).items()}


def test_a_list_whose_papers_nobody_completes_is_kept_as_it_is_and_that_is_told(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DIGEST, bare=True)
    server.fault("503", path="/api")
    server.fault("403", path="/oai")
    done = fetch("cs.CL", root=root)
    assert "/api/query answered HTTP 503" in done.err
    assert "/oai answered HTTP 403" in done.err
    assert {paper.fetched.source for paper in records(root).values() if paper.fetched} == {"arXiv announcements"}


def test_a_day_without_announcements_is_no_failure(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DIGEST, bare=True)
    before = sources(root)
    server.fault("weekend feed", path="/rss")
    done = fetch("cs.CL", root=root)
    assert done.code == 0
    assert "cs.CL: no announcement (Saturday, 2024-01-13)" in done.err
    assert "not fetched" not in done.err
    assert sources(root) == before


@pytest.mark.parametrize("kind", ["empty body", "200 html error", "200 rate text", "200 json", "cut body", "etag 304"])
def test_a_feed_that_is_empty_by_a_fault_is_one(kind: str, fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.fault(kind, path="/rss")
    done = fetch("cs.CL", root=digest(DIGEST, bare=True))
    assert done.code == 3
    assert "not fetched: cs.CL: " in done.err
    assert "no announcement" not in done.err


def test_a_feed_of_yesterday_brings_nothing_twice(fetch: Run, digest: Callable[..., Path], server: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the day after, it holds what was had the day before; the numbers of the papers tell."""
    root = digest(DIGEST, bare=True)
    server.day = FRIDAY - dt.timedelta(days=1)
    assert fetch("cs.CL", root=root).code == 0
    thursday = {path: data for path, data in sources(root).items() if "/papers/" in path}
    assert thursday
    server.day = FRIDAY
    server.fault("day-old feed", path="/rss")
    monkeypatch.setattr("roundup.cli.network.now", lambda: NOW + dt.timedelta(days=2))
    done = fetch("cs.CL", root=root)
    assert done.code == 0
    assert " new" not in done.out.replace("nothing new", "")
    assert sources(root).keys() >= thursday.keys()
    assert len(records(root)) == len(thursday)
    server.calm()


def test_what_is_odd_about_a_list_is_told(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.play("/rss", older(served_body("listing")), "application/rss+xml")
    done = fetch("cs.CL", root=digest(DIGEST, bare=True))
    assert done.code == 0
    assert "cs.CL: the feed of 2024-01-12 carries the announcement of 2024-01-11; ask again later" in done.err


def test_a_paper_that_the_index_lacks_for_a_day_is_named_and_the_others_kept(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DIGEST, bare=True)
    server.fault("id missing", path="/api", id="2401.03002")
    done = fetch("2401.03001", "2401.03002", "2401.03003", root=root)
    assert done.code == 3
    assert "not fetched: 2401.03002: arXiv has no such paper, or not yet: a new one may take a day" in done.err
    assert set(records(root)) == {"2401.03001", "2401.03003"}
    server.calm()
    server.log.clear()
    assert fetch("2401.03001", "2401.03002", "2401.03003", root=root).code == 0
    assert [request.arguments["id_list"] for request in server.requests] == ["2401.03002"]


def test_a_server_that_says_nothing_is_given_up(fetch: Run, digest: Callable[..., Path], server: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Http.__init__.__kwdefaults__
    monkeypatch.setitem(Http.__init__.__kwdefaults__, "limits", Limits(silence_s=0.15, total_s=0.3))
    root = digest(DIGEST, bare=True)
    before, began = sources(root), time.monotonic()
    server.fault("stall before headers", path="/api")
    server.fault("slow headers", path="/oai", every=0.03)
    server.fault("stall mid-body", path="/rss")
    done = fetch("2401.03001", root=root)
    assert time.monotonic() - began < 5
    assert done.code == 3
    assert "/api/query said nothing for 0.15 s after 2 tries" in done.err
    assert "not fetched: 2401.03001: " in done.err
    assert sources(root) == before


def test_what_a_server_says_steers_no_terminal(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.play("/", b"\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08Rate \xe2\x80\xaeexceeded", "text/plain")
    done = fetch("2401.03001", "cs.CL", "{server}/feed.xml", root=digest(DIGEST, bare=True))
    assert done.code == 3
    assert not re.search(r"[^\t\n\x20-\x7e\u00a0-\U0010ffff]", done.out + done.err)
    assert "\u202e" not in done.err


def test_a_pause_that_is_too_long_is_told_with_its_end(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.fault("429 huge", path="/")
    done = fetch("2401.03001", root=digest(DIGEST, bare=True))
    assert done.code == 3
    assert "not fetched: 2401.03001: " in done.err
    assert "answered HTTP 429; it asks to be left alone for 24 hours; come back after that" in done.err
    assert [request.path for request in server.requests] == ["/api/query", "/oai", "/rss/cs.CL"]


def test_who_is_asking_is_said_in_every_request(fetch: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    fetch("2401.03001", "cs.CL", "{server}/feed.xml", "https://huggingface.co/papers/date/2024-01-12", "--licenses", root=digest(DIGEST, bare=True))
    (agent,) = server.user_agents()
    assert re.fullmatch(r"roundup/[\d.]+\S* \(ann@example\.org\)", agent)
    assert len({request.connection for request in server.requests}) == 1


def test_a_failure_in_a_process_of_its_own_ends_with_3_and_no_traceback(digest: Callable[..., Path], server: ReplayServer, tmp_path: Path) -> None:
    root = digest(DIGEST, bare=True)
    before = sources(root)
    server.fault("cut body", path="/")
    done = apart(root, server, tmp_path, "fetch", "2401.03001", "--delay", "0.01")
    assert (done.returncode, done.stdout) == (3, "")
    assert "not fetched: 2401.03001: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sources(root) == before


def test_nothing_listens_anywhere(fetch: Run, digest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        for name in ("API", "OAI", "FEED"):
            monkeypatch.setenv(f"ROUNDUP_ARXIV_{name}", f"http://127.0.0.1:{free.getsockname()[1]}/x")
        done = fetch("2401.03001", root=digest(DIGEST, bare=True))
    assert done.code == 3
    assert "cannot be reached: connection refused" in done.err
