"""Values <-> plain rows for JSON: what was read from an issue's files, kept for the next run.

A cache lies in a folder that anybody may have written to, so it is data and never code: no pickle, no marshal.
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import Struct

from roundup.errors import Location, Problem
from roundup.issue import Issue, IssueKey, Link, parse_issue_key
from roundup.paper import Paper, dump_moment, parse_moment

Turn = Callable[[Any], Any]


def issue_row(issue: Issue) -> Any:
    """Return an issue as lists, numbers and text."""
    return _turns(Issue)[0](issue)


def issue_from(row: Any) -> Issue:
    """Return the issue that ``issue_row`` made plain; ValueError, TypeError or KeyError for what is no such row."""
    issue: Issue = _turns(Issue)[1](row)
    return issue


def paper_row(paper: Paper) -> Any:
    """Return a paper as lists, numbers and text."""
    return _turns(Paper)[0](paper)


def paper_from(row: Any) -> Paper:
    """Return the paper that ``paper_row`` made plain; ValueError, TypeError or KeyError for what is no such row."""
    paper: Paper = _turns(Paper)[1](row)
    return paper


def problem_row(problem: Problem) -> list[Any]:
    """Return a problem as a row."""
    return [problem.where.path, problem.where.line, problem.what]


def problem_from(row: list[Any]) -> Problem:
    """Return the problem of a row."""
    path, line, what = row
    return Problem(Location(path, line), what)


@cache
def _turns(kind: Any) -> tuple[Turn, Turn]:
    """Return how a value of a type becomes plain, and how it comes back."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is IssueKey:
        return str, parse_issue_key
    if kind is Location:
        return tuple, lambda row: Location(*row)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _of_struct(kind)
    if kind in (str, int, bool):
        return _same, _same
    if origin is tuple and inner[-1] is ...:
        there, back = _turns(inner[0])
        return (tuple, tuple) if there is _same else (lambda value: [there(one) for one in value], lambda row: tuple([back(one) for one in row]))
    if origin is tuple:
        turns = [_turns(one) for one in inner]
        return lambda value: [t[0](v) for t, v in zip(turns, value, strict=True)], lambda row: tuple(t[1](v) for t, v in zip(turns, row, strict=True))
    if origin is frozenset:
        return sorted, frozenset
    if origin is types.UnionType or origin is typing.Union:
        return _of_union(inner)
    raise TypeError(f"{kind} has no plain form")


def _same(value: Any) -> Any:
    return value


def _of_struct(kind: Any) -> tuple[Turn, Turn]:
    hints = typing.get_type_hints(kind)
    names = kind.__struct_fields__
    turns = [_turns(hints[name]) for name in names]
    there = [(name, None if turn[0] is _same else turn[0]) for name, turn in zip(names, turns, strict=True)]
    back = [turn[1] for turn in turns]

    def row_of(value: Any) -> list[Any]:
        return [turn(getattr(value, name)) if turn else getattr(value, name) for name, turn in there]

    def value_of(row: list[Any]) -> Any:
        return kind(*[turn(one) for turn, one in zip(back, row, strict=True)])

    return row_of, value_of


def _of_union(inner: tuple[Any, ...]) -> tuple[Turn, Turn]:
    if set(inner) - {type(None)} <= {dt.date, dt.datetime}:
        return lambda value: dump_moment(value) if value else None, lambda row: parse_moment(row) if row else None
    if set(inner) == {Paper, Link}:
        paper, link = _turns(Paper), _turns(Link)
        return (
            lambda value: ["paper", paper[0](value)] if isinstance(value, Paper) else ["link", link[0](value)],
            lambda row: paper[1](row[1]) if row[0] == "paper" else link[1](row[1]),
        )
    (one,) = (kind for kind in inner if kind is not type(None))
    there, back = _turns(one)
    return lambda value: None if value is None else there(value), lambda row: None if row is None else back(row)
