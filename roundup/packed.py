"""Long columns, each in one piece of memory: for processes that are forked, which copy whatever objects they look at. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, TypeVar

from msgspec import Struct

Columns = TypeVar("Columns", bound=Struct)


class Texts(Sequence[str]):
    """Texts, each made when it is looked at."""

    def __init__(self, texts: Iterable[str]) -> None:
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._data, self._ends = b"".join(parts), _ends(parts)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: Any) -> Any:
        return self._data[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")


class Rows(Sequence[Sequence[int]]):
    """Rows of numbers, each made when it is looked at."""

    def __init__(self, rows: Iterable[Sequence[int]]) -> None:
        parts = [array("L", row) for row in rows]
        self._data, self._ends = array("L", (number for part in parts for number in part)), _ends(parts)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: Any) -> Any:
        return self._data[self._ends[at] : self._ends[at + 1]].tolist()


def packed(columns: Columns) -> Columns:
    """Return the same columns, each in one piece: lists of texts, of numbers, or of rows of numbers."""
    return type(columns)(*(_packed(getattr(columns, name)) for name in columns.__struct_fields__))


def _packed(column: Any) -> Any:
    if isinstance(column, Struct):
        return packed(column)
    if not column:
        return column
    first = column[0]
    return Texts(column) if isinstance(first, str) else array("l", column) if isinstance(first, int) else Rows(column)


def _ends(parts: Sequence[Sequence[Any]]) -> array[int]:
    return array("L", accumulate(map(len, parts), initial=0))
