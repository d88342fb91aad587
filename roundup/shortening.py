"""How large a mail may be, and how much of each text it keeps where that is too much. Pure: numbers in, numbers out.

Gmail shows the first 102 kB of a mail's HTML and hides the rest, the unsubscribe link with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

LARGE = 85_000  # bytes from which on an editor is told
MOST = 100_000  # that a shortened mail has; each subscriber's own address comes on top
CLIPPED = 102_400


class Size(Struct, frozen=True):
    """The bytes of a mail's HTML: as a whole, and as it is sent; and how many of its texts are shortened."""

    whole: int
    sent: int
    shortened: int = 0


def kept(texts: Sequence[Sequence[int]], room: int) -> tuple[int, ...]:
    """Return how many blocks of each text stay, so that together they take no more than ``room``; ``texts`` are the bytes of their blocks.

    The longest give first: what stays of any text is the most that fits under one measure for all, and a block more of the first ones while there is room.
    """
    least, most = 0, max((sum(blocks) for blocks in texts), default=0)
    while least < most:
        measure = (least + most + 1) // 2
        if sum(_under(blocks, measure)[1] for blocks in texts) <= room:
            least = measure
        else:
            most = measure - 1
    stay = [_under(blocks, least) for blocks in texts]
    room -= sum(taken for _, taken in stay)
    for index, (blocks, (number, taken)) in enumerate(zip(texts, stay, strict=True)):
        if number < len(blocks) and blocks[number] <= room:
            room -= blocks[number]
            stay[index] = number + 1, taken + blocks[number]
    return tuple(number for number, _ in stay)


def _under(blocks: Sequence[int], measure: int) -> tuple[int, int]:
    """Return how many blocks from the first on fit under a measure, and their bytes."""
    taken = 0
    for number, size in enumerate(blocks):
        if taken + size > measure:
            return number, taken
        taken += size
    return len(blocks), taken
