"""The language of a digest: its words, quotes and days, from tables that anybody can write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Result
from roundup.errors import Problem
from roundup.records.language import KEYS, parse_language
from roundup.store.reading import built_in_templates
from roundup.text import dialect, web
from roundup.text.language import ENGLISH, Language
from roundup.text.setting import Setting
from roundup.yamltext import parse

TABLES = {path.stem: path for path in sorted((built_in_templates() / "languages").iterdir())}
DAY = dt.date(2023, 8, 1)


def language(name: str) -> Language:
    problems: list[Problem] = []
    made = parse_language(TABLES[name].read_text(encoding="utf-8"), TABLES[name].name, ENGLISH, problems) if name != "en" else ENGLISH
    assert problems == []
    return made


def test_these_languages_are_there() -> None:
    assert list(TABLES) == ["de", "es", "fr", "ja", "pt", "zh"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_ours_says_every_word(name: str) -> None:
    """In the order of the English ones, so that two tables can be read side by side."""
    mapping = parse(TABLES[name].read_text(encoding="utf-8"), name, [])
    assert mapping
    assert tuple(mapping.values) == KEYS == Language.__struct_fields__


@pytest.mark.parametrize(
    ("name", "long", "short"),
    [
        ("en", "1 August 2023", "1 Aug 2023"), ("de", "1. August 2023", "1. Aug. 2023"), ("fr", "1 août 2023", "1 août 2023"), ("es", "1 de agosto de 2023", "1 ago 2023"),
        ("pt", "1 de agosto de 2023", "1 ago. 2023"), ("zh", "2023年8月1日", "2023年8月1日"), ("ja", "2023年8月1日", "2023年8月1日"),
    ],
)  # fmt: skip
def test_a_day_is_said_as_the_language_has_it(name: str, long: str, short: str) -> None:
    assert (language(name).day(DAY), language(name).short_day(DAY)) == (long, short)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("en", "“a ‘b’ c” isn’t <code>\"d\"</code>"), ("de", "„a ‚b‘ c“ isn’t <code>\"d\"</code>"), ("fr", "«\xa0a “b” c\xa0» isn’t <code>\"d\"</code>"),
        ("es", "«a “b” c» isn’t <code>\"d\"</code>"), ("pt", "“a ‘b’ c” isn’t <code>\"d\"</code>"), ("zh", "“a ‘b’ c” isn’t <code>\"d\"</code>"), ("ja", "「a 『b』 c」 isn’t <code>\"d\"</code>"),
    ],
)  # fmt: skip
def test_straight_quotes_become_those_of_the_language(name: str, shown: str) -> None:
    document = dialect.parse("\"a 'b' c\" isn't `\"d\"`", language(name).quotes)
    assert str(web.render(document, Setting())).replace("&nbsp;", "\xa0") == f"<p>{shown}</p>\n"


@pytest.mark.parametrize("name", ["en", *TABLES])
def test_a_site_speaks_its_language(name: str, digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"roundup.yaml": f"title: T\nurl: https://example.org/\nlanguage: {name}\n"})
    assert roundup("build", root=root).code == 0
    said = language(name)
    page, mail, text = ((root / "site/2024-1" / file).read_text() for file in ("index.html", "mail.html", "mail.txt"))
    assert f'<html lang="{name}">' in page
    assert f'<html lang="{name}">' in mail
    assert f'xml:lang="{name}"' in (root / "site/feed.xml").read_text()
    for edition in (page, mail, text, (root / "site/2024-1/index.md").read_text().replace("\\.", ".")):
        assert said.day(dt.date(2024, 2, 1)) in edition
        assert said.papers.of(1) in edition
    assert said.skip in page
    assert said.on_the_web in mail


def test_a_digest_may_say_a_word_in_its_own_way(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"templates/languages/en.yaml": "archive: Everything\nlast: ' & '\n"})
    assert roundup("build", root=root).code == 0
    page = (root / "site/index.html").read_text()
    assert "Everything" in page
    assert "Archive" not in page


def test_a_digest_in_arabic_begins_at_the_right(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"roundup.yaml": "title: T\nlanguage: ar\n", "templates/languages/ar.yaml": "direction: rtl\n"})
    assert roundup("build", root=root).code == 0
    for page in ("index.html", "2024-1/index.html", "2024-1/mail.html"):
        assert '<html lang="ar" dir="rtl">' in (root / "site" / page).read_text()


def test_what_cannot_be_seen_is_in_no_edition_of_an_issue(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    """Titles and teasers are set in lines by templates: they are cleaned before."""
    hidden = '"a\\u202Eb\\u200Bc"'
    issue = f"title: {hidden}\nteaser: {hidden}\ndate: 2024-02-01\norder:\n- section: {hidden}\n- 2401.00001\n"
    root = digest({"roundup.yaml": "title: T\nurl: https://example.org/\n", "issues/2024-1/issue.yaml": issue})
    assert roundup("build", root=root).code == 0
    for path in ("index.html", "2024-1/index.html", "2024-1/index.md", "2024-1/mail.html", "2024-1/mail.txt", "feed.xml"):
        text = (root / "site" / path).read_text()
        assert not set("\u202e\u200b") & set(text), path
        assert "abc" in text
