"""The strict subset of YAML: what is text, what is refused in which words and on which line, and what is written."""

from __future__ import annotations

import datetime as dt
import string
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import ROOT
from roundup import yamlevents
from roundup.errors import Problem
from roundup.nodes import Mapping, Node, Scalar, Sequence
from roundup.paper import ArxivId, Author, Fetch, Links, Paper, Sighting, Withdrawal, parse_arxiv_id
from roundup.records.fields import eaten
from roundup.records.papers import ANNOUNCE_TYPES, dump_paper, parse_paper
from roundup.text.links import is_allowed
from roundup.text.visible import visible
from roundup.yamlevents import MAX_DEPTH
from roundup.yamltext import MAX_BYTES, decode, dump_folded, dump_scalar, parse

Plain = str | list["Plain"] | dict[str, "Plain"]


def read(text: str) -> Mapping:
    """Return what a text holds; it has no fault."""
    problems: list[Problem] = []
    found = parse(text, "f.yaml", problems)
    assert problems == []
    assert found is not None
    return found


def told(text: str) -> list[str]:
    problems: list[Problem] = []
    parse(text, "f.yaml", problems)
    return [str(problem) for problem in problems]


def bare(node: Node) -> Plain:
    """Return a node as plain values, without its lines."""
    if isinstance(node, Mapping):
        return {key: bare(value) for key, value in node.values.items()}
    return [bare(item) for item in node.items] if isinstance(node, Sequence) else node.text


def value(text: str) -> Scalar:
    node = read(text).values["key"]
    assert isinstance(node, Scalar)
    return node


# ---- what is read ----


@pytest.mark.parametrize(
    "spelled",
    """2308.10100 0704.0010 2308 010 0x1F 1_000 1e5 .5 -0 +1 12:30:45 1:2:3.5 no No NO yes Yes on off y n true False null Null ~ .inf .NaN = 2024-01-02 2024-02-30
    2024-01-02T03:04:05Z 3/4 a:b a#b a,b a]b a} a'b a"b C++ x-y -x ?x :x @""".split()[:-1],
)
def test_every_plain_scalar_is_text(spelled: str) -> None:
    assert value(f"key: {spelled}\n").text == spelled


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("", ""),
        ("''", ""),
        ('""', ""),
        ("'2308.10100'", "2308.10100"),
        ('"no"', "no"),
        ("'it''s'", "it's"),
        (r'"a \"b\" \\ \x41 \u00e9 \U0001f600 \n \t \0 \e"', 'a "b" \\ A é 😀 \n \t \0 \x1b'),
        (r"'\n'", r"\n"),
        ("two words", "two words"),
        ("one\n  two\n  three", "one two three"),
        ("one\n\n  two", "one\ntwo"),
        ('"one\n  two\\\n  three"', "one twothree"),
        ("'a: b # c'", "a: b # c"),
        ("a # c", "a"),
        ("a  ", "a"),
        ("|\n  a\n   b\n\n  c\n", "a\n b\n\nc\n"),
        ("|-\n  a\n", "a"),
        ("|+\n  a\n", "a\n\n"),
        ("|2\n   a\n", " a\n"),
        ("|\n  a  \n  \tb\n  # no comment\n", "a  \n\tb\n# no comment\n"),
        (">\n  a\n  b\n\n  c\n   d\n", "a b\nc\n d\n"),
        (">-\n  a\n  b\n", "a b"),
        ("|\n", ""),
        ("Grüße 你好 😀", "Grüße 你好 😀"),
        ("a\x85b", "a b"),
        (r'"a\x85b"', "a\x85b"),
        ("a\xa0b", "a\xa0b"),
        ("a\ufeffb", "a\ufeffb"),
        ("$x_{1}$", "$x_{1}$"),
    ],
)
def test_a_value_is_the_text_that_it_spells(written: str, text: str) -> None:
    assert value(f"key: {written}\n").text == text


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("key:\n- a\n- b\n", {"key": ["a", "b"]}),
        ("key:\n  - a\n  - b\n", {"key": ["a", "b"]}),
        ("key: [a, 'b', 2308.10100, ]\n", {"key": ["a", "b", "2308.10100"]}),
        ("key: []\n", {"key": []}),
        ("key: {}\n", {"key": {}}),
        ("key: {a: b, c: {d: e}}\n", {"key": {"a": "b", "c": {"d": "e"}}}),
        ("key:\n- a: b\n  c: d\n- e: f\n", {"key": [{"a": "b", "c": "d"}, {"e": "f"}]}),
        ("key:\n  a:\n    b: c\n", {"key": {"a": {"b": "c"}}}),
        ("key:\n- - a\n  - b\n", {"key": [["a", "b"]]}),
        ("key:\n-\n- a\n", {"key": ["", "a"]}),
        ("key:\nother:\n", {"key": "", "other": ""}),
        ("---\nkey: a\n...\n", {"key": "a"}),
        ("# above\n\nkey: a # behind\n# below\n", {"key": "a"}),
        ("key: a\r\nother: b\r\n", {"key": "a", "other": "b"}),
        ("key: a\rother: b\r", {"key": "a", "other": "b"}),
        ("key: a", {"key": "a"}),
        ("'key': a\n\"other\": b\n", {"key": "a", "other": "b"}),
        ("? key\n: a\n", {"key": "a"}),
        ("2308.10100: a\nno: b\n", {"2308.10100": "a", "no": "b"}),
        ("b: 1\na: 2\nc: 3\n", {"b": "1", "a": "2", "c": "3"}),
        ("%YAML 1.1\n---\nkey: a\n", {"key": "a"}),
    ],
)
def test_keys_hold_text_lists_and_keys_in_the_order_of_the_file(written: str, wanted: Plain) -> None:
    found = bare(read(written))
    assert found == wanted
    assert list(found) == list(wanted)


def test_twenty_levels_are_read() -> None:
    assert read("key: " + "[" * (MAX_DEPTH - 2) + "a" + "]" * (MAX_DEPTH - 2) + "\n")


# ---- lines ----


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("key: a\n", 1),
        ("key:\n  a\n", 2),
        ("# above\n\nkey: a\n", 3),
        ("key: 'a\n  b'\n", 1),
        ("key: |\n  a\n", 2),
        ("key: >\n  a\n", 2),
        ("key: | # why\n\n  a\n", 2),
        ("other: |\n  a\n\n\nkey: b\n", 5),
        ("other: a\r\nkey: b\r\n", 2),
        ("other: a\rkey: b\r", 2),
        ("other: a\r\n\nkey: b\n", 3),
        ("other: 😀 a\x85b\nkey: b\n", 2),
        ("---\nkey: a\n", 2),
    ],
)
def test_a_value_knows_the_line_of_its_first_character(written: str, line: int) -> None:
    assert value(written).line == line


def test_keys_lists_and_mappings_know_their_lines() -> None:
    root = read("a:\n- 1\n- b: 2\n  c:\n    d: 3\n\ne: {f: 4,\n  g: 5}\n")
    items, flow = root.values["a"], root.values["e"]
    assert isinstance(items, Sequence)
    assert isinstance(flow, Mapping)
    inner = items.items[1]
    assert isinstance(inner, Mapping)
    assert (root.line, root.lines) == (1, {"a": 1, "e": 7})
    assert (items.line, [item.line for item in items.items]) == (2, [2, 3])
    assert (inner.line, inner.lines) == (3, {"b": 3, "c": 4})
    assert (flow.line, flow.lines) == (7, {"f": 7, "g": 8})


@pytest.mark.parametrize(("written", "literal"), [("|\n  a\n", True), ("|-\n  a\n", True), (">\n  a\n", False), ("a\n", False), ('"a"\n', False), ("'a'\n", False)])
def test_only_in_a_literal_block_is_a_line_a_line(written: str, literal: bool) -> None:
    assert value(f"key: {written}").literal == literal


@pytest.mark.parametrize(
    ("written", "remark"),
    [
        ("C # fast", "# fast"),
        ("C   # fast", "# fast"),
        ("C\t# fast", "# fast"),
        ("one\n  two # cut", "# cut"),
        ("😀 C # fast", "# fast"),
        ("C #", "#"),
        ("C#", ""),
        ("C", ""),
        ("'C' # fast", ""),
        ('"C" # fast', ""),
        ("|\n  C # fast\n", ""),
        ("# fast", "# fast"),
        ("a\r\nother: C # fast", ""),
    ],
)
def test_a_comment_behind_a_bare_value_is_remarked(written: str, remark: str) -> None:
    assert value(f"key: {written}\n").remark.strip() == remark


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("C # fast", ['f.yaml:1: "# fast" behind the title is a comment and will not be seen; quote the value, or put two spaces before the #']),
        ("C  # fast", []),
        ("C #fast", ['f.yaml:1: "#fast" behind the title is a comment and will not be seen; quote the value, or put two spaces before the #']),
        ('"C # fast"', []),
        ("C", []),
    ],
)
def test_words_that_a_comment_eats_are_told_of(written: str, advice: list[str]) -> None:
    assert [str(problem) for problem in eaten(read(f"title: {written}\n"), "f.yaml", ("title", "teaser"))] == advice


# ---- bytes ----


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a: b\r\n", "a: b\r\n"),
        ("a: é 😀".encode(), "a: é 😀"),
        (b"\xef\xbb\xbfa: b\n", "a: b\n"),
        (b"a: \xef\xbb\xbfb\n", "a: \ufeffb\n"),
        (b" " * MAX_BYTES, " " * MAX_BYTES),
    ],
)
def test_bytes_are_utf_8_with_or_without_a_mark(data: bytes, text: str) -> None:
    problems: list[Problem] = []
    assert (decode(data, "f.yaml", problems), problems) == (text, [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" " * (MAX_BYTES + 1), "f.yaml: the file is too large: 1,048,577 bytes, the limit is 1,048,576; split it"),
        (b"a: b\nc: Caf\xe9\n", "f.yaml:2: byte 0xe9 is not UTF-8; save the file with the encoding UTF-8"),
        ("a: b".encode("utf-16"), "f.yaml:1: byte 0xff is not UTF-8; save the file with the encoding UTF-8"),
        (b"a: \xed\xa0\xbd\n", "f.yaml:1: byte 0xed is not UTF-8; save the file with the encoding UTF-8"),
        (b"a: \xc0\xaf\n", "f.yaml:1: byte 0xc0 is not UTF-8; save the file with the encoding UTF-8"),
        (b"a: \xe2\x82", "f.yaml:1: byte 0xe2 is not UTF-8; save the file with the encoding UTF-8"),
    ],
)
def test_other_bytes_are_refused(data: bytes, message: str) -> None:
    problems: list[Problem] = []
    assert (decode(data, "f.yaml", problems), [str(problem) for problem in problems]) == (None, [message])


# ---- what is refused ----

COLON = "a colon with a space behind it cannot stand inside a value; quote it, or begin a text of several lines with |"
BEGIN = "this character cannot begin a value; quote the value"
TAB = "a tab cannot indent; indent with spaces"
QUOTE = "the quote that opens in this line is never closed; close it at the end of the value"
NEITHER = 'this line is neither "key: value" nor part of the value above; indent it or add the colon'
LINE_UP = "the line does not line up with its neighbours, or a quote ends too early; mend the indentation or quote the value"
BRACKET = "the list or mapping that opens with a bracket is not closed; close it"
ITEM = "the list item does not line up with the others; mend the indentation"
BACKSLASH = "a backslash inside double quotes begins an escape; use single quotes"
HALF = "half a surrogate pair is no character; write the character itself"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        # the file as a whole
        ("", "1: the file is empty; write it again or remove it"),
        ("\n\n", "1: the file is empty; write it again or remove it"),
        ("# a word\n", "1: the file is empty; write it again or remove it"),
        ("---\n", "1: the file is empty; write it again or remove it"),
        ("- a\n", '1: the file holds a list, not keys; begin with "key: value"'),
        ("\n[]\n", '2: the file holds a list, not keys; begin with "key: value"'),
        ("a\n", '1: the file holds bare text, not keys; begin with "key: value"'),
        ("a:b\n", '1: the file holds bare text, not keys; begin with "key: value"'),
        ("--- |\n  a\n", '1: the file holds bare text, not keys; begin with "key: value"'),
        ("''\n", "1: the file is empty; write it again or remove it"),
        ("a: b\n---\nc: d\n", "2: a second document begins here (---); one file holds one"),
        ("a: b\n...\n---\nc: d\n---\ne: f\n", "3: a second document begins here (---); one file holds one"),
        # characters
        ("a: b\nc: d\x07e\n", "2: control character 0x07 in the text; remove it"),
        ("a: b\r\nc: \0\r\n", "2: control character 0x00 in the text; remove it"),
        ("a: \x7f\n", "1: control character 0x7f in the text; remove it"),
        ("a: \x9f\n", "1: control character 0x9f in the text; remove it"),
        ("a: \uffff\n", "1: control character 0xffff in the text; remove it"),
        ("a: \ud83d\n", "1: control character 0xd83d in the text; remove it"),
        ("a: b\nc: d\u2028e: f\n", "2: character U+2028 (a line separator) ends the value here; replace it by a space or a new line"),
        ("a: 'b\u2029c'\n", "1: character U+2029 (a line separator) ends the value here; replace it by a space or a new line"),
        (r'a: "\ud83d"', f"1: {HALF}"),
        # what YAML has and we do not
        ("a: &x b\n", '1: anchor "&x" marks a value for repetition; remove it'),
        ("a:\n- &x\n  - b\n", '2: anchor "&x" marks a value for repetition; remove it'),
        ("&x a: b\n", '1: anchor "&x" marks a value for repetition; remove it'),
        ("a: b\nc: *x\n", '2: alias "*x" stands for another value; write the value out'),
        ("*x : a\n", '1: alias "*x" stands for another value; write the value out'),
        ("a: !!int 1\n", '1: tag "tag:yaml.org,2002:int" asks for a special value; remove it, every value is text'),
        ("a: !include /etc/passwd\n", '1: tag "!include" asks for a special value; remove it, every value is text'),
        ("a: ! b\n", '1: tag "!" asks for a special value; remove it, every value is text'),
        ("a: !<tag:x> b\n", '1: tag "tag:x" asks for a special value; remove it, every value is text'),
        ("a: !!python/object/apply:os.system [x]\n", '1: tag "tag:yaml.org,2002:python/object/apply:os.system" asks for a special value; remove it, every value is text'),
        ("%TAG ! tag:x,2000:\n---\na: !b c\n", '3: tag "tag:x,2000:b" asks for a special value; remove it, every value is text'),
        ("<<: {a: b}\n", '1: merge key "<<" takes in another mapping; write its keys out'),
        ("a:\n  b: c\n  <<: [{d: e}]\n", '3: merge key "<<" takes in another mapping; write its keys out'),
        ("a: b\nc: d\na: e\n", '3: key "a" already stands in line 1; keep one'),
        ("a:\n- b: 1\n  'b': 2\n", '3: key "b" already stands in line 2; keep one'),
        ("? [a]\n: b\n", "1: a key is a single word; this one is a list or a mapping"),
        ("a: b\n{c: d}: e\n", "2: a key is a single word; this one is a list or a mapping"),
        ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n", "1: nested more than 20 deep; flatten it"),
        ("a:\n" + "".join(" " * n + "b:\n" for n in range(1, 30)), "20: nested more than 20 deep; flatten it"),
        # what is no YAML: each message that libyaml can be brought to
        ("a: b: c\n", f"1: {COLON}"),
        ("a: b\n  c: d\n", f"2: {COLON}"),
        ("title: Attention: a survey\n", f"1: {COLON}"),
        ("a\nb: c\n", f"2: {COLON}"),
        ("a: @b\n", f"1: {BEGIN}"),
        ("a: `b`\n", f"1: {BEGIN}"),
        ("a: %b\n", f"1: {BEGIN}"),
        ("a:\n\tb: c\n", f"2: {TAB}"),
        ("\ta: b\n", f"1: {TAB}"),
        ("a: |\n\tb\n", f"2: {TAB}"),
        ("a:\n  b: c\n\td: e\n", f"3: {TAB}"),
        ("a: ]\n", f"1: {BEGIN}"),
        ("a: , b\n", f"1: {BEGIN}"),
        ('a: b\nc: "d\ne: f\n', f"2: {QUOTE}"),
        ("a: b\nc: 'd\ne: f\n", f"2: {QUOTE}"),
        ("a: 'it's'\nb: 'c\n\nd: e\n", f"1: {LINE_UP}"),
        ('a: "b\n---\nc: d\n', f"1: {QUOTE}"),
        ("a: 'b\n...\n", f"1: {QUOTE}"),
        ("a: b\nword\n", f"2: {NEITHER}"),
        ("a: b\nword\nc: d\n", f"2: {NEITHER}"),
        ("a: b\n" + "k" * 2000 + ": c\n", f"2: {NEITHER}"),
        ("a: |\nb\n", f"2: {NEITHER}"),
        ("a:\n    b: c\n  d: e\n", f"3: {LINE_UP}"),
        ('a: "b" c\n', f"1: {LINE_UP}"),
        ("a: 'b' c\n", f"1: {LINE_UP}"),
        ("a: b\n- c\n", f"2: {LINE_UP}"),
        ("a:\n  - b\n - c\n", f"3: {LINE_UP}"),
        ("a: b\nc: [d, e\nf: g\n", f"2: {BRACKET}"),
        ("a: [b\n", f"1: {BRACKET}"),
        ("a: [b,\n", f"1: {BRACKET}"),
        ("a:\n- [\n", f"2: {BRACKET}"),
        ("a: {b: c\n", f"1: {BRACKET}"),
        ("a: b\nc: {d: e\nf: g\n", f"2: {BRACKET}"),
        ("a: [b}\n", f"1: {BRACKET}"),
        ("- a\nb: c\n", f"2: {ITEM}"),
        ("a:\n  - b\n  c: d\n", f"3: {ITEM}"),
        (r'a: "C:\users"' + "\n", f"1: {BACKSLASH}"),
        (r'a: "\q"' + "\n", f"1: {BACKSLASH}"),
        (r'a: "\xZZ"' + "\n", f"1: {BACKSLASH}"),
        (r'a: "\ud83d \ude00"' + "\n", f"1: {HALF}"),
        # what no line of ours explains is told in the parser's words
        ("a: |x\n  b\n", "1: not YAML: did not find expected comment or line break; quote the value"),
        ("a: |0\n  b\n", "1: not YAML: found an indentation indicator equal to 0; quote the value"),
        ("a: - b\n", "1: not YAML: block sequence entries are not allowed in this context; quote the value"),
        ("a: * b\n", "1: not YAML: did not find expected alphabetic or numeric character; quote the value"),
        ("a: & b\n", "1: not YAML: did not find expected alphabetic or numeric character; quote the value"),
        ("a: !x!y b\n", "1: not YAML: found undefined tag handle; quote the value"),
        ("a: !<b c\n", "1: not YAML: did not find the expected '>'; quote the value"),
        ("%YAML 3.0\n---\na: b\n", "1: not YAML: found incompatible YAML document; quote the value"),
        ("%FOO\n---\na: b\n", "1: not YAML: found unknown directive name; quote the value"),
        ("%YAML 1.1\na: b\n", "2: not YAML: did not find expected <document start>; quote the value"),
    ],
)
def test_what_is_refused_is_refused_in_these_words(written: str, message: str) -> None:
    assert told(written) == [f"f.yaml:{message}"]


def test_a_fault_in_one_value_leaves_the_others_readable() -> None:
    problems: list[Problem] = []
    found = parse("a: &x b\nc: *x\nd: e\n<<: f\nd: g\n", "f.yaml", problems)
    assert found is not None
    assert bare(found) == {"a": "b", "c": "", "d": "e"}
    assert [problem.where.line for problem in problems] == [1, 2, 4, 5]


def test_every_control_character_is_told_of_with_its_line() -> None:
    assert told("a: \x01\nb: \x02\n") == ["f.yaml:1: control character 0x01 in the text; remove it", "f.yaml:2: control character 0x02 in the text; remove it"]


def test_no_value_can_begin_a_line_of_the_report() -> None:
    """A key with a line end in it does not forge a message of its own."""
    forged = '"a\\nother.yaml:1: all is well": 1\n'
    assert all("\n" not in message for message in told(forged * 2))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("a: b: c\n", f"1: {COLON}"),
        ("a: @b\n", f"1: {BEGIN}"),
        ("a: b\nc: 'd\ne: f\n", f"2: {QUOTE}"),
        ('a: "b\n---\nc: d\n', f"1: {QUOTE}"),
        ("a: b\nword\n", f"2: {NEITHER}"),
        ("a: b\n- c\n", f"2: {LINE_UP}"),
        ("a: 'b' c\n", f"1: {LINE_UP}"),
        ("a: b\nc: [d\ne: f\n", f"2: {BRACKET}"),
        (r'a: "\q"' + "\n", f"1: {BACKSLASH}"),
        (r'a: "\ud83d"' + "\n", f"1: {HALF}"),
        ("a: &x b\n", '1: anchor "&x" marks a value for repetition; remove it'),
        ("a: !!int 1\n", '1: tag "tag:yaml.org,2002:int" asks for a special value; remove it, every value is text'),
    ],
)
def test_without_libyaml_the_words_are_the_same(written: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlevents, "_Parser", yaml.SafeLoader)
    assert told(written) == [f"f.yaml:{message}"]


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    problems: list[Problem] = []
    found = parse(text, "f.yaml", problems)
    assert found is not None or problems
    assert all(1 <= problem.where.line <= text.count("\n") + text.count("\r") + 1 for problem in problems)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    problems: list[Problem] = []
    text = decode(data, "f.yaml", problems)
    assert (text is None) == bool(problems)


# ---- what is written ----

ODD = string.ascii_letters + string.digits + " :#-'\"\\\t\n\r,[]{}&*!|>%@`?~=<.$_é\x00\x07\x1b\x7f\x85\xa0\u2028\u2029\u200b\u202e\ufeff\ufffe\uffff\U0001f600\U000e0001中"
TEXTS = st.one_of(
    st.text(),
    st.text(ODD, max_size=40),
    st.sampled_from("""y N yes No on OFF true Null nan Inf .inf ~ = << - ? : --- ... 2308.10100 0704.0010 010 0x1F 1e5 12:30:45 2024-01-02 2024-01-02T03:04:05Z a: b:c #a
        a#b & * ! | > % @ ` { [ """.split()),
    st.from_regex(r"[A-Za-z]+( ?[:#'\"\\,]? ?[A-Za-z]+){0,4}[: #]?", fullmatch=True),
)  # fmt: skip
PLACES = {"key": "key: {}\n", "item": "key:\n- {}\n", "key of an item": "key:\n- name: {}\n  other: a\n", "inner key": "key:\n  name: {}\nother: a\n"}


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
@example(text="")
@example(text=" a ")
@example(text="a: b")
@example(text="a #b")
@example(text="a:")
@example(text="x" * 5000)
@example(text="é: " * 700)
def test_a_written_scalar_reads_back_as_its_text(place: str, text: str) -> None:
    written = PLACES[place].format(dump_scalar(text))
    assert written.count("\n") == PLACES[place].count("\n")
    assert text_in(bare(read(written))["key"]) == text  # type: ignore[call-overload]


def text_in(found: Plain) -> str:
    while not isinstance(found, str):
        found = found[0] if isinstance(found, list) else found["name"]
    return found


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
def test_a_written_scalar_is_the_same_to_a_usual_loader(place: str, text: str) -> None:
    written = PLACES[place].format(dump_scalar(text))
    assert text_in(yaml.load(written, yaml.BaseLoader)["key"]) == text
    assert text_in(yaml.load(written, yaml.CBaseLoader)["key"]) == text


@given(text=TEXTS)
@example(text="=")
@example(text="<<")
def test_a_loader_that_guesses_takes_a_written_scalar_for_text(text: str) -> None:
    """Only a day or a time stays bare: there the guess is right."""
    found = yaml.safe_load(f"key: {dump_scalar(text)}\n")["key"]
    assert found == text or isinstance(found, dt.date)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Soft Mixtures of Experts", "Soft Mixtures of Experts"),
        ("2308.10100", '"2308.10100"'),
        ("2023-08-02", "2023-08-02"),
        ("2023-08-02T12:00:00Z", "2023-08-02T12:00:00Z"),
        ("2023-13-45", "2023-13-45"),
        ("", '""'),
        ("no", '"no"'),
        ("NULL", '"NULL"'),
        ("Attention: a survey", '"Attention: a survey"'),
        ("C # fast", '"C # fast"'),
        ("C#", '"C#"'),
        ('Say "hi": now', "'Say \"hi\": now'"),
        ("it's: \"so\"", "'it''s: \"so\"'"),
        (r"$\sqrt{d}$", r"'$\sqrt{d}$'"),
        (r"On $\sqrt{d}$", r"On $\sqrt{d}$"),
        ("- a", '"- a"'),
        ("a\nb", r'"a\x0ab"'),
        ("tab\there", r'"tab\x09here"'),
        ("a\u2028b", r'"a\u2028b"'),
        ("a\U000e0001b", r'"a\U000e0001b"'),
        ("Ünïcode 中文", "Ünïcode 中文"),
        ("😀", '"😀"'),
    ],
)
def test_a_scalar_is_written_plain_where_that_is_safe(text: str, written: str) -> None:
    assert dump_scalar(text) == written


FOLDED = st.one_of(TEXTS, st.lists(st.sampled_from(["We.", "See", "(a)", "[b]", "$x$", "Is", "it?", "Yes!", "\\emph{a}", "#", "-", "a:", '"So', "e.g.", "中。"])).map(" ".join)).map(
    lambda text: " ".join(text.split())
)


@given(text=FOLDED)
def test_a_folded_text_reads_back_as_its_text(text: str) -> None:
    written = f"key: {dump_folded(text, '  ')}\nother: a\n"
    assert bare(read(written)) == {"key": text, "other": "a"}
    assert yaml.load(written, yaml.BaseLoader) == {"key": text, "other": "a"}


@given(text=TEXTS)
def test_a_text_that_is_not_folded_reads_back_too(text: str) -> None:
    assert value(f"key: {dump_folded(text, '  ')}\n").text == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("One sentence.", "One sentence."),
        ("First one. Second one? Third!", ">-\n  First one.\n  Second one?\n  Third!"),
        ("See e.g. this. And that.", ">-\n  See e.g. this.\n  And that."),
        ("A sum. $x$ is. (So.) [1] \\emph{b}.", ">-\n  A sum.\n  $x$ is.\n  (So.) [1] \\emph{b}."),
        ("Two  blanks. Here.", "Two  blanks. Here."),
        ("A. B\u2028C", r'"A. B\u2028C"'),
    ],
)
def test_a_long_text_is_written_a_sentence_a_line(text: str, written: str) -> None:
    assert dump_folded(text, "  ") == written


# ---- records ----

LINES = TEXTS.map(lambda text: " ".join(text.split()))
WORDS = LINES.filter(lambda text: bool(visible(text).strip()))
NEW_IDS = st.builds(
    lambda year, month, number: ArxivId(f"{year:02}{month:02}.{number:0{4 if year < 15 else 5}}"), st.integers(8, 99), st.integers(1, 12), st.integers(1, 9999)
)
OLD_IDS = st.builds(
    lambda archive, year, number: ArxivId(f"{archive}/{year:02}12{number:03}"),
    st.sampled_from(["hep-th", "math", "cs", "quant-ph", "cond-mat", "acc-phys"]), st.one_of(st.integers(92, 99), st.integers(0, 6)), st.integers(0, 999),
)  # fmt: skip
IDS = st.builds(lambda known, version: ArxivId(known.base, version), st.one_of(NEW_IDS, OLD_IDS), st.one_of(st.none(), st.integers(1, 999_999_999)))
DAYS = st.dates(dt.date(1991, 1, 1), dt.date(9999, 12, 31))
TIMES = st.builds(lambda day, time: dt.datetime.combine(day, time.replace(microsecond=0), dt.timezone.utc), DAYS, st.times())
MOMENTS = st.one_of(st.none(), DAYS, TIMES)
URLS = st.from_regex(r"https?://[a-z]{1,9}\.[a-z]{2,3}(:[0-9]{2,4})?(/[A-Za-z0-9._~%#?&=+'()-]{0,12}){0,3}", fullmatch=True).filter(is_allowed)
COUNTS = st.one_of(st.none(), st.integers(0, 999_999_999))
SIGHTINGS = st.builds(Sighting, WORDS, st.one_of(st.none(), DAYS), st.sampled_from(["", *ANNOUNCE_TYPES]), COUNTS, COUNTS)
PAPERS = st.builds(
    Paper,
    IDS,
    WORDS,
    st.lists(st.builds(Author, WORDS, st.lists(WORDS, max_size=2).map(tuple)), min_size=1, max_size=3).map(tuple),
    st.lists(st.sampled_from(["cs.LG", "stat.ML", "hep-th", "math.GT", "physics.ao-ph", "q-bio.QM", "cond-mat.dis-nn"]), min_size=1, max_size=3).map(tuple),
    abstract=st.one_of(LINES, FOLDED),
    submitted=MOMENTS,
    updated=MOMENTS,
    comment=LINES,
    journal_ref=LINES,
    doi=LINES,
    license=LINES,
    links=st.builds(Links, st.one_of(st.just(""), URLS), st.one_of(st.just(""), URLS), st.lists(URLS, max_size=2).map(tuple)),
    withdrawn=st.one_of(st.none(), st.builds(Withdrawal, WORDS, MOMENTS)),
    seen=st.lists(SIGHTINGS, max_size=2).map(tuple),
    fetched=st.one_of(st.none(), st.builds(Fetch, st.one_of(DAYS, TIMES), WORDS)),
)


@given(IDS)
def test_the_ids_made_here_are_ids(paper_id: ArxivId) -> None:
    assert parse_arxiv_id(paper_id.base) == paper_id.latest


@given(PAPERS)
def test_a_written_record_reads_back_as_its_paper(paper: Paper) -> None:
    problems: list[Problem] = []
    assert (parse_paper(dump_paper(paper), "f.yaml", problems), problems) == (paper, [])


@given(PAPERS)
def test_a_record_read_and_written_again_is_the_same_file(paper: Paper) -> None:
    written = dump_paper(paper)
    again = parse_paper(written, "f.yaml", [])
    assert again is not None
    assert dump_paper(again) == written


@given(PAPERS)
def test_a_record_is_the_same_to_a_usual_loader(paper: Paper) -> None:
    found = yaml.load(dump_paper(paper), yaml.BaseLoader)
    assert (found["id"], found["title"], found["categories"]) == (paper.id.base, paper.title, list(paper.categories))


RECORDS = sorted(ROOT.glob("issues/*/papers/*.yaml"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_our_own_records_are_written_as_they_stand(path: Path) -> None:
    text = path.read_bytes().decode()
    paper = parse_paper(text, str(path), [])
    assert paper is not None
    assert dump_paper(paper) == text
