"""The words of a Markdown text, for finding it: no addresses, no labels, no marks. Total; nothing that is shown is made of it."""

from __future__ import annotations

import re

_NO_WORDS = re.compile(
    r"\]\([^()\s]*(?=[\s)])"  # the address of a link or a figure; its title is words
    r"|\[\^[^\]\n]*\]:?"  # a note's label
    r"|<?https?://[^\s>]*>?"
    r"|^ {0,3}\[[^\]\n]+\]:\s*\S+"  # a link's definition
    r"|^(?:url|image):.*$"  # of a card
    r"|^ {0,3}(?:```|~~~).*$"  # a fence and its language
    r"|\\[A-Za-z]+|[\\$*_`~#>|{}\[\]]",
    re.M,
)


def gist(text: str) -> str:
    """Return the words of a commentary, in order, white space folded."""
    return " ".join(_NO_WORDS.sub(" ", text).split())
