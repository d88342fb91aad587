"""Whole sites as a browser meets them: axe finds nothing, the console stays empty, nobody else is asked, nothing scrolls sideways.

A page of each kind is looked at, all of them with ROUNDUP_SOAK=1.
"""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from conftest import Result
from hostile import SOAK
from published import Page, Published

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

LEFT = "net::ERR_ABORTED"  # by us, who turned to another page
SITES = ["invented_site", "own_site", "bench_site"]
LOOKS = [(site, scheme, width) for site in SITES for scheme in ("light", "dark") for width in (1300, 375)]
SOME_LOOKS = [("invented_site", "dark", 375), ("own_site", "light", 1300), ("bench_site", "dark", 1300)]


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Published:
    found: Published = request.getfixturevalue(request.param)
    return found


def shown(site: Published) -> list[Page]:
    """Return the largest page of each kind, all of them in the long run; of a site of plain papers only what others have less of."""
    if SOAK:
        return list(site.pages)
    first: dict[str, Page] = {}
    for page in sorted(site.pages, key=lambda page: (-len(page.data), page.path)):
        first.setdefault(page.kind, page)
    kinds = first if "moved" in first else {"home", "issue", "paper", "author", "topics"} & first.keys()
    return [first[kind] for kind in sorted(kinds)]


@dataclass
class Heard:
    """A tab of a browser, and what its pages wrote to the console, asked for elsewhere, or asked for in vain."""

    tab: Tab
    top: str
    told: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.tab.goto(self.top + path)


@contextmanager
def listening(browser: Browser, top: str, **more: Any) -> Iterator[Heard]:
    """Open a tab for the site whose address is ``top``; what it asks of others is refused."""
    context = browser.new_context(**more)
    heard = Heard(context.new_page(), top)
    tab = heard.tab

    def answer(route: Any) -> None:
        if route.request.url.startswith(top):
            route.continue_()
        else:
            heard.told.append(f"{tab.url} asks for {route.request.url}")
            route.abort()

    context.route("**/*", answer)
    tab.on("console", lambda message: heard.told.append(f"{tab.url} writes {message.text}"))
    tab.on("pageerror", lambda error: heard.told.append(f"{tab.url} fails: {error}"))
    tab.on("requestfailed", lambda request: request.failure == LEFT or heard.told.append(f"{request.url} failed: {request.failure}"))
    tab.on("response", lambda response: response.status < 400 or heard.told.append(f"{response.url} is {response.status}"))
    yield heard
    context.close()


class _Host(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and for what is not there the site's own page, as hosts of sites do."""

    missing = b""

    def log_message(self, *args: Any) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.missing)


@contextmanager
def served(site: Published) -> Iterator[str]:
    """Serve the site in its folder of a host on this machine, and return its address there."""
    handler = type("Host", (_Host,), {"missing": (site.folder / "404.html").read_bytes()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(site.home))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{urlsplit(site.url).path}"
        server.shutdown()


# Each rule that axe has by default, those of best practice among them, and the size of what is touched.
AXE = 'async () => (await axe.run({resultTypes: ["violations"], rules: {"target-size": {enabled: true}}})).violations.map(one => [one.id, ...one.nodes.slice(0, 3).map(node => node.html)])'


def violations(tab: Tab) -> list[list[str]]:
    tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found: list[list[str]] = tab.evaluate(AXE)
    return found


@pytest.mark.parametrize(("site", "scheme", "width"), LOOKS if SOAK else SOME_LOOKS, indirect=["site"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(site: Published, scheme: str, width: int, chromium: Browser) -> None:
    """The policy of the pages is lifted for axe, which is no script of theirs."""
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True, "reduced_motion": "reduce"}
    with served(site) as top, listening(chromium, top, **look) as heard:
        found = {}
        for page in shown(site):
            heard.tab.goto("about:blank")
            if page.kind == "moved":
                stay(heard.tab, f"{top}{page.path}", page)
            heard.open(page.path)
            found[page.path] = [*violations(heard.tab), *sideways(heard.tab)]
        assert {path: faults for path, faults in found.items() if faults} == {}


def stay(tab: Tab, address: str, page: Page) -> None:
    """Keep a page from leading elsewhere at once."""
    data = page.data.replace(b'http-equiv="refresh"', b'name="refresh"')
    tab.route(address, lambda route: route.fulfill(body=data, content_type="text/html; charset=utf-8"))


def sideways(tab: Tab) -> list[list[str]]:
    """Return what reaches beyond the window, where anything does."""
    wide, whole = tab.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide <= whole:
        return []
    beyond = "whole => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > whole + 1).map(e => e.outerHTML.slice(0, 100)).slice(0, 3)"
    return [[f"{wide} of {whole} px", *tab.evaluate(beyond, whole)]]


def test_a_form_and_a_page_without_anything_pass_axe(chromium: Browser, digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"roundup.yaml": "title: A digest\nsubscribe: {buttondown: weekly}\n"})
    bare = digest({"roundup.yaml": "title: A digest\n"}, bare=True, name="bare")
    (bare / "issues").mkdir()
    for folder in (root, bare):
        assert roundup("build", "-q", root=folder).code == 0
        with listening(chromium, (folder / "site").as_uri() + "/", bypass_csp=True) as heard:
            for path in ("index.html", "archive/index.html", "authors/index.html", "topics/index.html"):
                heard.open(path)
                assert violations(heard.tab) == [], path


def test_a_site_asks_and_says_nothing_on_a_host(site: Published, chromium: Browser) -> None:
    """And a page that moved leads to the new one."""
    with served(site) as top, listening(chromium, top) as heard:
        for page in shown(site):
            heard.open(page.path)
            if page.kind == "moved":
                heard.tab.wait_for_url(lambda url, path=page.path: url != top + path)
                assert heard.tab.url.removeprefix(top) in site.by_path
        assert heard.told == []


def test_a_site_asks_and_says_nothing_on_the_disk(site: Published, chromium: Browser) -> None:
    with listening(chromium, site.folder.as_uri() + "/") as heard:
        for page in shown(site):
            if page.kind not in ("missing", "moved"):
                heard.open(page.path)
                assert heard.tab.evaluate("() => [...document.styleSheets].map(sheet => sheet.disabled)") == [False]
        assert heard.told == []


def test_what_a_page_may_not_do_is_heard(tmp_path: Path, chromium: Browser) -> None:
    """The harness can fail: a script that the policy forbids, a request elsewhere, a file that is not there, an error."""
    policy = "default-src 'none'; img-src 'self' https://example.org; script-src 'self'"
    (tmp_path / "a.html").write_text(
        f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}"><img src="https://example.org/x.png"><img src="none.png"><script>1</script><script src="a.js"></script>'
    )
    (tmp_path / "a.js").write_text("console.log('said'); throw new Error('thrown')")
    (tmp_path / "404.html").write_text("none")
    with served(Published(tmp_path, "https://example.org/")) as top, listening(chromium, top) as heard:
        heard.open("a.html")
        told = "\n".join(heard.told)
        assert all(part in told for part in ("asks for https://example.org/x.png", "none.png is 404", "Content Security Policy", "writes said", "fails: thrown")), told
        assert violations(heard.tab) != []


def test_a_page_for_what_is_missing_works_at_any_depth(invented_site: Published, chromium: Browser) -> None:
    with served(invented_site) as top, listening(chromium, top) as heard:
        heard.open("papers/no/such/paper.html")
        assert heard.tab.evaluate("() => getComputedStyle(document.querySelector('.foot')).borderTopStyle") == "solid"
        heard.tab.click("main a >> nth=0")
        assert heard.tab.url == f"{top}archive/index.html"
        assert [line for line in heard.told if "no/such/paper.html" not in line] == []


def test_a_page_is_whole_without_scripts(invented_site: Published, chromium: Browser) -> None:
    """A page for searching says what else leads to everything."""
    texts: list[dict[str, str]] = []
    for scripts in (True, False):
        with listening(chromium, invented_site.folder.as_uri() + "/", java_script_enabled=scripts) as heard:
            texts.append({})
            for page in shown(invented_site):
                if page.kind not in ("missing", "moved"):
                    heard.open(page.path)
                    texts[-1][page.kind] = heard.tab.inner_text("main")
            assert heard.told == []
    assert "mark the words" in texts[1].pop("paste").replace(texts[0].pop("paste"), "")  # there the buttons are what needs a script
    search = texts[1].pop("search")
    assert search.endswith("Archive\nAuthors\nTopics")
    assert search.startswith(texts[0].pop("search"))
    assert texts[0] == texts[1]


def test_nothing_moves_and_paper_takes_every_page(invented_site: Published, chromium: Browser) -> None:
    with listening(chromium, invented_site.folder.as_uri() + "/", reduced_motion="reduce", viewport={"width": 700, "height": 900}) as heard:
        for page in shown(invented_site):
            if page.kind in ("missing", "moved"):
                continue
            heard.open(page.path)
            assert heard.tab.evaluate("() => document.getAnimations().length") == 0
            heard.tab.emulate_media(media="print", color_scheme="dark")
            assert heard.tab.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
            assert not heard.tab.is_visible(".bar"), page.path
            assert sideways(heard.tab) == [], page.path
            assert heard.tab.pdf(format="A4").startswith(b"%PDF")
            heard.tab.emulate_media(media="screen", color_scheme="light")
        assert heard.told == []


def test_the_first_tab_shows_a_way_to_the_text(invented_site: Published, chromium: Browser) -> None:
    with listening(chromium, invented_site.folder.as_uri() + "/") as heard:
        heard.open("2024-1/index.html")
        heard.tab.keyboard.press("Tab")
        box = heard.tab.locator(":focus").bounding_box()
        assert heard.tab.evaluate("() => document.activeElement.className") == "skip"
        assert box is not None
        assert box["x"] >= 0
        assert heard.tab.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
