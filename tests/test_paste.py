"""What is pasted into a newsletter: through the real clipboard of a real browser into an editable element, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import MINIMAL
from hostile import PNG
from published import Published, build
from test_site_browser import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ISSUE = "2023-8"
SHOWN = """root => ({
  words: root.textContent.replace(/\\s+/g, " ").trim(),
  headings: [...root.querySelectorAll("h2, h3, h4, h5, h6")].map(one => `${one.tagName} ${one.textContent}`),
  links: [...root.querySelectorAll("a")].map(one => one.getAttribute("href")),
  images: [...root.querySelectorAll("img")].map(one => [one.getAttribute("src"), one.alt]),
  kinds: [...new Set([...root.querySelectorAll("*")].map(one => one.localName))].sort(),
})"""
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPYING = "document.execCommand = () => false"


@contextmanager
def opened(browser: Browser, address: str, *scripts: str) -> Iterator[Page]:
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    for script in scripts:
        page.add_init_script(script)
    page.goto(address)
    yield page
    context.close()


def copy(page: Page, what: str) -> str:
    """Copy a part of the page as an editor would, and return what the page says to that."""
    button = page.locator(f"[data-copies=_{what}]")
    button.click()
    told = button.locator("xpath=following-sibling::*[@role='status']")
    page.wait_for_function("told => told.textContent", arg=told.element_handle())
    return told.inner_text()


def pasted(page: Page, field: str) -> Page:
    """Return another page, where it was pasted into the field that this HTML has."""
    other = page.context.new_page()
    other.set_content(field)
    other.click("#field")
    other.keyboard.press("Control+V")
    return other


def rich(page: Page) -> dict[str, Any]:
    """Return what an editor of rich text holds when it was pasted there."""
    return shown(pasted(page, "<div id=field contenteditable style='min-height: 9em'></div>"), "#field")


def plain(page: Page) -> str:
    return pasted(page, "<textarea id=field></textarea>").input_value("#field")


def shown(page: Page, where: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SHOWN, page.query_selector(where))
    return found


WAYS = {"the clipboard": (), "the event of copying": (NO_CLIPBOARD,)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["server", "disk"])
def test_an_issue_is_pasted_whole(place: str, way: str, own_site: Published, chromium: Browser) -> None:
    """Words, headings, links and figures, with whole addresses, and no element but those of the page."""
    with served(own_site) as top, opened(chromium, f"{top if place == 'server' else own_site.folder.as_uri() + '/'}{ISSUE}/paste.html", *WAYS[way]) as page:
        wanted = shown(page, "article")
        assert copy(page, "text") == "Copied"
        found = rich(page)
    assert len(wanted["words"]) > 20_000
    assert found["images"] == [[own_site.address(f"{ISSUE}/{source}"), alt] for source, alt in wanted["images"]]
    assert all(source.startswith("figures/") and alt for source, alt in wanted["images"])
    assert {link.partition(":")[0] for link in found["links"]} == {"https", "mailto"}
    assert [found[part] for part in ("words", "headings", "links", "kinds")] == [wanted[part] for part in ("words", "headings", "links", "kinds")]
    assert set(wanted["kinds"]) <= set("a blockquote br code em figcaption figure h2 h3 h4 h5 h6 hr img li ol p pre s strong sup ul".split())


def test_title_and_subtitle_have_fields_of_their_own(own_site: Published, chromium: Browser) -> None:
    with served(own_site) as top, opened(chromium, f"{top}{ISSUE}/paste.html") as page:
        for part, words in (("title", "2023-8 arXiv roundup"), ("subtitle", "soft experts, a model one can take a book out of again, and Adam in the dock")):
            assert copy(page, part) == "Copied"
            assert plain(page) == words


def test_a_field_of_plain_words_takes_the_words(own_site: Published, chromium: Browser) -> None:
    with served(own_site) as top, opened(chromium, f"{top}{ISSUE}/paste.html") as page:
        copy(page, "text")
        assert plain(page).split() == page.inner_text("article").split()


def test_where_no_page_may_copy_the_editor_is_told(own_site: Published, chromium: Browser) -> None:
    with served(own_site) as top, opened(chromium, f"{top}{ISSUE}/paste.html", NO_CLIPBOARD, NO_COPYING) as page:
        assert copy(page, "text") == "Your browser lets no page copy: mark the words, and copy them yourself."


def test_without_an_address_what_is_pasted_leads_to_where_it_was_read(digest: Callable[..., Path], chromium: Browser) -> None:
    intro = "intro: |\n  ![A](figures/a.png)\n\n  [here](#2401.00001)\n"
    root = digest({"issues/2024-1/figures/a.png": PNG, "issues/2024-1/issue.yaml": MINIMAL["issues/2024-1/issue.yaml"] + intro})
    build(root, root / "site")
    with served(Published(root / "site", "https://example.org/")) as top, opened(chromium, f"{top}2024-1/paste.html") as page:
        copy(page, "text")
        found = rich(page)
        assert found["images"] == [[f"{top}2024-1/figures/a.png", "A"]]
        assert found["links"][0] == f"{top}2024-1/index.html#2401.00001"


def test_without_scripts_no_button_promises_anything(own_site: Published, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((own_site.folder / ISSUE / "paste.html").as_uri())
    assert page.locator("button:visible").count() == 0
    assert "mark the words" in page.inner_text("noscript")
    context.close()
