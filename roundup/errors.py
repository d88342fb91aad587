"""Where a fault stands, what it is, and the one tree of exceptions.

``str`` of a problem or an error is all that the user sees of it. These values are named tuples, not structs,
because ``roundup --help`` imports this module, and to import msgspec takes a fifth of its time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


def printable(text: str) -> str:
    """Return ``text`` with each control character spelled out, so that no value can steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


class Location(NamedTuple):
    """A line of a file, as ``issues/2023-8/issue.yaml:9``; line 0 means the file as a whole."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        path = printable(self.path).replace("\n", "\\n")
        return f"{path}:{self.line}" if self.line else path

    def below(self, lines: int) -> Location:
        """Return the place that many lines further down."""
        return Location(self.path, self.line + lines)


class Problem(NamedTuple):
    """One fault: where, then what with its value, then the mend."""

    where: Location
    what: str

    def __str__(self) -> str:
        what = _LONG.sub(r'"\1…"', self.what)
        return f"{self.where}: {printable(what)}".replace("\n", "\\n")  # no value can begin a line of the report


_LONG = re.compile(r'"([^"]{120})[^"]+"')
_MOST = 100  # problems of one file that are told; a file of nothing but faults has many thousand


def changed_meanwhile(path: str) -> Problem:
    """Return what is wrong with a file, or an issue's folder, that is no longer what a plan was made from."""
    return Problem(Location(path), "has changed while the site was drawn; build again")


class RoundupError(Exception):
    """Base of all that goes wrong in a way the user can be told about."""

    exit_code = 1


class SourceError(RoundupError):
    """What an editor can mend, in a record, a pick, a configuration or a template: every problem, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(report(self.problems))

    def __reduce__(self) -> tuple[type[SourceError], tuple[tuple[Problem, ...]]]:
        """Be the same where another process raised it."""
        return type(self), (self.problems,)


class RefusedError(RoundupError):
    """What was asked for cannot be done as asked; nothing was changed."""

    exit_code = 2


class FetchError(RoundupError):
    """A source did not answer as it should: its address, what it answered, how often it was asked, and what to do."""

    exit_code = 3

    def __init__(self, url: str, answer: str, tries: int = 1, mend: str = "try again later") -> None:
        self.url, self.answer, self.tries, self.mend = url, answer, tries, mend
        often = f" after {tries} tries" if tries > 1 else ""
        self.told = f"{url.partition('?')[0]} {answer}{often}"  # a hundred IDs stand behind the question mark
        super().__init__(f"{self.told}; {mend}")


class PublishError(RoundupError):
    """What keeps a site from its host, or an issue from its subscribers: the target, the step reached, and what was left unchanged."""

    exit_code = 4


def report(problems: Iterable[Problem]) -> str:
    """Return the problems, a line each, and their count."""
    rows = sorted(set(problems))
    by_file: dict[str, list[Problem]] = {}
    for row in rows:
        by_file.setdefault(row.where.path, []).append(row)
    lines: list[str] = []
    for path, own in by_file.items():
        lines += map(str, own[:_MOST])
        if len(own) > _MOST:
            lines.append(f"{Location(path)}: and {count(len(own) - _MOST, 'more problem')}")
    return "\n".join([*lines, f"{count(len(rows), 'problem')} in {count(len(by_file), 'file')}"])


def count(number: int, noun: str) -> str:
    """Return the number with its noun in the right form, as ``1 file`` or ``2 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "commentary"?`` for the known word closest to ``word``, or nothing."""
    from difflib import get_close_matches  # only a mistake needs it, and it costs 3 ms

    by_lower = {name.lower(): name for name in known}  # "URL" means "url"
    close = get_close_matches(word.lower(), by_lower, n=1)
    return f'; did you mean "{by_lower[close[0]]}"?' if close else ""
