"""The plain edition: lines of 72 columns in every script, and what stands in place of markup."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.text import dialect
from roundup.text.filling import _EVEN, WIDTH, _piece, columns, filled
from roundup.text.plain import Plain
from roundup.text.setting import Place, Setting

SETTING = Setting(
    page="2024-1/index.html", root="https://example.org/", own="https://example.org/2024-1/", figures="https://example.org/2024-1/", first_note=3,
    places={"2401.00001": Place("On $x_i$", "https://example.org/2024-1/#2401.00001"), "2401.00002": Place("שלום (2)", "https://example.org/2024-1/#2401.00002")}, sizes={"figures/a.png": (4, 2)},
)  # fmt: skip


def shown(source: str) -> str:
    """Return a block as plain text, then its links and its notes."""
    edition = Plain()
    text = edition.render(dialect.parse(source), SETTING)
    links = [f"[{number}] {link}" for number, link in enumerate(edition.links, 1)]
    return "\n".join([text, *links, *edition.notes])


CASES = {
    "*a* **b** ~~c~~ `d`": "_a_ *b* ~c~ `d`",
    "one\ntwo\\\nthree": "one two\nthree",
    "[a](https://e.org/ \"t\") [b](/2023-7/) [c](https://e.org/ \"t\") <https://e.org/>": "a [1] b [2] c [1] <https://e.org/>\n[1] https://e.org/ (t)\n[2] https://example.org/2023-7/",
    "[here](#there)": "here [1]\n[1] https://example.org/2024-1/#there",
    "[[2401.00001]] [[2401.00009]]": "On xᵢ [1] [[2401.00009]]\n[1] https://example.org/2024-1/#2401.00001",
    "a[^x] b[^y]\n\n[^x]: one\n[^y]: two": "a[^3] b[^4]\n[^3] one\n[^4] two",
    "# A **heading**\n\ntext": "A *heading*\n~~~~~~~~~~~\n\ntext",
    "> quoted\n> > twice": "> quoted\n>\n> > twice",
    "- a\n- b\n  1. c": "- a\n- b\n  1. c",
    "3. a\n\n4. b": "3. a\n\n4. b",
    "```\ncode  here\n\nmore\n```": "    code  here\n\n    more",
    "$$\\frac{a}{b}$$": "    a/b",
    "$x^2$ and $\\frac{a}$": "x² and $\\frac{a}$",
    "word " * 13 + "and `roundup  build`": "word " * 13 + "and\n`roundup  build`",
    "***": "* * *",
    "| a | bb |\n|---|---:|\n| ccc | d |": "a    bb\n---  --\nccc   d",
    "![words](figures/a.png \"A caption\")": "[Figure: words] [1]\nA caption\n[1] https://example.org/2024-1/figures/a.png",
    "see ![words](figures/a.png)": "see [Figure: words] [1]\n[1] https://example.org/2024-1/figures/a.png",
    "```card\nurl: https://e.org/a\ntitle: T\ntext: more\n```": "| T\n| more\n| e.org\n| https://e.org/a",
    "[x](https://\u0430rxiv.org/)": "x [1] (xn--rxiv-43d.org)\n[1] https://xn--rxiv-43d.org/",
    "[[2401.00002]] (1)": "\u2068שלום (2)\u2069 [1] (1)\n[1] https://example.org/2024-1/#2401.00002",
    "<b>raw</b> & \"quoted\"": "<b>raw</b> & “quoted”",
}


@pytest.mark.parametrize("source", CASES)
def test_what_stands_in_place_of_markup(source: str) -> None:
    assert shown(source) == CASES[source]


def test_a_table_without_room_shows_its_rows_one_after_the_other() -> None:
    long = "a cell with a good many words in it, " * 2
    assert shown(f"| {long} | b |\n|---|---|\n| c | d |") == "a cell with a good many words in it, a cell with a good many words in\n  it, | b\nc | d"


def test_a_list_within_a_quote_within_a_list_keeps_to_its_width() -> None:
    text = shown("- > - " + "word " * 60)
    assert max(map(columns, text.split("\n"))) <= WIDTH
    assert text.split("\n")[0].startswith("- > - word")
    assert {line[:6] for line in text.split("\n")[1:]} == {"  >   "}


@given(st.lists(st.text(st.sampled_from("abc xé中。かש\u0301\xa0\n"), max_size=12), max_size=40).map(" ".join), st.integers(20, 72))
def test_lines_keep_their_width_and_every_letter(text: str, width: int) -> None:
    """A line is longer only where one word is."""
    lines = filled(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(columns(line) <= width or " " not in line.strip() for line in lines)


@given(st.lists(st.text("ab-", min_size=1, max_size=30), max_size=40).map(" ".join), st.integers(5, 72), st.integers(0, 4))
def test_lines_take_as_many_words_as_they_have_room_for(text: str, width: int, indent: int) -> None:
    expected = textwrap.wrap(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    assert filled(text, width, indent) == (expected or [""])


def test_what_is_filled_without_a_look_at_its_signs_takes_a_column_each() -> None:
    even = "".join(_EVEN.findall("".join(map(chr, range(0x110000)))))
    assert columns(f"{even}字") == len(even) + 2  # counted sign by sign
    assert {char for char in even if char.isspace()} == set(" \xa0\u202f")
    assert {len(piece) for piece in _piece().findall(even)} == {len(even)}


def test_a_line_may_end_behind_a_character_of_chinese_but_not_before_a_stop() -> None:
    lines = filled("字" * 40 + "。" + "字" * 5, 80)
    assert lines == ["字" * 39, "字。" + "字" * 5]
