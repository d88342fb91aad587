"""arXiv's query language: a ``search_query`` -> whether a paper matches, and the query as the service repeats it.

Terms are ``field:value``, ``field:"a phrase"`` or bare words; operators AND, OR and ANDNOT in capitals, brackets group, two terms side by
side mean OR, and operators are taken from left to right without precedence, as arXiv's published parser does.
Words are compared whole, without case and accents. The real service also stems English words; this one does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from .papers import ReplayPaper

Predicate = Callable[[ReplayPaper], bool]

_TOKEN = re.compile(r"""\s*(?:(?P<bracket>[()])|(?P<term>(?:(?P<field>\w+):)?(?:"(?P<phrase>[^"]*)"|\[(?P<range>[^\]]*)\]|(?P<word>[^\s()"\[\]]+))))""")
_OPERATORS = ("AND", "OR", "ANDNOT")


class QueryError(ValueError):
    """A query that the service answers with an error."""


@dataclass(frozen=True)
class Query:
    """A query understood: what matches, and its text with bare words written as ``all:word``."""

    matches: Predicate
    text: str


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Return what a ``search_query`` means; raise QueryError for one that does not parse."""
    tokens = _tokens(text)
    query = _sequence(tokens)
    if tokens:
        raise QueryError(f"unbalanced brackets in {text}")
    return query


def _tokens(text: str) -> list[re.Match[str]]:
    """Return the tokens of a query, last first, so that they can be taken off the end."""
    found, position = [], 0
    text = text.strip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise QueryError(f"cannot parse fragment: {text[position:]}")
        found.append(token)
        position = token.end()
    return found[::-1]


def _sequence(tokens: list[re.Match[str]]) -> Query:
    """Take terms and operators up to the closing bracket or the end, and fold them from the left."""
    result = _operand(tokens)
    while tokens and tokens[-1]["bracket"] != ")":
        operator = tokens.pop()["word"] if tokens[-1]["term"] in _OPERATORS else "OR"
        result = _joined(result, operator, _operand(tokens))
    return result


def _operand(tokens: list[re.Match[str]]) -> Query:
    if not tokens:
        raise QueryError("the query ends where a term is needed")
    token = tokens.pop()
    if token["bracket"] == "(":
        inner = _sequence(tokens)
        if not tokens or tokens.pop()["bracket"] != ")":
            raise QueryError("a bracket does not close")
        return Query(inner.matches, f"({inner.text})")
    if token["bracket"] or token["term"] in _OPERATORS:
        raise QueryError(f"cannot parse fragment: {token[0].strip()}")
    return _term(token)


def _joined(left: Query, operator: str, right: Query) -> Query:
    one, other = left.matches, right.matches
    tests: dict[str, Predicate] = {
        "AND": lambda paper: one(paper) and other(paper),
        "OR": lambda paper: one(paper) or other(paper),
        "ANDNOT": lambda paper: one(paper) and not other(paper),
    }
    return Query(tests[operator], f"{left.text} {operator} {right.text}")


def _term(token: re.Match[str]) -> Query:
    field = token["field"] or "all"
    if token["range"] is not None or " TO " in (token["phrase"] or ""):
        value = token["range"] if token["range"] is not None else token["phrase"]
        return Query(_submitted_within(field, value), f'{field}:"{value}"')
    if field not in _FIELDS or (token["field"] is None and ":" in token["term"]):
        raise QueryError(f"Invalid field: {token['term']}")
    value = token["word"] if token["phrase"] is None else token["phrase"]
    return Query(_FIELDS[field](value), f"{field}:{value}" if token["phrase"] is None else f'{field}:"{value}"')


def _submitted_within(field: str, value: str) -> Predicate:
    """Version 1 within the two ends, both included; ``lastUpdatedDate`` is read as the same, as the service does."""
    ends = re.fullmatch(r"\s*(\d{4,14})\s+TO\s+(\d{4,14})\s*", value)
    if field not in ("submittedDate", "lastUpdatedDate") or ends is None:
        raise QueryError(f"Invalid date range: {field}:[{value}]")
    first, last = (_moment(digits) for digits in ends.groups())
    return lambda paper: first <= paper.submitted <= last


def _moment(digits: str) -> datetime:
    """Return the moment that 4 to 14 digits name: what is missing is the earliest, in UTC."""
    full = digits + "00000101000000"[len(digits) :]
    try:
        return datetime.strptime(full, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise QueryError(f"Invalid date: {digits}") from error


def folded(text: str) -> str:
    """Return text for comparing: without case and accents."""
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return text.lower()


def _in_words(value: str) -> Callable[[str], bool]:
    """Return a test for the words of a value standing together and whole in a text; ``*`` at the end leaves the last word open."""
    words = re.findall(r"\w+", folded(value.replace("_", " ")))
    if not words:
        return lambda text: False
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(words) + ("" if value.endswith("*") else r"(?!\w)"))
    return lambda text: words[0] in text and pattern.search(text) is not None


def _in(*readings: Callable[[ReplayPaper], str | None]) -> Callable[[str], Predicate]:
    def field(value: str) -> Predicate:
        found = _in_words(value)
        return lambda paper: any(found(folded(text)) for read in readings if (text := read(paper)))

    return field


def _author(value: str) -> Predicate:
    """``au:del_maestro``, ``au:"del maestro"``, ``au:maestro_a``: every word is in one author's name, a single letter as an initial."""
    words = re.findall(r"\w+", folded(value.replace("_", " ")))
    tests = [re.compile(rf"(?<!\w){word}" + ("" if len(word) == 1 or value.endswith("*") else r"(?!\w)")) for word in words]
    return lambda paper: any(all(test.search(name) for test in tests) for name in (folded(name) for name, _ in paper.authors))


def _category(value: str) -> Predicate:
    """``cat:cs.AI`` exactly, without case; ``cat:q-fin.*`` with a wildcard."""
    pattern = re.compile(re.escape(value).replace(r"\*", ".*"), re.IGNORECASE)
    return lambda paper: any(pattern.fullmatch(category) for category in paper.categories)


def _id(value: str) -> Predicate:
    return lambda paper: value in (paper.id, f"{paper.id}v{paper.version}")


def _doi(value: str) -> Predicate:
    return lambda paper: paper.doi is not None and value.lower() in paper.doi.lower().split()


def _anywhere(value: str) -> Predicate:
    texts = _in(*(read for name, read in _TEXTS.items()))(value)
    others = (_author(value), _category(value), _id(value))
    return lambda paper: texts(paper) or any(matches(paper) for matches in others)


_TEXTS: dict[str, Callable[[ReplayPaper], str | None]] = {
    "ti": lambda paper: paper.title,
    "abs": lambda paper: paper.abstract,
    "co": lambda paper: paper.comment,
    "jr": lambda paper: paper.journal_ref,
    "rn": lambda paper: paper.report_number,
}
_FIELDS: dict[str, Callable[[str], Predicate]] = {
    **{name: _in(read) for name, read in _TEXTS.items()},
    "au": _author,
    "cat": _category,
    "id": _id,
    "doi": _doi,
    "all": _anywhere,
}
