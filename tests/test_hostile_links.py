"""Hostile addresses: nothing lives but http, https, mailto and places of the site, wherever an address can stand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from hostile import (
    RECORD,
    Case,
    Reader,
    elements,
    hrefs,
    read_back,
    scheme,
    words,
)
from roundup.errors import Problem
from roundup.records.digest import parse_config
from roundup.records.issues import parse_pick
from roundup.records.papers import parse_paper
from roundup.text.cards import parse_card
from roundup.text.links import is_allowed, is_local, look_alike
from roundup.text.setting import Setting
from roundup.yamltext import dump_scalar


@pytest.fixture(scope="session")
def link_cases(shared: Path) -> list[Case]:
    cases: list[Case] = json.loads((shared / "corpora/url/links_own.json").read_text())
    return cases


def test_the_link_rule_agrees_with_the_list(link_cases: list[Case]) -> None:
    """What looks like another host is no link to be taken without a word: it is shown in its xn-- form, and warned of."""
    ours = {case["href"]: is_allowed(case["href"]) and not look_alike(case["href"]) for case in link_cases}
    assert ours == {case["href"]: case["allow"] for case in link_cases}


def test_no_other_scheme_lives_by_the_webs_own_test(shared: Path) -> None:
    """What we let through leads, by the URL standard, where we take it to lead: by http, https or mailto, or to where the page is.

    Or nowhere, where the standard finds no address in it.
    """
    cases = [case for case in json.loads((shared / "corpora/url/urltestdata.json").read_text()) if is_allowed(case["input"]) and not case.get("failure")]
    schemes = {case["input"]: case["protocol"].rstrip(":") for case in cases if not is_local(case["input"])}
    assert schemes == {url: scheme(url) for url in schemes}
    assert set(schemes.values()) <= {"http", "https", "mailto"}
    strays = [case["href"] for case in cases if is_local(case["input"]) and case["protocol"] != scheme(case["base"]) + ":"]
    strays += [case["href"] for case in cases if is_local(case["input"]) and unquote(case["host"]) != urlsplit(case["base"]).netloc.rpartition("@")[2]]
    assert strays == []
    assert len(cases) == 189  # every one that stays, so that none goes unseen


@pytest.mark.parametrize(
    "url", ["java\tscript:x", " javascript:x", "\x01javascript:x", "JavaScript:x", "javascript&colon;x", "http:x", "http:/\\x", "\\\\x", "/\\x", "///x", "file:x", "blob:x", "http://a@b/"]
)
def test_what_the_web_would_follow_elsewhere_is_dead(url: str) -> None:
    assert not is_allowed(url)


SHAPES = ["[label]({})", "[label](<{}>)", "![label]({})", "[label][1]\n\n[1]: {}\n", "[label][1]\n\n[1]: <{}>\n", "<{}>", "{}"]


@pytest.mark.parametrize("edition", ["web", "markdown"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_forbidden_link_is_alive(shape: str, edition: str, link_cases: list[Case]) -> None:
    forbidden = [case["href"] for case in link_cases if not case["allow"] and not look_alike(case["href"])]
    living = {href: addresses for href in forbidden if (addresses := alive(href, shape.format(href), edition))}
    assert {href[:60]: address[:60] for href, address in living.items()} == {}


@pytest.mark.parametrize("edition", ["web", "markdown"])
def test_every_allowed_link_is_alive(edition: str, link_cases: list[Case]) -> None:
    allowed = [case["href"] for case in link_cases if case["allow"]]
    assert [href for href in allowed if not hrefs(read_back(f"[label](<{href}>)", edition))] == []


@pytest.mark.parametrize("edition", ["web", "markdown"])
def test_a_link_to_a_look_alike_says_where_it_leads(edition: str) -> None:
    """The first letter of this host is Cyrillic."""
    assert words(read_back("[label](https://\u0430rxiv.org/)", edition)).strip() == "label xn--rxiv-43d.org"


def alive(href: str, markdown: str, edition: str) -> str:
    """Return the address outside the site that the words, or the forbidden address itself, lead to; empty where they are dead."""
    for element in elements(read_back(markdown, edition)):
        address = element.get("href", element.get("src", ""))
        meant = "label" in words(element) + element.get("alt", "") or unquote(address) == href
        cut = address == "https://example.org/" and re.search(r"org/\s", href)  # an address of its own before a line end
        if scheme(address) and meant and not cut:
            return address
    return ""


# What a reader of a file takes for an address, by the place where it stands.
ADDRESSES: dict[str, Reader] = {
    "pdf": lambda url, problems: parse_paper(f"{RECORD}links:\n  pdf: {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "html": lambda url, problems: parse_paper(f"{RECORD}links:\n  html: {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "code": lambda url, problems: parse_paper(f"{RECORD}links:\n  code:\n  - {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "link": lambda url, problems: parse_pick(f"link:\n  title: A talk\n  url: {dump_scalar(url)}\n", "talk.yaml", problems, []),
    "editor": lambda url, problems: parse_config(f"title: A\neditors:\n  ann:\n    name: Ann\n    url: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "site": lambda url, problems: parse_config(f"title: A\nurl: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "feed": lambda url, problems: parse_config(f"title: A\nsources:\n- feed: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "card": lambda url, problems: problems.extend(parse_card(f"title: A\nurl: {dump_scalar(url)}\n")[-1]),
}


@pytest.mark.parametrize("place", ADDRESSES)
def test_an_address_in_a_file_is_held_to_the_same_rule(place: str, link_cases: list[Case]) -> None:
    """White space is folded before: what then is an address is one, and an empty one is none."""
    forbidden = [case["href"] for case in link_cases if not case["allow"] and case["href"] and not look_alike(case["href"])]
    taken = []
    for href in forbidden:
        problems: list[Problem] = []
        ADDRESSES[place](href, problems)
        taken += [] if problems else [href]
    assert [href[:60] for href in taken] == []


@pytest.mark.parametrize("root", ["", "../", "https://example.org/digest/"])
@pytest.mark.parametrize("href", ["/javascript:alert(1)", "/data:,x", "//example.org/", "/./javascript:alert(1)", "/.//example.org/", "x/../javascript:alert(1)", "./javascript:alert(1)"])
def test_a_path_within_the_site_never_becomes_another_scheme_or_host(href: str, root: str) -> None:
    leads = Setting(root=root, page="2024-1/index.html" if root else "index.html").link(href)
    assert leads.startswith(root) if scheme(root) else scheme(leads) == "" or not is_allowed(href)
