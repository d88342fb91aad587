"""The reader of plain lines: what it takes, it takes as the parser does, to the node and the line; the rest it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import ROOT
from roundup.errors import Problem
from roundup.records.papers import dump_paper
from roundup.yamlevents import from_events
from roundup.yamllines import plain_mapping
from test_yamltext import PAPERS


def is_taken(text: str) -> bool:
    """Tell whether the lines are read, and see to it that the parser finds the same in them: nodes, lines, order; and no fault."""
    found = plain_mapping(text)
    if found is None:
        return False
    problems: list[Problem] = []
    assert (repr(found), problems) == (repr(from_events(text, "f.yaml", problems)), [])
    return True


PLAIN = """\
# A comment above

title: Soft Mixtures of Experts
id: "2308.10100"
count: 4
day: 2023-08-02T12:00:00Z
url: https://example.org/a#b?c=d:e
colon: a:b -c 'd' "e" [f] {g} & * ! | > % @ `
double: "It's # 1: \\\\alpha, \\"so\\""
single: 'Say "it''s" # 1: \\alpha'
empty:
also: ''
and: ""
Größe: Grüße 你好 😀 ²
list:
- one
- "2"
- '3'

# A comment between
- four
indented:
  - five
  - six
words: [soft mixtures, b-c, v1.0/x, d]
none: []
links:
  pdf: https://example.org/a.pdf
  code:
  - https://example.org/a
seen:
- source: arXiv
  announced: 2023-08-03
  note: |
    Some words.
- source: Elsewhere
- Theory:
- deep:
    deeper:
    - deepest: yes
literal: |
  One line.

    Two.
  # Three

stripped: |-
    - a
    b: c
folded: >-
  A sentence.
  Another - one: with #words.

# A comment below
last: word
"""


def test_the_shapes_that_files_have_are_taken() -> None:
    assert is_taken(PLAIN)


OURS = [path.read_text(encoding="utf-8") for part in ("papers", "commentary") for path in sorted(ROOT.glob(f"issues/*/{part}/*.yaml"))]
ISSUES = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("issues/*/issue.yaml"))]


def test_our_own_records_and_picks_are_taken() -> None:
    assert [text for text in OURS if not is_taken(text)] == []


def test_the_files_of_the_benchmark_are_taken(shared: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, shared / "bench/digest.py", tmp_path, "S"], check=True, capture_output=True)
    paths = sorted(tmp_path.glob("issues/**/*.yaml"))
    assert len(paths) == 1020
    assert [path for path in paths if not is_taken(path.read_text(encoding="utf-8"))] == []


def test_of_the_suite_and_of_odd_records_only_what_the_parser_reads_so_is_taken(shared: Path) -> None:
    payloads = [json.loads(line)["payload"] for line in (shared / "corpora/yaml/yaml_test_suite.jsonl").read_text().splitlines()]
    records = [path.read_bytes().decode(errors="replace") for path in sorted((shared / "corpora/records").glob("*.yaml"))]
    assert 0 < sum(map(is_taken, payloads)) < len(payloads)
    assert 0 < sum(map(is_taken, records)) < len(records)


@given(PAPERS.map(dump_paper))
def test_a_written_record_is_read_as_the_parser_reads_it(written: str) -> None:
    is_taken(written)


# What is taken has one reading; these have another one, or none, or one that only a parser should find.
@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "# a comment alone\n", "a: b", "a\n", "- a\n", "'a': b\n", '"a": b\n', "? a\n: b\n", "a : b\n", "a:b\n", "a-b: c\n", "k" * 200 + ": a\n",
        "a: b\na: c\n", "a:\n  b: c\n  b: d\n", "<<: a\n", "---\na: b\n", "a: b\n...\n", "%YAML 1.1\n---\na: b\n", "<<<<<<< HEAD\na: b\n",
        "a: &x b\n", "a: *x\n", "a: !x b\n", "a: @b\n", "a: {b: c}\n", "a: [b, [c]]\n", "a: ['b']\n", "a: [b, ]\n", "a: [b: c]\n", "a: [b\n", "a: - b\n", "a: -b\n", "a: ~\n",
        "a: b: c\n", "a: b:\n", "a: b #c\n", "a: b # c\n", "a: # b\n", "a: b \n", "a:  b\n", "a: \tb\n", "a:\tb\n", "\ta: b\n", "a: b\tc\n",
        "a: b\n  c\n", "a: b\n\n  c\n", "a: b\n  c: d\n", "a:\n  b\n", "a: 'b\n  c'\n", "a: \"b\n  c\"\n", "a: 'b' c\n", "a: 'b\n", "a: \"b\n", "a: '\n", "a: 'b''\n", "a: 'b'c'\n", 'a: "b"c"\n',
        'a: "b\\n"\n', 'a: "\\u00e9"\n', 'a: "\\\\\\"\n', 'a: "b\\"\n', "a: 'b' # c\n", 'a: "b" \n',
        "a: |\n", "a: |\n\n  b\n", "a: |\nb: c\n", "a: |2\n  b\n", "a: |+\n  b\n", "a: | # b\n  c\n", "a: |\n    b\n  c\n", "a: |\n  b\n c\n", "a: |\n  b\n \nc: d\n", "a: |\n  b",
        "a: >\n  b\n", "a: >-\n  b\n\n  c\n", "a: >-\n  b\n   c\n", "a: >-\n  b \n  c\n", "a: |\n  b\n# c\n  d\n",
        "a:\n- b\n  c\n", "a:\n- b\n - c\n", "a:\n  - b\n- c\n", "a:\n-\n", "a:\n- \n", "a:\n- - b\n", "a:\n- |\n  b\n", "a:\n- [b]\n", "a:\n-  b\n", "a: b\n- c\n", "a:\n- b: c\n   d: e\n", "a:\n- b: c\n d: e\n",
        "a:\n  b: c\n d: e\n", "a:\n  b: c\n   d: e\n", " a: b\n", "  \na: b\n", "a:\n  # b\n  c: d\n", "a:\n" + "".join(" " * n + "b:\n" for n in range(1, 30)),
        "a: b\r\n", "a: b\rc: d\n", "a: b\x85c\n", "a: b\u2028c\n", "a: b\xa0c\n", "\ufeffa: b\n", "a: \x07\n", "a: \ud83d\n", "a: \u200bb\n", "a:\u3000b\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert not is_taken(text)


ODD = [
    *" :#-'\"\\\t\n\r,[]{}&*!|>%@`?~=<.$_0aZé中²\u0301\u2028\x85\xa0\ufeff\u3000\u200b😀",
    "\n ", "\n  ", "\n   ", "\n    ", "\n- ", "\n  - ", "\n\n", "\n# c\n", ": ", " #", "- ", "|\n", "|-\n", ">-\n", ">\n", "---\n", "...\n", "<<: ", "a: b\n", "a:\n", "''", '\\"', "\\\\", "[a, b]",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A few lines of a plain file with a few changes: something odd put in, characters or a line taken away, moved or indented."""
    lines = draw(st.sampled_from([PLAIN, *OURS, *ISSUES])).splitlines()
    start = draw(st.integers(0, len(lines) - 1))
    lines = lines[start : start + draw(st.integers(1, 12))]
    for _ in range(draw(st.integers(0, 4))):
        at, change = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, 5))
        line = lines[at]
        column = draw(st.integers(0, min(len(line), 80)))
        if change <= 1:
            lines[at] = line[:column] + draw(st.sampled_from(ODD)) + line[column:]
        elif change == 2:
            lines[at] = line[:column] + line[column + draw(st.integers(1, 3)) :]
        elif change == 3:
            lines[at] = " " * draw(st.integers(0, 4)) + line.lstrip(" ")
        elif change == 4:
            lines.insert(at, draw(st.sampled_from(lines)))
        else:
            lines[at] = line[:column]
    return "".join(f"{line}\n" for line in lines)


@given(mutated())
@example("a: b\n# c\nd: e\n")
@example("a:\n\n# b\n\n- c\n")
@example("a:\nb:\n- c:\n- d:\n  e:\n")
@example("a: |\n  b\n  \n   \n\nc: d\n")
def test_a_file_with_slips_is_read_as_the_parser_reads_it_or_not_at_all(text: str) -> None:
    is_taken(text)


@given(st.lists(st.sampled_from([*ODD, "a: ", "b: ", "c:\n", "- d\n", "- e: ", "  f: ", "  - g\n", "word", "'x'", '"y"', "\n"])).map("".join))
def test_a_heap_of_pieces_is_read_as_the_parser_reads_it_or_not_at_all(text: str) -> None:
    is_taken(text + "\n")
