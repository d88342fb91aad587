"""Hostile texts in every place where a text can stand: what is shown is shown as text, whole."""

from __future__ import annotations

import re

import pytest

from hostile import (
    ACTIVE,
    DAY,
    IN_TWIN,
    ISSUE,
    KEY,
    MARKDOWN,
    SOAK,
    Parts,
    as_github_shows,
    drawn,
    elements,
    issue_of,
    live_links,
    page,
    parts,
    parts_of,
    read_back,
    repeated_ids,
    scheme,
    words,
)
from roundup.errors import Location
from roundup.issue import Issue, Pick, Section
from roundup.paper import ArxivId, Author, Paper
from roundup.text.visible import one_line, visible

BATCHES = 29
SAMPLE = 1 if SOAK else 7


@pytest.fixture(scope="session")
def tame() -> tuple[Parts, set[str]]:
    """The elements with their attributes, and the classes, of pages whose texts are plain words."""
    issue = issue_of(["plain words"] * 8)
    roots = [page(drawn(issue, kind)) for kind in ("issue.html", "home")]
    classes = {name for root in roots for element in elements(root) for name in element.get("class", "").split()}
    return set().union(*map(parts, roots)), classes


def test_the_templates_themselves_hold_nothing_active(tame: tuple[Parts, set[str]]) -> None:
    used, _ = tame
    assert {tag for tag, _ in used} & ACTIVE == {"link", "meta"}  # of the page's head
    assert [name for _, name in used if name.startswith("on") or name == "style"] == []


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("kind", ["issue.html", "home"])
def test_no_vector_comes_alive_on_a_page(kind: str, batch: int, vectors: tuple[str, ...], tame: tuple[Parts, set[str]]) -> None:
    used, classes = tame
    root = page(drawn(issue_of(vectors[::SAMPLE][batch::BATCHES]), kind))
    assert parts(root) - used - parts_of(MARKDOWN) == set()
    assert live_links(root) == []
    assert {element.attrib["src"] for element in elements(root) if "src" in element.attrib} <= {"figures/a.png"}
    assert repeated_ids(root) == []
    found = {name for element in elements(root) for name in element.get("class", "").split() if not name.startswith("language-")}
    assert found - classes <= {"right", "center", "math"}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_vector_comes_alive_in_the_markdown(batch: int, vectors: tuple[str, ...]) -> None:
    root = as_github_shows(drawn(issue_of(vectors[::SAMPLE][batch::BATCHES]), "issue.md"))
    assert parts(root) - parts_of(IN_TWIN) == set()
    assert live_links(root) == []
    assert [element.attrib["src"] for element in elements(root) if scheme(element.get("src", ""))] == []


@pytest.mark.parametrize(
    "formula",
    ["<script>x</script>", "<img src=x onerror=alert(1)", "<!--", "[x](javascript:alert(1))", "![x](https://example.org/a.png)", "&lt;b> <b>", "<javascript:alert(1)>", "`<b>`"],
)
@pytest.mark.parametrize("shape", ["${}$", "${}$ a>", "$a$ ${}$ b $-->$", "$${}$$", "$$\n{}\n$$", "| a |\n|---|\n| ${}$ |"])
def test_a_formula_smuggles_nothing_into_the_markdown(shape: str, formula: str) -> None:
    """Where no program draws the formula, GitHub's parser finds neither a tag nor a link in it."""
    root = read_back(shape.format(formula), "markdown")
    assert parts(root) - parts_of(IN_TWIN) == set()
    assert [element.tag for element in elements(root) if "href" in element.attrib or "src" in element.attrib] == []


@pytest.mark.parametrize("kind", ["issue.html", "issue.md"])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_vector_in_a_title_is_shown_whole(batch: int, kind: str, vectors: tuple[str, ...]) -> None:
    titles = [visible(one_line(text)) for text in vectors[::SAMPLE][batch::BATCHES] if one_line(text)]
    papers = [Paper(ArxivId(f"2401.{number:05}"), text, (Author("Ada Example"),), ("cs.LG",)) for number, text in enumerate(titles, 1)]
    sections = (Section(picks=tuple(Pick(paper, paper.id.name) for paper in papers)),)
    text = drawn(Issue(KEY, "An issue", date=DAY, sections=sections, where=Location(f"{ISSUE}/issue.yaml")), kind)
    shown = [words(e) for e in elements(as_github_shows(text) if kind == "issue.md" else page(text)) if e.tag == "h2"]
    whole = [f"{number}{'. ' if kind == 'issue.md' else ''}{title}" for number, title in enumerate(titles, 1)]
    assert [s if s == w else letters(s) for s, w in zip(shown, whole, strict=True)] == [w if s == w else letters(w) for s, w in zip(shown, whole, strict=True)]


def letters(text: str) -> str:
    """Return a title without what TeX says with marks: braces and backslashes, quotes and dashes, ties and small spaces."""
    return re.sub(r"[\\{}~`$'\"“”‘’–—−∼^_\s/>-]", "", text)
