"""No private address is ever asked, whatever names it: a feed, a redirect, or a name server that changes its mind.

A lookup of our own stands for the name servers, and every connection that is tried is noted before a packet of it could leave.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from asking import AGENT, Asker, ByteServer, answer, asking
from replay import ReplayServer, invented
from roundup.errors import FetchError
from roundup.sources.answers import AnswerError
from roundup.sources.http import Http
from roundup.sources.reach import Reach, is_public

PUBLIC, OTHER, INSIDE = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "10.0.0.1"
Names = dict[str, Iterator[tuple[str, ...]]]


def lookup(names: Names) -> Callable[..., Iterable[tuple[Any, ...]]]:
    """Return a lookup that knows these names, each with what it answers from one time to the next; numbers it reads as the system does."""

    def look_up(host: str, port: int, family: int, kind: int) -> Iterable[tuple[Any, ...]]:
        try:
            return socket.getaddrinfo(host, port, family, kind, 0, socket.AI_NUMERICHOST)
        except socket.gaierror:
            named = "127.0.0.1" if host.lower().endswith("localhost") else ""
            return [(0, 0, 0, "", (address, port)) for address in ((named,) if named else next(names[host]))]

    return look_up


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that a connection was tried to; those beyond this machine refuse it."""
    tried: list[str] = []
    connect = socket.socket.connect

    def note(self: socket.socket, address: Any) -> None:
        tried.append(str(address[0]))
        if tried[-1] != "127.0.0.1":
            raise ConnectionRefusedError(111, "Connection refused")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", note)
    return tried


def line(names: Names, *own: str) -> Http:
    return Http(AGENT, reach=Reach(Reach.of(own).own, lookup(names)))


def asked(url: str, names: Names, folder: Path, *hosts: str, own: Iterable[str] = ()) -> str:
    """Ask an address; return what was said of it."""
    with asking("http://127.0.0.1:9", folder, http=line(names, *own)) as asker, pytest.raises(FetchError) as caught:
        asker.body(url, *hosts)
    return str(caught.value)


def test_the_hosts_of_the_corpus(shared: Path, connected: list[str], tmp_path: Path) -> None:
    """What may be asked is tried at its public address, and of what may not no connection is tried."""
    rows = [row for row in json.loads((shared / "corpora/ssrf/hosts_own.json").read_text()) if "url" in row]
    assert len(rows) == 38
    for row in rows:
        connected.clear()
        every: Names = {name: repeat((PUBLIC,)) for name in ("arxiv.org", "example.org", "1password.example", "3com.example")}
        said = asked(row["url"], every, tmp_path)
        assert (set(connected), "cannot be reached" in said) == (({PUBLIC}, True) if row["allow"] else (set(), False)), (row, said)


REFUSED_NAMES = {
    "a private address": ((INSIDE,),),
    "this machine": (("127.0.0.1",),),
    "a public and a private one": ((PUBLIC, INSIDE),),
    "a private one behind the next protocol": ((OTHER, "::1"),),
    "one wrapped in another": (("::ffff:10.0.0.1",),),
}


@pytest.mark.parametrize("answers", REFUSED_NAMES.values(), ids=REFUSED_NAMES)
def test_a_name_that_leads_inside_is_refused(answers: tuple[tuple[str, ...], ...], connected: list[str], tmp_path: Path) -> None:
    said = asked("http://inside.example/feed.xml", {"inside.example": chain(answers)}, tmp_path)
    assert said.startswith("http://inside.example/feed.xml leads to ")
    assert said.endswith(", which is no public address; mend the address")
    assert connected == []


def test_a_name_that_changes_its_mind_is_judged_by_what_is_connected_to(connected: list[str], tmp_path: Path) -> None:
    """The first look-up is the only one, and the next request has one of its own."""
    names: Names = {"rebinding.example": iter([(PUBLIC,), (INSIDE,)])}
    assert "leads to 10.0.0.1" in asked("http://rebinding.example/", names, tmp_path)  # the first try failed, and the second looked it up again
    assert connected == [PUBLIC]


def test_all_addresses_of_a_host_are_tried(connected: list[str], tmp_path: Path) -> None:
    assert "cannot be reached: connection refused" in asked("http://two.example/", {"two.example": repeat((OTHER, PUBLIC))}, tmp_path)
    assert connected == [OTHER, PUBLIC] * 2


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(invented(5)) as running:
        yield running


def within(server: ReplayServer, folder: Path, asks: Callable[[Asker], object], **names: Iterator[tuple[str, ...]]) -> str:
    http = line({name.replace("_", "."): found for name, found in names.items()}, server.url)
    with asking(server.url, folder, http=http) as asker, pytest.raises(FetchError) as caught:
        asks(asker)
    return str(caught.value)


def test_a_redirect_that_leads_inside_is_refused_even_where_the_host_is_allowed(server: ReplayServer, connected: list[str], tmp_path: Path) -> None:
    server.fault("redirect inside", path="/feed.xml", to="http://inside.example/")
    said = within(server, tmp_path, lambda asker: asker.body(f"{server.url}/feed.xml", "inside.example"), inside_example=repeat((INSIDE,)))
    assert "leads to 10.0.0.1, which is no public address" in said
    assert connected == ["127.0.0.1"]


@pytest.mark.parametrize("to", ["file:///etc/passwd", "http://169.254.169.254/latest/", "http://127.0.0.1:9/", "gopher://127.0.0.1/"])
def test_a_redirect_leads_to_no_file_and_no_neighbour(to: str, server: ReplayServer, connected: list[str], tmp_path: Path) -> None:
    server.fault("redirect inside", path="/feed.xml", to=to)
    assert f"sends us on to {to}" in within(server, tmp_path, lambda asker: asker.sources.feeds.posts(f"{server.url}/feed.xml"))
    assert connected == ["127.0.0.1"]


def test_a_chain_of_redirects_ends(server: ReplayServer, tmp_path: Path) -> None:
    server.fault("redirect loop", path="/feed.xml", at=range(11))
    assert "sends us on more than 5 times" in within(server, tmp_path, lambda asker: asker.body(f"{server.url}/feed.xml"))
    assert len(server.requests) == 6


def test_a_page_that_refreshes_itself_leads_nowhere(server: ReplayServer, connected: list[str], tmp_path: Path) -> None:
    server.play("/feed.xml", b'<html><head><meta http-equiv="refresh" content="0; url=http://10.0.0.1/"></head></html>', "text/html")
    assert "which is no feed" in within(server, tmp_path, lambda asker: asker.sources.feeds.posts(f"{server.url}/feed.xml"))
    assert set(connected) == {"127.0.0.1"}


def test_a_line_break_in_a_redirect_says_nothing_more(connected: list[str], tmp_path: Path) -> None:
    """What stands behind it is a header of its own; each of the two addresses is refused."""
    bad = answer("302 Found", Location="http://10.0.0.1/\r\nX-More: 1\r\nLocation: http://10.0.0.2/")
    with ByteServer(bad) as server, asking(server.url, tmp_path) as asker, pytest.raises(FetchError, match=r"sends us on to http://10\.0\.0\.[12]/, which"):
        asker.body(f"{server.url}/")
    assert connected == ["127.0.0.1"]


# ---- this machine, as far as the editors have named it ----


def test_of_this_machine_only_what_was_named_is_asked(server: ReplayServer, connected: list[str], tmp_path: Path) -> None:
    with asking(server.url, tmp_path) as asker:
        assert asker.body(f"{server.url}/feed.xml")
    with ReplayServer() as another, asking(server.url, tmp_path) as asker, pytest.raises(FetchError, match=r"leads to 127\.0\.0\.1, which is no public address"):
        asker.body(f"{another.url}/feed.xml")
    assert len(server.requests) == 1
    assert len(connected) == 1


def test_a_neighbour_is_not_asked_even_where_it_is_named(connected: list[str], tmp_path: Path) -> None:
    assert "leads to 192.168.1.1" in asked("http://192.168.1.1:8000/", {}, tmp_path, own=["http://192.168.1.1:8000"])
    assert connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[fe80::1%25eth0]", "10.0.0.1", "0"])
def test_a_proxy_is_not_asked_for_what_we_would_not_ask_ourselves(host: str, connected: list[str], tmp_path: Path) -> None:
    with ByteServer(answer(body=b"from inside")) as proxy:
        http = Http(AGENT, proxy=lambda url: proxy.url, reach=Reach())
        with asking("http://127.0.0.1:9", tmp_path, http=http) as asker, pytest.raises(FetchError, match="which is no public address"):
            asker.body(f"http://{host}/")
        assert connected == []


def test_a_proxy_may_stand_inside_and_looks_names_up_itself(connected: list[str], tmp_path: Path) -> None:
    with ByteServer(answer(body=b"from afar")) as proxy, asking("http://127.0.0.1:9", tmp_path, http=Http(AGENT, proxy=lambda url: proxy.url, reach=Reach())) as asker:
        assert asker.body("http://example.org/") == b"from afar"
    assert connected == ["127.0.0.1"]


@pytest.mark.parametrize(("service", "host", "port"), [("http://LocalHost", "localhost", 80), ("https://127.0.0.1/oai", "127.0.0.1", 443), ("http://[::1]:8000/api", "::1", 8000)])
def test_a_service_on_this_machine_is_known_by_host_and_port(service: str, host: str, port: int) -> None:
    reach = Reach(Reach.of([service, "https://arxiv.org"]).own, lambda *_: [(0, 0, 0, "", ("127.0.0.1", port))])
    assert reach.addresses(host, port) == ["127.0.0.1"]
    for other in ((host, port + 1), ("arxiv.org", 443)):
        with pytest.raises(AnswerError, match="no public address"):
            reach.addresses(*other)


def test_no_feed_leads_a_digest_into_its_own_network(
    roundup: Callable[..., Any], digest: Callable[..., Path], connected: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither one that is named to ``fetch`` nor one that a contributor wrote into roundup.yaml."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = digest({"roundup.yaml": "title: A digest\ncontact: ann@example.org\nsources:\n- feed: http://127.0.0.1:631/printers.xml\n"})
    for named, url, address in (((), "http://127.0.0.1:631/printers.xml", "127.0.0.1"), (("http://0x0a000001/a.xml",), "http://0x0a000001/a.xml", "10.0.0.1")):
        done = roundup("fetch", "--inbox", *named, root=root)
        assert (done.code, done.err) == (3, f"not fetched: {url} leads to {address}, which is no public address; mend the address\n")
    assert connected == []


# ---- addresses ----

NOT_PUBLIC = (
    "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.171 192.0.2.1 192.88.99.1 "
    "192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 "
    ":: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808 100::1 2001::1 2001:2::1 2001:10::1 2001:db8::1 "
    "2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1 no-address 1.2.3 "
).split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AnswerError, match="no public address"):
        Reach(lookup=lambda *_: [(0, 0, 0, "", (address, 80))]).addresses("a.example", 80)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.3.42", "100.128.0.1", "172.32.0.1", "2606:4700::1", "2a04:4e42::810", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_that_is_public(address: str) -> None:
    assert is_public(address)
