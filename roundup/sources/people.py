"""One string of authors -> names with their affiliations: how OAI-PMH and the feeds give them. Pure, and total.

The submitters' string is names divided by commas and "and", affiliations in brackets behind them, sometimes as numbers
that a list at the end explains. Source: https://info.arxiv.org/help/prep.html#author
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from roundup.paper import Author
from roundup.text.accents import accented
from roundup.text.visible import one_line

_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV|Ph\.?D\.?", re.I)
_OTHERS = re.compile(r"et\.? al\.?", re.I)
_UNEXPLAINED = re.compile(r"[\d*†]{1,3}(?:\s*(?:,|;|and|&)\s*[\d*†]{1,3})*")
_DIVIDED = re.compile(r"(?:(?<=ollaboration)|(?<=ollaborations))\s*:\s*|\s*,\s*(?:and\s+|&\s+)?|\s+and\s+|\s+&\s+|\s*;\s*")
_NUMBERED = re.compile(r"\(([\w*†]{1,3})\)\s*([^()]+(?:\([^()]*\)[^()]*)*?)(?=[,;]?\s*(?:and\s+)?\([\w*†]{1,3}\)|$)")
_NUMBERS = re.compile(r"[\w*†]{1,3}(?:\s*(?:,|;|and|&)\s*[\w*†]{1,3})*")


def authors(text: str) -> tuple[Author, ...]:
    """Return the people that a string of authors names."""
    groups = list(_groups(one_line(accented(text))))
    places = dict(_places(groups[-1][1])) if groups and groups[-1][1].startswith("(") else {}
    if places:
        groups[-1] = (groups[-1][0], "")
    found: list[Author] = []
    for words, bracket in groups:
        names = [name for name in _DIVIDED.split(words.strip(" ,;")) if name]
        others = bool(names) and bool(_OTHERS.fullmatch(names[-1]))
        names = [name.removeprefix("and ").removeprefix("&").strip() for name in names if not _OTHERS.fullmatch(name)]
        for name in filter(None, names):
            if _SUFFIX.fullmatch(name) and found:
                found[-1] = Author(f"{found[-1].name} {name}", found[-1].affiliations)
            else:
                found.append(Author(name))
        if bracket and found and not others:
            last = found[-1]
            found[-1] = Author(last.name, last.affiliations + tuple(_affiliations(bracket, places)))
    return tuple(author for author in found if author.name)


def _groups(text: str) -> Iterator[tuple[str, str]]:
    """Yield runs of words, each with what stands in the brackets behind it."""
    words, bracket, depth = "", "", 0
    for char in text:
        if char == ")" and depth:
            depth -= 1
            if not depth:
                yield words, bracket
                words = bracket = ""
                continue
        if char == "(":
            depth += 1
            if depth == 1:
                continue
        if depth:
            bracket += char
        else:
            words += char
    if words.strip() or bracket:
        yield words, bracket


def _places(bracket: str) -> Iterator[tuple[str, str]]:
    """Yield each number of a list such as ``(1) Univ. A, (2) Univ. B`` with its place."""
    for number, place in _NUMBERED.findall(bracket):
        if place.strip(" ,;"):
            yield number, place.strip(" ,;")


def _affiliations(bracket: str, places: dict[str, str]) -> Iterator[str]:
    if places and _NUMBERS.fullmatch(bracket.strip()):
        yield from (places[number] for number in re.findall(r"[\w*†]+", bracket) if number in places)
    elif bracket.strip() and not _UNEXPLAINED.fullmatch(bracket.strip()):
        yield bracket.strip().replace("\\_", "_")
