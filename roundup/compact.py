"""Long columns, each in one piece of memory: for processes that are forked, which copy whatever objects they look at. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
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
        return self._data[slice(*_bounds(self._ends, at))].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self._data[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(self._ends))


class Lists(Sequence[Sequence[int]]):
    """Lists of numbers, each made when it is looked at."""

    def __init__(self, lists: Iterable[Sequence[int]]) -> None:
        parts = [array("L", numbers) for numbers in lists]
        self._data, self._ends = array("L", (number for part in parts for number in part)), _ends(parts)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: Any) -> Any:
        return self._data[slice(*_bounds(self._ends, at))].tolist()

    def __iter__(self) -> Iterator[Sequence[int]]:
        return (self._data[start:end].tolist() for start, end in pairwise(self._ends))


def compact(columns: Columns) -> Columns:
    """Return the same columns, each in one piece: of texts, of numbers, or of lists of numbers."""
    return type(columns)(*(_compact(getattr(columns, name)) for name in columns.__struct_fields__))


def _compact(column: Any) -> Any:
    if isinstance(column, Struct):
        return compact(column)
    if not column:
        return column
    first = column[0]
    return Texts(column) if isinstance(first, str) else array("l", column) if isinstance(first, int) else Lists(column)


def _ends(parts: Sequence[Sequence[Any]]) -> array[int]:
    return array("L", accumulate(map(len, parts), initial=0))


def _bounds(ends: array[int], at: int) -> tuple[int, int]:
    """Return where a part begins and where it ends."""
    count = len(ends) - 1
    if not -count <= at < count:
        raise IndexError(at)
    return ends[at % count], ends[at % count + 1]
