"""YAML text -> nodes that know their lines, and values -> YAML text. A strict subset, one reader everywhere.

Every scalar is text: to the usual loaders an unquoted 2308.10100 is the float 2308.101 and ``no`` is False.
Refused, each with its line: anchors, aliases, merge keys, tags, further documents, repeated keys, nesting beyond
20, raw control characters, anything but UTF-8, more than 1 MiB. Plain files are read line by line, all others from a parser's events.
"""

from __future__ import annotations

import re

from roundup.errors import Location, Problem
from roundup.nodes import Mapping
from roundup.yamllines import plain_mapping

MAX_BYTES = 1 << 20


def decode(data: bytes, path: str, problems: list[Problem]) -> str | None:
    """Return the text of a file, without its byte-order mark, or None with the problem noted."""
    if len(data) > MAX_BYTES:
        size = f"{len(data):,} bytes"
        problems.append(Problem(Location(path), f"the file is too large: {size}, the limit is {MAX_BYTES:,}; split it"))
        return None
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file with the encoding UTF-8"
        problems.append(Problem(Location(path, line), what))
        return None


def parse(text: str, path: str, problems: list[Problem]) -> Mapping | None:
    """Return the mapping that a YAML file holds; every fault goes into ``problems``.

    None when nothing could be read of it; a fault inside one value leaves the others readable.
    """
    if plain := plain_mapping(text):
        return plain
    from roundup.yamlevents import from_events  # its parser takes 11 ms to import, a tenth of a build in which nothing has changed

    return from_events(text, path, problems)


# Plain scalars that any YAML reader, not only ours, takes for the same text (or for the date that it is).
_PLAIN = re.compile(r"[^\W\d_][\w ()\[\]{}'\"/+*.,;:=&$%^~@!?<>|\\-]*|\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
_RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}


def dump_scalar(text: str) -> str:
    """Return ``text`` as one YAML scalar on one line, quoted where any reader could take it for something else."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and not text.endswith((" ", ":"))
    if plain and ": " not in text and " #" not in text:
        return text
    if text.isprintable() and "\\" not in text and '"' not in text:
        return f'"{text}"'
    if text.isprintable() and "\ufeff" not in text:
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable() and char != "\ufeff":
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


# A sentence a line: a later version of an abstract then differs in the sentences that changed, not as a whole.
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z\[(\"$\\])")


def dump_folded(text: str, indent: str) -> str:
    """Return ``text`` (a single line, single spaces) as a folded block, a sentence a line, or as one scalar."""
    lines = _SENTENCE_END.split(text)
    if len(lines) == 1 or "  " in text or not text.isprintable() or text != text.strip():
        return dump_scalar(text)
    return ">-\n" + "\n".join(indent + line for line in lines)
