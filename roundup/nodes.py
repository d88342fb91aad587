"""What YAML of ours holds: text, lists and keys, each with the line that it stands on.

Named tuples: who reads them takes them apart.
"""

from __future__ import annotations

from typing import NamedTuple


class Scalar(NamedTuple):
    """A piece of text; ``line`` is where its first character stands."""

    text: str
    line: int
    literal: bool = False  # a ``|`` block: line n of the text is line n of the file
    remark: str = ""  # the comment behind the value, from the space before it on
    faulty: bool = False  # stands for a value with a fault that is noted


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    line: int


class Mapping(NamedTuple):
    """Keys in the order of the file; of a repeated key the first."""

    values: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping
