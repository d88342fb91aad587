"""What a text of arXiv's is made of, once read: words, formulas, styles, links and breaks. Values, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in TeX, as it stood between its dollars; ``markup`` is what stood around it."""

    source: str
    markup: str = "$"

    @property
    def display(self) -> bool:
        return self.markup == "$$"


@dataclass(frozen=True, slots=True)
class Styled:
    """Pieces in a style: ``em``, ``strong``, ``code``, ``sup`` or ``sub``."""

    style: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """Pieces that lead somewhere."""

    url: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line, or of a paragraph."""

    paragraph: bool = False


Piece = Words | Formula | Styled | Linked | Break
