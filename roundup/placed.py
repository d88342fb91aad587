"""Values that know where they were read: the place counts for messages, and for nothing else."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Placed(Struct, frozen=True, eq=False):
    """A value as it was read from a file. It equals another one whatever the ``beside`` of the two: where they stood, and how."""

    beside: ClassVar[tuple[str, ...]] = ("where",)

    def _told(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in self.beside)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Placed) and other._told() == self._told()

    def __ne__(self, other: object) -> bool:
        return not self == other  # Struct has one of its own, which asks whether they are one object

    def __hash__(self) -> int:
        return hash(self._told())
