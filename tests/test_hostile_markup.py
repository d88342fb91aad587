"""Hostile texts in every place where a text can stand: nothing of them lives, and what is shown is shown as text, whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html import escape
from itertools import count

import pytest

from conftest import ROOT
from hostile import (
    ACTIVE,
    DAY,
    EDITIONS,
    IN_TWIN,
    ISSUE,
    KEY,
    PARSERS,
    SOAK,
    Parts,
    Seen,
    as_html_of_github,
    bare,
    by_html5lib,
    by_lexbor,
    by_selector,
    issue_of,
    live_links,
    parts,
    parts_of,
    repeated,
    values,
)
from roundup.config import Config
from roundup.errors import Location
from roundup.issue import Issue, Pick, Section
from roundup.paper import ArxivId, Author, Paper
from roundup.text import dialect, tex, twin
from roundup.text import drawn as arxiv
from roundup.text.setting import Setting
from roundup.text.visible import one_line, visible

OUR_SCRIPT = ("assets/roundup.js", "../assets/roundup.js", "../assets/paste.js")  # of the home page, of an issue, of what is pasted of it
DATA = {"type": "application/ld+json"}  # which no browser runs
BATCHES = 64  # some 90 vectors each: the editions of so many commentaries draw from one parse
BY_HTML5LIB = 1 if SOAK else 32  # it is twenty times as slow as lexbor: the ordinary run shows it two batches


@pytest.fixture(scope="session")
def tame() -> dict[str, tuple[Parts, set[str]]]:
    """By edition: the elements with their attributes, and the classes, where all texts are plain words."""
    issue = issue_of(["plain words"] * 8)
    seen = {name: unstyled(by_html5lib(edition.html(issue)), name) for name, edition in EDITIONS.items()}
    return {name: (parts(one), classes(one)) for name, one in seen.items()}


def classes(seen: Seen) -> set[str]:
    """Return the names of all classes, but for the language of code, which anybody may name."""
    return {name for value in values(seen, "class") if not value.startswith("language-") for name in value.split()}


def test_the_templates_themselves_hold_nothing_active(tame: dict[str, tuple[Parts, set[str]]]) -> None:
    used = set().union(*(found for found, _ in tame.values()))
    assert {tag for tag, _ in used} & ACTIVE == {"button", "form", "input", "link", "meta", "script", "style"}  # of heads of page and mail, copying, the home page's search
    assert [name for _, name in used if name.startswith("on") or name == "style"] == []


# As the pages of issues and papers, and as the whole mail: they take a part of the vectors.
OF_THE_SAME_PIECES = {"author", "topic", "authors", "papers", "list", "list in markdown", "shortened mail"}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_vector_comes_alive(batch: int, vectors: tuple[str, ...], tame: dict[str, tuple[Parts, set[str]]]) -> None:
    """In no place, in no edition, by no parser."""
    issue = issue_of(vectors[batch::BATCHES])
    found: set[object] = set()
    for name, edition in EDITIONS.items():
        if name in OF_THE_SAME_PIECES and batch % BY_HTML5LIB:
            continue
        html = edition.html(issue)
        for parser, read in PARSERS.items():
            if parser != "html5lib" or batch % BY_HTML5LIB == 0:
                found |= {(name, parser, fault) for fault in faults(unstyled(read(html), name), parts_of(edition.may), *tame[name])}
    assert found == set()


@cache
def declarations(style: str) -> frozenset[str]:
    """Return what a style says, each declaration in one spelling."""
    return frozenset(re.sub(r"\s*([:,])\s*", r"\1", " ".join(one.replace('"', "'").split())).strip().lower() for one in style.split(";") if one.strip())


SHEET = (ROOT / "templates/mail.html").read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0].replace("{{ config.accent }}", Config().accent)
OURS = frozenset().union(*(declarations(rule) for rule in re.findall(r"\{([^{}]*)\}", SHEET)))


def unstyled(seen: Seen, edition: str) -> Seen:
    """Return a mail's elements without the styles of its own sheet; any other style stays, and is told."""
    return seen if "mail" not in edition else [(tag, {name: value for name, value in attributes.items() if name != "style" or not declarations(value) <= OURS}) for tag, attributes in seen]


def faults(seen: Seen, may: Parts, used: Parts, known: set[str]) -> Iterator[object]:
    """Yield what no text may bring about: elements, attributes and classes of its own, requests, links that act, ids twice."""
    yield from parts(seen) - used - may
    yield from live_links(seen)
    yield from (source for source in values(seen, "src") if not re.match(r"(https://example\.org/2024-1/|\.\./2024-1/)?figures/", source) and source not in OUR_SCRIPT)
    yield from (("script", *attributes) for tag, attributes in seen if tag == "script" and attributes.get("src") not in OUR_SCRIPT and attributes != DATA)
    yield from repeated(values(seen, "id"))
    yield from classes(seen) - known - {"right", "center", "math", "tied", *"cksnfdi", "left", "close", "closed", "apart", "barred", "ruled", "more"}


@pytest.mark.parametrize(
    "formula",
    ["<script>x</script>", "<img src=x onerror=alert(1)", "<!--", "[x](javascript:alert(1))", "![x](https://example.org/a.png)", "&lt;b> <b>", "<javascript:alert(1)>", "`<b>`"],
)
@pytest.mark.parametrize("shape", ["${}$", "${}$ a>", "$a$ ${}$ b $-->$", "$${}$$", "$$\n{}\n$$", "| a |\n|---|\n| ${}$ |"])
def test_a_formula_smuggles_nothing_into_the_markdown(shape: str, formula: str) -> None:
    """Where no program draws the formula, GitHub's parser finds neither a tag nor a link in it."""
    seen = by_lexbor(as_html_of_github(twin.render(dialect.parse(shape.format(formula)), Setting())))
    assert parts(seen) - parts_of(IN_TWIN) == set()
    assert values(seen, "href", "src") == []


@pytest.mark.parametrize("title", ["$x<y$ and a<b and p<0.05", "a<b>c</b> & d&lt;e &amp;amp; f", "1 < 2 > 0 [x](y) *z* | v # u"])
def test_a_title_keeps_every_character(title: str) -> None:
    """A sanitiser would cut it at its first angle bracket."""
    paper = Paper(ArxivId("2401.00001"), title, (Author("Ada Example"),), ("cs.LG",))
    issue = Issue(KEY, title, title, DAY, sections=(Section(title, picks=(Pick(paper, "p", tags=(title,)),)),), where=Location(f"{ISSUE}/issue.yaml", 1))
    html, on_github = EDITIONS["page"].html(issue), EDITIONS["markdown"].html(issue)
    plain = title.replace("$", "")
    assert [words.replace(" ", "") for words in by_selector(html, "article h3")] == ["1" + plain.replace(" ", "")]
    assert [by_selector(html, place) for place in ("title", "p.tags", "h1 .teaser")] == [[title]] * 3
    assert [words.replace("< ", "<") for words in by_selector(on_github, "h3")] == ["1. " + title.replace("< ", "<")]
    assert by_selector(on_github, "h1, h2") == [title, title]


# Where a page shows a text as it is, and what stands there: of every pick, of papers, of links to something else.
OF_EVERY_PICK = {"p.tldr": "{}", "p.tags": "{}", "span.rating": "rated {}", "p.signed": "{}", "h2.section": "{} ¶", "li.under": "{}"}
OF_LINKS = {"p.card strong": "{}", "p.card .source": "{}", "p.card span:not([class])": "{}", "article:not(:has(.authors)) .category": "{}"}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_vector_is_shown_whole(batch: int, vectors: tuple[str, ...]) -> None:
    """Each character of a text can be read wherever it is neither TeX nor Markdown, and of a title or a name each letter."""
    issue = bare(issue_of(vectors[batch::BATCHES]))
    lines = [visible(pick.tldr) for pick in issue.picks]
    of_papers = [line for line, pick in zip(lines, issue.picks, strict=True) if pick.paper]
    of_links = [line for line, pick in zip(lines, issue.picks, strict=True) if pick.link]
    html, on_github = EDITIONS["page"].html(issue), EDITIONS["markdown"].html(issue)
    for shapes, wanted in ((OF_EVERY_PICK, lines), (OF_LINKS, of_links)):
        for selector, shape in shapes.items():
            shown = [words.strip() for words in by_selector(html, selector)]
            assert shown == [shape.format(line).strip() for line in wanted]
    text = by_selector(on_github, "body")[0]
    plain = " ".join(EDITIONS["plain"].draw(issue).split())
    assert [line for line in lines if f"_{line}_" not in plain] == []
    mail = EDITIONS["mail"].html(issue)
    assert by_selector(mail, "p.tldr") == lines
    assert in_titles(by_selector(html, ".authors"), of_papers) == in_titles(of_papers, of_papers)
    told = letters(text)
    assert [line for line in of_papers if letters(f"{line} · cs.LG") not in told and not holds_tex(line)] == []
    assert [line for line in lines for shape in ("rated {}", "Tags: {}", "— {}") if shape.format(line) not in text] == []
    everything = visible(issue.title)
    assert [selector for selector in ("h1 .teaser", "h1 .what", "header .name", "title") if by_selector(html, selector) != [everything]] == []
    assert by_selector(EDITIONS["home"].html(issue), "h1 .what") == [everything]
    assert (by_selector(on_github, "h1"), by_selector(on_github, "p > em")[0]) == ([everything], everything)
    titles = [visible(pick.shown_title) for pick in issue.picks]
    assert in_titles(by_selector(html, "article h3"), titles) == in_titles(map("{}{}".format, count(1), titles), titles)
    assert in_titles(by_selector(on_github, "h3"), titles) == in_titles(map("{}. {}".format, count(1), titles), titles)


def in_titles(headings: Iterable[str], titles: Iterable[str]) -> list[str]:
    """Return the letters of the headings, or names, that hold no TeX."""
    return [letters(heading) for heading, title in zip(headings, titles, strict=False) if not holds_tex(title)]


@pytest.mark.parametrize("form", [arxiv.web, arxiv.web_title, arxiv.mail, lambda text: escape(arxiv.plain(text))], ids=["web", "title", "mail", "plain"])
def test_every_vector_in_an_abstract_is_shown_whole(form: Callable[[str], str], vectors: tuple[str, ...]) -> None:
    texts = [line for text in vectors if (line := visible(one_line(text))) and not holds_tex(line)]
    shown = by_selector("".join(f"<p>{form(text)}</p>" for text in texts), "p")
    assert [letters(s) for s in shown] == [letters(text) for text in texts]
    assert len(texts) > 0.95 * len(vectors)


def holds_tex(text: str) -> bool:
    """Tell whether arXiv's readers would see a command or a formula in a text: then its letters may be others."""
    return "\\" in text or any(isinstance(piece, tex.Formula) for piece in tex.parse(text))


def letters(text: str) -> str:
    """Return a title without what TeX says with marks: braces and backslashes, quotes and dashes, ties and small spaces."""
    return re.sub(r"[\\{}~`$'\"“”‘’–—−∼^_\s/>-]", "", text)
