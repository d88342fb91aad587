"""Keys for readers, pressed in a real browser on pages that were really built, opened from the disk under their own policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import MINIMAL, Result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PARAGRAPHS = "\n\n".join("  " + "Words about it. " * 40 for _ in range(4))
PAPERS = ("2401.00001", "2401.00002", "2401.00003")
FILES: dict[str, str | bytes] = {
    "issues/2024-1/issue.yaml": "date: 2024-01-31\n",
    "issues/2024-2/issue.yaml": "date: 2024-02-29\n",
    **{f"issues/2024-1/commentary/{paper}.yaml": f"paper: {paper}\ncommentary: |\n{PARAGRAPHS}\nstatus: ready\n" for paper in PAPERS},
    **{f"issues/2024-1/papers/{paper}.yaml": MINIMAL["issues/2024-1/papers/2401.00001.yaml"].replace("2401.00001", paper) for paper in PAPERS},
}


@dataclass
class Reader:
    """A page that is read with the keyboard, and what its console and its policy say."""

    page: Page
    said: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def at(self) -> str:
        """The id of the pick whose heading's link has the focus, and which stands at the top of the window; empty where none does."""
        found: str = self.page.evaluate(
            """() => {
                const link = document.activeElement, pick = link.closest(".pick");
                const room = document.documentElement.scrollHeight - scrollY - innerHeight; // below: the last pick cannot always reach the top
                return pick && link.matches("h2 > a:not(.no)") && (Math.abs(pick.getBoundingClientRect().top - 27) < 2 || room < 2) ? pick.id : "";
            }"""
        )
        return found

    @property
    def switch(self) -> Any:
        return self.page.get_by_role("checkbox", name="Keys: j next")


@contextmanager
def reading(browser: Browser, **more: Any) -> Iterator[Reader]:
    context = browser.new_context(viewport={"width": 900, "height": 700}, **more)
    reader = Reader(context.new_page())
    reader.page.on("console", lambda message: reader.said.append(message.text))
    reader.page.on("pageerror", lambda error: reader.said.append(str(error)))
    context.route("http*://**/*", lambda route: route.fulfill(body="<!doctype html><title>elsewhere</title>", content_type="text/html"))
    yield reader
    assert reader.said == []
    context.close()


@pytest.fixture
def site(digest: Callable[..., Path], roundup: Callable[..., Result]) -> Path:
    root = digest(FILES, bare=True)
    built = roundup("build", "-q", root=root)
    assert (built.code, built.err) == (0, "")
    return root / "site"


def test_j_and_k_go_from_paper_to_paper(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        seen = []
        for key in "jjjjkkk":
            reader.press(key)
            seen.append(reader.at)
        assert seen == [PAPERS[number] for number in (0, 1, 2, 2, 1, 0, 0)]


def test_after_scrolling_they_go_on_from_what_is_in_sight(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.press("j")
        reader.page.evaluate(f"() => document.getElementById('{PAPERS[1]}').scrollIntoView()")
        reader.page.evaluate("() => scrollBy(0, 900)")  # in the middle of the second one; the first has the focus, out of sight
        reader.press("k")
        assert reader.at == PAPERS[1]
        reader.page.evaluate("() => { document.activeElement.blur(); scrollBy(0, 900); }")
        reader.press("j")
        assert reader.at == PAPERS[2]


def test_on_the_home_page_they_go_from_issue_to_issue(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "index.html")
        reader.press("j", "j", "j", "o")
        reader.page.wait_for_url("**/2024-1/index.html")


def test_o_opens_the_paper(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.press("o")  # nothing is at the top yet
        reader.press("j", "j", "o")
        reader.page.wait_for_url("https://arxiv.org/abs/2401.00002")


SEARCH = '<input type="search" aria-label="Search" value="old">'


def test_slash_goes_to_the_search_field(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "index.html")
        reader.press("/", "e", "j")
        assert reader.page.get_by_role("searchbox").input_value() == "ej"  # a letter in a field is a letter
        assert reader.page.evaluate("() => document.activeElement.type") == "search"


def test_slash_types_over_what_was_asked_before(chromium: Browser, site: Path) -> None:
    with_element(site / "2024-1/index.html", SEARCH)
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.press("/", "e", "j")
        assert reader.page.get_by_role("searchbox").input_value() == "ej"


def test_slash_goes_to_the_search_page(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.press("/")
        reader.page.wait_for_url("**/site/search/index.html")


def with_element(page: Path, body: str, head: str = "") -> None:
    page.write_text(page.read_text().replace('<main id="main">', f'<main id="main">{body}').replace("<link rel", f"{head}<link rel", 1))


@pytest.mark.parametrize("element", ["<textarea></textarea>", "<select><option>a<option>j</select>", '<p contenteditable="true">a</p>', '<input type="text">', "<dialog open><button>Wait</button></dialog>"])
def test_a_key_in_a_field_or_behind_a_dialog_is_the_field_s(element: str, chromium: Browser, site: Path) -> None:
    with_element(site / "2024-1/index.html", element)
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.page.locator("main").locator("textarea, select, [contenteditable], input, button").focus()
        reader.press("j")
        assert reader.at == ""
        assert reader.page.evaluate("scrollY") == 0


@pytest.mark.parametrize("key", ["Control+j", "Alt+j", "Meta+j", "J", "x", "?", "t"])
def test_other_keys_are_the_browser_s(key: str, chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        reader.press(key)
        assert reader.at == ""


def test_a_switch_turns_them_off_until_it_turns_them_on(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        assert reader.switch.is_checked()
        reader.switch.uncheck()
        reader.press("j")
        assert reader.at == ""
        reader.open(site / "2024-1/index.html")
        assert not reader.switch.is_checked()
        reader.press("j")
        assert reader.at == ""
        reader.switch.check()
        reader.press("k")  # from the foot of the page
        assert reader.at == PAPERS[2]
        reader.open(site / "2024-1/index.html")
        assert reader.switch.is_checked()


def test_a_browser_that_keeps_nothing_is_no_fault(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })")
        reader.open(site / "2024-1/index.html")
        reader.switch.uncheck()
        reader.press("j")
        assert reader.at == ""


def test_the_switch_names_the_keys_that_do_something_on_the_page(chromium: Browser, site: Path) -> None:
    with reading(chromium) as reader:
        reader.open(site / "2024-1/index.html")
        assert reader.page.locator(".keys").inner_text().strip() == "Keys: j next k previous o open / search"
        reader.open(site / "2024-2/index.html")  # an issue without picks
        assert reader.page.locator(".keys").inner_text().strip() == "Keys: / search"


def test_without_scripts_a_page_is_complete(chromium: Browser, site: Path) -> None:
    texts = []
    for enabled in (True, False):
        with reading(chromium, java_script_enabled=enabled) as reader:
            reader.open(site / "2024-1/index.html")
            texts.append(reader.page.locator("body").inner_text().strip())
    assert texts[0].replace(texts[1], "").strip() == "Keys: j next k previous o open / search"


def test_nothing_moves(chromium: Browser, site: Path) -> None:
    """For those who want less motion, and for all others."""
    for motion in ("reduce", "no-preference"):
        with reading(chromium, reduced_motion=motion) as reader:
            reader.open(site / "2024-1/index.html")
            reader.page.keyboard.press("j")
            assert reader.at == PAPERS[0]  # at once


def test_a_digest_s_own_script_takes_the_place_of_ours(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"templates/roundup.js": "// no keys here\n"})
    assert roundup("build", root=root).code == 0
    assert (root / "site/assets/roundup.js").read_text() == "// no keys here\n"
