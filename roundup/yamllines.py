"""YAML of the plainest shapes -> nodes, line by line; anything else -> None, and the parser reads it.

Why it stands below a parser: an archive of 25,000 papers is 51,000 small files, nearly all of the few shapes that our own writer and our
starting files have. To take the parser's events of them takes 5 s of CPU, and to read their lines 1 s: of a record 0.135 ms and 0.030, of a pick
0.056 and 0.010 (the benchmark's S, Python 3.11, libyaml).

What is read: keys and list items at the margin or indented by spaces; values in one line, bare or in quotes; blocks behind ``|``,
``|-`` and ``>-``; bare words in brackets; comments and empty lines at the margin. Whatever could mean anything else declines the whole file,
so that no fault is ever told here. A test holds the nodes against the parser's, over every corpus that we have and over mutations of it.
"""

from __future__ import annotations

import re

from roundup.nodes import Mapping, Node, Scalar, Sequence


class _UnusualError(Exception):
    """The parser is to read this, or to refuse it in its words."""


def plain_mapping(text: str) -> Mapping | None:
    """Return the mapping that a file holds, just as the parser would find it without a fault; None where that is not sure."""
    if not text.endswith("\n") or not _is_printable(text):
        return None
    try:
        mapping, _ = _mapping(text.split("\n")[:-1], 0, 0)
    except _UnusualError:
        return None
    return mapping if mapping.values else None


_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"


def _is_printable(text: str) -> bool:
    """Tell whether there is nothing but line feeds, spaces and what can be seen: no tab, no other end of a line, nothing that is refused."""
    if text.isascii():
        return not text.encode().translate(None, _PRINTABLE)  # five times as fast as str.isprintable
    return text.replace("\n", "").isprintable()


_DEEPEST = 8  # columns; a level takes one at least, a list in it none, so that MAX_DEPTH is out of reach
_LONGEST = 100  # characters of a key; the parser takes 1,024
_BLOCKS = ("|", "|-", ">-")


def _mapping(lines: list[str], at: int, indent: int) -> tuple[Mapping, int]:
    """Return the mapping whose first key stands in ``lines[at]`` behind ``indent`` spaces, and the index of the line behind it."""
    if indent > _DEEPEST:
        raise _UnusualError
    values: dict[str, Node] = {}
    numbers: dict[str, int] = {}
    margin = " " * indent
    count = len(lines)
    while at < count:
        line = lines[at]
        if not line or line[0] == "#":
            at += 1
            continue
        if indent:
            if line[:indent] != margin:
                break
            line = line[indent:]
        key, colon, value = line.partition(": ")
        if not colon and key[-1:] == ":":
            key, colon = key[:-1], ":"
        if not colon or not key.isidentifier() or len(key) > _LONGEST or key in values:
            raise _UnusualError
        numbers[key] = at + 1
        if not value:
            values[key], at = _below(lines, at, indent)
        elif value in _BLOCKS:
            values[key], at = _block(lines, at, indent)
        else:
            at += 1
            values[key] = _words(value, at) if value[0] == "[" else _scalar(value, at)
    return Mapping(values, numbers, next(iter(numbers.values()), 0)), at


def _below(lines: list[str], at: int, indent: int) -> tuple[Node, int]:
    """Return what stands below the key in ``lines[at]``, which has nothing beside it."""
    for below in range(at + 1, len(lines)):
        line = lines[below]
        if not line or line[0] == "#":
            continue
        bare = line.lstrip(" ")
        deeper = len(line) - len(bare)
        if bare[:2] == "- " and deeper >= indent:
            return _sequence(lines, below, deeper)
        if deeper > indent:
            return _mapping(lines, below, deeper)
        break
    return Scalar("", at + 1), at + 1


def _sequence(lines: list[str], at: int, indent: int) -> tuple[Sequence, int]:
    """Return the list whose first dash stands in ``lines[at]`` behind ``indent`` spaces, and the index of the line behind it."""
    if indent > _DEEPEST:
        raise _UnusualError
    items: list[Node] = []
    number = at + 1
    dash = " " * indent + "- "
    while at < len(lines):
        line = lines[at]
        if line.startswith(dash):
            value = line[indent + 2 :]
            if value[:1] not in "\"'" and (": " in value or value[-1] == ":"):
                lines[at] = " " * (indent + 2) + value  # the keys below are in line with the first one
                item, at = _mapping(lines, at, indent + 2)
                items.append(item)
            else:
                at += 1
                items.append(_scalar(value, at))
        elif not line or line[0] == "#":
            at += 1
        else:
            break
    return Sequence(tuple(items), number), at


def _scalar(value: str, number: int) -> Scalar:
    """Return a value that stands in one line: one that goes on below is known by indentation that nothing else has there."""
    quote = value[:1]
    if quote.isalnum():
        if ": " in value or " #" in value or value[-1] in ": ":
            raise _UnusualError
        return Scalar(value, number)
    if len(value) < 2 or value[-1] != quote:
        raise _UnusualError
    text = value[1:-1]
    if quote == '"':
        return Scalar(_unescaped(text) if "\\" in text or '"' in text else text, number)
    if quote != "'" or "'" in text.replace("''", ""):
        raise _UnusualError
    return Scalar(text.replace("''", "'"), number)


def _unescaped(text: str) -> str:
    text = text.replace("\\\\", "\r").replace('\\"', "\n")  # no line holds one of these
    if "\\" in text or '"' in text:
        raise _UnusualError
    return text.replace("\r", "\\").replace("\n", '"')


_WORD = r"\w(?:[\w ./+-]*\w)?"
_WORDS = re.compile(rf"\[(?:{_WORD}(?:, *{_WORD})*)?\]")


def _words(value: str, number: int) -> Sequence:
    """Return a list that stands in one line, in brackets."""
    if not _WORDS.fullmatch(value):
        raise _UnusualError
    return Sequence(tuple(Scalar(word.strip(), number) for word in value[1:-1].split(",") if word), number)


def _block(lines: list[str], at: int, indent: int) -> tuple[Scalar, int]:
    """Return the text below the mark that ends ``lines[at]``, and the index of the line behind it."""
    mark = lines[at].rpartition(" ")[2]
    number = at + 2
    at += 1
    first = lines[at] if at < len(lines) else ""
    inner = len(first) - len(first.lstrip(" "))
    if not indent < inner < len(first):
        raise _UnusualError
    margin = " " * inner
    content = []
    while at < len(lines):
        line = lines[at]
        if line and not line.startswith(margin):
            break
        content.append(line[inner:])
        at += 1
    while not content[-1]:
        content.pop()
    if mark == ">-":
        if not all(content) or any(line[0] == " " or line[-1] == " " for line in content):
            raise _UnusualError  # an empty line is a line end in the text, and a line that is indented stands by itself
        return Scalar(" ".join(content), number), at
    return Scalar("\n".join(content) + "\n" * (mark == "|"), number, True), at
