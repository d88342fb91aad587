"""What a text of arXiv's is made of, once read: words, formulas, styles, links and breaks. Values, and nothing else."""

from __future__ import annotations

from msgspec import Struct


class Words(Struct, frozen=True):
    """Running text."""

    text: str


class Formula(Struct, frozen=True):
    """A formula in TeX, as it stood between its dollars; ``markup`` is what stood around it."""

    source: str
    markup: str = "$"

    @property
    def display(self) -> bool:
        return self.markup == "$$"


class Styled(Struct, frozen=True):
    """Pieces in a style: ``em``, ``strong``, ``code``, ``sup`` or ``sub``."""

    style: str
    pieces: tuple[Piece, ...]


class Linked(Struct, frozen=True):
    """Pieces that lead somewhere."""

    url: str
    pieces: tuple[Piece, ...]


class Break(Struct, frozen=True):
    """The end of a line, or of a paragraph."""

    paragraph: bool = False


Piece = Words | Formula | Styled | Linked | Break
