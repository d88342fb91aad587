"""permalinks.yaml <-> what has to stay where it was published. The file is the program's, and belongs into the repository."""

from __future__ import annotations

from collections.abc import Iterator

from roundup.errors import Problem
from roundup.moves import PAGE, Permalinks
from roundup.nodes import Mapping, Scalar
from roundup.records.fields import Fields
from roundup.yamltext import dump_scalar, parse

HEAD = """\
# Written by roundup: where pages stood before they were renamed, so that no address dies; and the address
# that the ids of feeds are made of, so that no reader takes old entries for new. Keep it in the repository.
"""


def parse_permalinks(text: str, path: str, problems: list[Problem]) -> Permalinks:
    """Return what permalinks.yaml says; what it cannot have written is noted, and left out."""
    nothing = all(not line.strip() or line.startswith("#") for line in text.splitlines())
    mapping = None if nothing else parse(text, path, problems)
    if mapping is None:
        return Permalinks()
    fields = Fields(mapping, path, problems, ("address", "moved"))
    return Permalinks(fields.url("address"), dict(_moved(fields)))


def _moved(fields: Fields) -> Iterator[tuple[str, str]]:
    node = fields.mapping.values.get("moved")
    if node is None or fields.empty("moved"):
        return
    if not isinstance(node, Mapping):
        fields.note(fields.where("moved").line, '"moved" holds no paths; write old: new below it, or remove it')
        return
    for old, new in node.values.items():
        if isinstance(new, Scalar) and PAGE.fullmatch(old) and PAGE.fullmatch(new.text):
            yield old, new.text
        else:
            fields.note(node.lines[old], f'"{old}" is no page of an author or a topic, or leads to none; remove the line')


def dump_permalinks(permalinks: Permalinks) -> str:
    """Return the text of permalinks.yaml, sorted, a move a line."""
    rows = [HEAD]
    if permalinks.address:
        rows.append(f"address: {dump_scalar(permalinks.address)}\n")
    if permalinks.moved:
        rows.append("moved:\n")
        rows += (f"  {old}: {new}\n" for old, new in sorted(permalinks.moved.items()))
    return "".join(rows)
