"""Naughty strings as titles and in every field: each is shown, none does anything, and each gives a plain name."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from conftest import MINIMAL
from hostile import EDITIONS, ISSUE, PARSERS, SOAK, bare, by_selector, issue_of, live_links, values
from roundup.errors import Problem
from roundup.records.papers import parse_paper
from roundup.text import twin, web
from roundup.text.setting import Setting
from roundup.text.slugs import slug
from roundup.text.visible import one_line, visible
from roundup.yamltext import dump_scalar

LISTS = {"naughty": 515, "templates": 107, "line ends": 17, "titles": 21}
RECORD = MINIMAL[f"{ISSUE}/papers/2401.00001.yaml"]


@pytest.fixture(scope="module")
def strings(shared: Path) -> dict[str, list[str]]:
    folder = shared / "corpora"
    found = {
        "naughty": json.loads((folder / "strings/blns.json").read_text()),
        "templates": (folder / "strings/ssti.txt").read_text().splitlines(),
        "line ends": (folder / "strings/crlf.txt").read_text().splitlines(),
        "titles": [case["value"] for case in json.loads((folder / "unicode/titles_own.json").read_text())],
    }
    assert {name: len(texts) for name, texts in found.items()} == LISTS
    return found


PARTS = {name: -(-size // 120) for name, size in LISTS.items()}  # an issue of more takes more than its part of time


@pytest.mark.parametrize(("name", "part"), [(name, part) for name, parts in PARTS.items() for part in range(parts)])
def test_every_string_is_shown_and_none_lives(name: str, part: int, strings: dict[str, list[str]]) -> None:
    """A template's source stays text, escaped line ends stay escaped, and no character that cannot be seen goes out."""
    texts = [text for text in dict.fromkeys(strings[name]) if visible(one_line(text))]
    issue = issue_of(texts[part :: PARTS[name]])
    for edition in EDITIONS.values():
        drawn = edition.draw(issue)
        assert unseen(drawn) == set()
        for parser, read in PARSERS.items():
            if parser == "html5lib" and name in ("naughty", "templates") and not SOAK:
                continue  # it is twenty times as slow as lexbor
            seen = read(edition.as_html(drawn))
            assert live_links(seen) == []
            assert [value for value in values(seen, "href", "src") if re.search(r"[\r\n]", value)] == []
    lines = [visible(pick.tldr) for pick in issue.picks]
    on_github = by_selector(EDITIONS["markdown"].html(bare(issue)), "body")[0]
    assert by_selector(EDITIONS["page"].html(bare(issue)), "p.tldr") == lines
    assert [line for line in lines if f"Tags: {' '.join(line.split())}" not in re.sub("[\u2068\u2069]", "", on_github)] == []


def unseen(text: str) -> set[str]:
    """Return what must not go out: controls, halves, noncharacters, marks of direction but our own isolates, tags."""
    found = {c for c in text if unicodedata.category(c) in ("Cc", "Cs") or ord(c) & 0xFFFE == 0xFFFE or c in "\u061c\u200b\u200e\u200f\ufeff"}
    return (found | set(re.findall("[\u202a-\u202e\u2066\u2067\ufdd0-\ufdef\U000e0000-\U000e007f]", text))) - {"\n", "\t"}


@pytest.mark.parametrize("name", LISTS)
def test_every_string_is_read_as_it_stands_in_a_file_or_refused(name: str, strings: dict[str, list[str]]) -> None:
    for text in strings[name]:
        problems: list[Problem] = []
        paper = parse_paper(RECORD.replace("A plain title", dump_scalar(text)), "2401.00001.yaml", problems)
        assert problems if paper is None else paper.title == one_line(text)
        assert all(str(problem).isprintable() for problem in problems)


@pytest.mark.parametrize("name", LISTS)
def test_every_string_gives_a_plain_name(name: str, strings: dict[str, list[str]]) -> None:
    assert [text for text in strings[name] if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug(text)) or len(slug(text)) > 60] == []


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("\u202ereversed", "reversed"),
        ("\u2067isolate \u061cmark", "isolate mark"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),  # a family is joined
        ("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),  # and so is Persian
        ("a\u00adb", "a\u00adb"),
        ("e" + "\u0301" * 300, "e" + "\u0301" * 4),
        ("\ud83d", "\ufffd"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("a\U0010ffff\ufdd0b", "ab"),
        ("a\u0338=b", "a\u0338=b"),
        ("a\x1b[31mb\x00", "a[31mb"),
    ],
)
def test_what_is_seen_of_a_title(title: str, shown: str) -> None:
    assert visible(title) == shown


@pytest.mark.parametrize("title", ["\u2067", "\U000e0041\U000e0042", "\u2028", "\U0010ffff", " \ufeff "])
def test_a_title_in_which_nothing_can_be_seen_is_empty(title: str) -> None:
    problems: list[Problem] = []
    parse_paper(RECORD.replace("A plain title", dump_scalar(title)), "2401.00001.yaml", problems)
    assert [problem.what for problem in problems] == ['"title" is empty; give it a value']


@pytest.mark.parametrize("name", ["a\x0bb", "a\ud83db", "a\u202eb"])
def test_a_figure_may_be_called_anything(name: str) -> None:
    setting = Setting(sizes={f"figures/{name}.png": (2, 2)})
    assert unseen(web.image(f"figures/{name}.png", setting)) == set()
    assert unseen(twin.image(f"figures/{name}.png", setting)) == set()
