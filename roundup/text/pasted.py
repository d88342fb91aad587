"""A figure and its caption -> the line of Markdown that shows it, for an editor to paste. Total: what the caption says is what readers see."""

from __future__ import annotations

import re
from collections.abc import Iterable

from roundup.text.dollars import closing_dollar
from roundup.text.pieces import Formula, Piece, Words

_SIGNS = re.compile(r"([\\`*_\[\]<$~])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_ADDRESS = re.compile(r"(?<=[A-Za-z]):(?=//)")  # a bare one would become a link, and end at the first sign that is escaped
_SPELT = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")  # elsewhere a backslash is itself, and a formula stays readable


def figure(path: str, caption: str) -> str:
    """Return the line for a figure of the issue; ``caption`` is Markdown, which stands there as the image's title and is read once more."""
    title = _ENTITY.sub("&amp;", _SPELT.sub(r"\\\\", caption)).replace('"', '\\"')
    return f'![alt to be written]({path} "{title}")'


def markdown(pieces: Iterable[Piece]) -> str:
    """Return words and formulas as Markdown that says the same; a formula that dollars cannot hold stands as its source."""
    parts: list[str] = []
    for piece in pieces:
        match piece:
            case Words(text):
                parts.append(_escaped(text))
            case Formula(source):
                parts.append(f"${source}$")
    for place in range(len(parts) - 1, -1, -1):
        body, behind = parts[place], "".join(parts[place + 1 : place + 2])
        if body.startswith("$") and closing_dollar(body + behind, 0, len(body + behind)) != len(body) - 1:
            parts[place] = _escaped(body[1:-1])
    return "".join(parts)


def _escaped(text: str) -> str:
    return _ADDRESS.sub(r"\\:", _ENTITY.sub(r"\\&", _SIGNS.sub(r"\\\1", text)))
