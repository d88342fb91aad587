"""A document -> its blocks, and its beginning: so many of them, with the notes that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token
from msgspec.structs import replace

from roundup.text.dialect import Document


def groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the top-level blocks, each with all that is inside it."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []
    if group:
        yield group


def note_numbers(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the number of each note that tokens refer to, counted from 0 within the document."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "footnote_ref" and "number" in child.meta:
                yield child.meta["number"]


def beginning(document: Document, blocks: int) -> Document:
    """Return the first blocks of a document. Its notes keep their numbers, so one that stands before a note that is needed stays, too."""
    tokens = [token for group in list(groups(document.tokens))[:blocks] for token in group]
    last = max(note_numbers(tokens), default=-1)
    checked = 0
    while checked <= last:  # a note may refer to a later one
        last = max((last, *note_numbers(document.notes[checked].tokens)))
        checked += 1
    return replace(document, tokens=tuple(tokens), notes=document.notes[: last + 1])
