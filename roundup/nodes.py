"""What YAML of ours holds: text, lists and keys, each with the line that it stands on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text; ``line`` is where its first character stands."""

    text: str
    line: int
    literal: bool = False  # a ``|`` block: line n of the text is line n of the file
    remark: str = ""  # the comment behind the value, from the space before it on
    faulty: bool = False  # stands for a value with a fault that is noted


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in the order of the file; of a repeated key the first."""

    values: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping
