"""Our own issues, the first real input: clean, whole, and the same in both editions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cmarkgfm
import html5lib
import pytest
from cmarkgfm.cmark import Options

from conftest import ROOT, Result, tree
from published import Published
from roundup.text.visible import one_line


@pytest.fixture
def site(own_site: Published) -> Path:
    return own_site.folder


PAGES = ["index.html", "2023-8/index.html", "2023-7-2/index.html"]
ISSUES = ["2023-8", "2023-7-2"]


@cache
def parsed(path: Path):  # type: ignore[no-untyped-def]
    return html5lib.parse(path.read_bytes(), namespaceHTMLElements=False, transport_encoding="utf-8")


def test_check_finds_nothing(roundup: Callable[..., Result]) -> None:
    assert roundup("check", root=ROOT) == Result(0, "no problems in 2 issues\n", "")


@pytest.mark.parametrize("key", ISSUES)
def test_notes_are_numbered_through_and_lead_back(key: str, site: Path) -> None:
    page = parsed(site / key / "index.html")
    notes = [part for part in page.iter("div") if part.get("role") == "doc-footnote"]
    assert [n.get("id") for n in notes] == [f"n{i}" for i in range(1, len(notes) + 1)]
    uses = [a for a in page.iter("a") if a.get("role") == "doc-noteref"]
    backs = [a.get("href") for note in notes for a in note.iter("a") if a.get("role") == "doc-backlink"]
    assert Counter(backs) == Counter(f"#{a.get('id')}" for a in uses)
    assert len(notes) >= 2


def without_math(element) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """Yield the words of an element, formulas aside: on the page they are MathML, in Markdown TeX."""
    yield element.text or ""
    for child in element:
        if child.tag != "{http://www.w3.org/1998/Math/MathML}math":
            yield from without_math(child)
        yield child.tail or ""


def prose(element) -> list[str]:  # type: ignore[no-untyped-def]
    """Return the words of what the editors wrote, paragraph by paragraph, without marks of notes and math."""
    found = []
    for part in element.iter():
        if part.tag not in ("p", "li", "td", "th", "figcaption") or part.get("class") in ("data", "facts", "what"):
            continue
        text = "".join(without_math(part))
        found += re.findall(r"[^\W\d_]{3,}", text)
    return found


@pytest.mark.parametrize("key", ISSUES)
def test_page_and_markdown_hold_the_same_words(key: str, site: Path) -> None:
    page = parsed(site / key / "index.html")
    markdown = (site / key / "index.md").read_text(encoding="utf-8")
    back = html5lib.parse(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_FOOTNOTES), namespaceHTMLElements=False)
    commentary = [e for e in page.iter("div") if e.get("class") == "commentary"]
    ours = Counter(word for block in commentary for word in prose(block))
    theirs = Counter(prose(back))
    assert ours - theirs == Counter()


@pytest.mark.parametrize("key", ISSUES)
def test_every_word_of_every_commentary_is_on_the_page(key: str, site: Path) -> None:
    whole = parsed(site / key / "index.html")
    page = one_line("".join(whole.itertext()) + " ".join(image.get("alt", "") for image in whole.iter("img")))
    for path, data in tree(ROOT / "issues" / key / "commentary").items():
        text = data.decode().partition("commentary: |")[2].partition("\ntags:")[0]
        text = re.sub(r"\]\([^)]*\)|`+|\[\^\w+\]|\[\[.*?\]\]|^\s*(url|title|text|source):.*$", " ", text, flags=re.M)
        words = re.findall(r"[^\W\d_]{4,}", re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.S))
        missing = [word for word in words if word not in page]
        assert missing in ([], ["card"], ["python"], ["python", "card"]), path


def test_every_feature_of_the_dialect_stands_in_our_issues(site: Path) -> None:
    pages = "".join((site / key / "index.html").read_text(encoding="utf-8") for key in ISSUES)
    for part in ("<figure>", "<figcaption>", "<blockquote>", "<table>", "<ol>", "<s>", 'class="display"', '<math alttext="', 'class="code"', 'class="card', 'class="paper"', 'class="sponsor"', 'class="section"', 'class="under-heading"', 'class="note"'):
        assert part in pages, part
    assert re.search(r"<li>[^<]*(<p>[^<]*</p>\s*)?<ul>", pages)  # nested bullets


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for page in PAGES:
        text = (site / page).read_text(encoding="utf-8")
        scripts = [element.get("src") for element in parsed(site / page).iter("script") if element.get("type") != "application/ld+json"]
        assert scripts == [f"{'../' * page.count('/')}assets/roundup.js"]
        assert "style=" not in text
        for element in parsed(site / page).iter():
            assert not (element.get("src") or "").startswith(("http", "//"))
            if element.tag == "link" and element.get("rel") == "stylesheet":
                assert not element.get("href", "").startswith(("http", "//"))
    assert re.findall(r"url\((.*?)\)", (site / "assets/roundup.css").read_text()) == ['"fonts/STIXTwoMath.woff2"']
    assert (site / "assets/fonts/STIXTwoMath.woff2").is_file()
    assert "@import" not in (site / "assets/roundup.css").read_text()
