"""YAML text of any shape -> nodes that know their lines, from the parser's events; ``yamltext`` says what is refused, and reads plain files without it.

Guards look at events, before anything is built, so that bombs cost nothing: 400 bytes of merge keys keep a usual safe loader busy for 4 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from roundup.errors import Location, Problem
from roundup.nodes import Mapping, Node, Scalar, Sequence

try:  # libyaml is ten times faster; both give the same events
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover - wheels of PyYAML bring libyaml
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

MAX_DEPTH = 20

# YAML 1.1 ends a line at these three; a title that holds one would open a new key. NEL is plain white space (it is so
# to a browser); the other two come in by paste and are named, so that an editor decides what they were.
_HALF = re.compile("[\ud800-\udfff]")
_CONFLICT = re.compile(r"^<{7} .*$", re.M)  # as git leaves it; no YAML of ours begins a line so
_FORBIDDEN = re.compile("[\u2028\u2029\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def from_events(text: str, path: str, problems: list[Problem]) -> Mapping | None:
    """Do so whatever the shape; a line reader does it for the plain ones."""
    before = len(problems)
    text = text.replace("\x85", " ")
    for char in sorted(set(_FORBIDDEN.findall(text))):  # each once, where it stands first: a crash can leave a million of them
        what = f"control character 0x{ord(char):02x} in the text; remove it"
        if char in "\u2028\u2029":
            what = f"character U+{ord(char):04X} (a line separator) ends the value here; replace it by a space or a new line"
        problems.append(Problem(Location(path, _line_at(text, text.index(char))), what))
    if marks := _CONFLICT.findall(text):
        what = f'holds a merge conflict ("{marks[0]}"); keep the lines that should stay, and remove its marks'
        problems.append(Problem(Location(path, _line_at(text, text.index(marks[0]))), what))
    if len(problems) > before:
        return None
    try:
        root = _Builder(text, path, problems).build()
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, path, _BREAK.split(text.rstrip())))
        return None
    except _TooDeepError as error:
        problems.append(Problem(Location(path, error.line), f"nested more than {MAX_DEPTH} deep; flatten it"))
        return None
    if root is None:
        problems.append(Problem(Location(path, 1), "the file is empty; write it again or remove it"))
        return None
    if not isinstance(root, Mapping):
        kind = "a list" if isinstance(root, Sequence) else "bare text"
        problems.append(Problem(Location(path, root.line), f'the file holds {kind}, not keys; begin with "key: value"'))
        return None
    return root


def _line_at(text: str, index: int) -> int:
    return len(_BREAK.findall(text, 0, index)) + 1


_BREAK = re.compile(r"\r\n|\r|\n")


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


class _Builder:
    """Builds nodes from the parser's events; a guard per event, no recursion on the way in that a file can drive deep."""

    def __init__(self, text: str, path: str, problems: list[Problem]) -> None:
        self.parser = _Parser(text)
        self.lines = _BREAK.split(text) if "#" in text else []
        self.path = path
        self.problems = problems

    def note(self, line: int, what: str) -> None:
        self.problems.append(Problem(Location(self.path, line), what))

    def events(self) -> Iterator[Any]:  # the stubs of PyYAML know neither the anchors nor the marks of events
        while True:
            event = self.parser.get_event()
            if event is None or isinstance(event, yaml.StreamEndEvent):
                return
            yield event

    def build(self) -> Node | None:
        events = self.events()
        root: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.note(_line(event), "a second document begins here (---); one file holds one")
                    break
            elif isinstance(event, yaml.NodeEvent):
                root = self.node(event, events, 1)
                if isinstance(root, Scalar):
                    root = root._replace(line=_line(event))
        if isinstance(root, Scalar) and not root.text and not root.literal:
            return None  # comments alone
        return root

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = _line(event)
        if depth > MAX_DEPTH:
            raise _TooDeepError(line)
        if isinstance(event, yaml.AliasEvent):
            self.note(line, f'alias "*{event.anchor}" stands for another value; write the value out')
            return Scalar("", line, faulty=True)
        if event.anchor is not None:
            self.note(line, f'anchor "&{event.anchor}" marks a value for repetition; remove it')
        if event.tag is not None:
            self.note(line, f'tag "{event.tag}" asks for a special value; remove it, every value is text')
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(line, events, depth)
        return self.mapping(line, events, depth)

    def scalar(self, event: Any) -> Scalar:
        line = _line(event)
        if _HALF.search(event.value):  # the pure parser lets half a pair in
            self.note(line, "half a surrogate pair is no character; write the character itself")
            return Scalar("", line, faulty=True)
        if event.style in ("|", ">"):
            return Scalar(event.value, line + 1, event.style == "|")
        if event.style and self.lines and self.lines[event.end_mark.line][event.end_mark.column :].startswith("#"):
            self.note(line, "a # right behind a quote begins a comment; put a space before it, or what follows into the quotes")
        return Scalar(event.value, line, False, self.remark(event))

    def remark(self, event: Any) -> str:
        """Return the comment behind a value without quotes: ``C # fast`` is the text ``C``, and that is rarely meant."""
        if not self.lines or event.style:
            return ""
        rest = self.lines[event.end_mark.line][event.end_mark.column :]
        return rest.rstrip() if re.match(r"\s+#", rest) else ""

    def sequence(self, line: int, events: Iterator[Any], depth: int) -> Sequence:
        items = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, depth + 1))
        return Sequence(tuple(items), line)

    def mapping(self, line: int, events: Iterator[Any], depth: int) -> Mapping | Scalar:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        faulty = False
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, events, depth + 1)
            value = self.node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self.note(key.line, "a key is a single word; this one is a list or a mapping")
                faulty = True
            elif key.text == "<<":
                self.note(key.line, 'merge key "<<" takes in another mapping; write its keys out')
            elif key.text in values:
                self.note(key.line, f'key "{key.text}" already stands in line {lines[key.text]}; keep one')
            else:
                values[key.text] = value
                lines[key.text] = key.line
        return Scalar("", line, faulty=True) if faulty and depth > 1 else Mapping(values, lines, line)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


# What the parser says -> what an editor can do about it. libyaml and the pure parser differ in words.
_SYNTAX = (
    ("mapping values are not allowed", "a colon with a space behind it cannot stand inside a value; quote it, or begin a text of several lines with |"),
    ("a tab character", "a tab cannot indent; indent with spaces"),
    ("expected node content", "the list or mapping that opens with a bracket is not closed; close it"),
    ("cannot start any token", "this character cannot begin a value; quote the value"),
    ("unexpected end of stream", "the quote that opens in this line is never closed; close it at the end of the value"),
    ("unexpected document separator", "the quote that opens in this line is never closed; close it at the end of the value"),
    ("unexpected document indicator", "the quote that opens in this line is never closed; close it at the end of the value"),
    ("expected ':'", 'this line is neither "key: value" nor part of the value above; indent it or add the colon'),
    ("did not find expected key", "the line does not line up with its neighbours, or a quote ends too early; mend the indentation or quote the value"),
    ("expected <block end>", "the line does not line up with its neighbours, or a quote ends too early; mend the indentation or quote the value"),
    ("expected ',' or", "the list or mapping that opens with a bracket is not closed; close it"),
    ("did not find expected '-'", "the list item does not line up with the others; mend the indentation"),
    ("unknown escape character", "a backslash inside double quotes begins an escape; use single quotes"),
    ("invalid Unicode character escape code", "half a surrogate pair is no character; write the character itself"),
    ("did not find expected hexdecimal number", "a backslash inside double quotes begins an escape; use single quotes"),
)


def _syntax_problem(error: yaml.YAMLError, path: str, lines: list[str]) -> Problem:
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None)
    start = getattr(error, "context_mark", None)
    place = start if start is not None and any(words in said for words in _AT_THE_START) else mark
    line = min(place.line + 1 if place is not None else 1, len(lines))
    if mark is not None and lines[min(mark.line, len(lines) - 1)][mark.column : mark.column + 1] == "\t":
        said = "a tab character"
    elif "escape character" in said and start is not None and mark is not None and start.line < mark.line:
        said, line = "unexpected end of stream", start.line + 1  # the quote was meant to end long before
    elif "expected node content" in said and "flow" not in str(getattr(error, "context", "")):
        said = "cannot start any token"
    what = next((mend for words, mend in _SYNTAX if words in said), f"not YAML: {said}; quote the value")
    return Problem(Location(path, line), what)


# Faults of which the parser tells the end; the mend is where the value begins.
_AT_THE_START = ("end of stream", "document indicator", "document separator", "expected ':'", "expected ',' or")
