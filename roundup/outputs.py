"""The outputs of a plan: each a file of the site, with what draws it and a fingerprint of all that it is made from. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import overload

import msgspec
from msgspec import Struct

from roundup.issue import IssueKey, parse_issue_key

About = tuple[str, int]  # what the catalogue that it was planned with, and no other, finds something by: a kind ("papers", "authors", "topics") and a number


class Output(Struct, frozen=True):
    """One file of the site: its path from the site's top, what draws it, and the fingerprint of all its inputs."""

    path: str
    kind: str  # a name that ``pages`` knows, or "copy"
    made_from: str
    issue: IssueKey | None = None
    source: str = ""  # of a copy: the file in the digest
    about: About | None = None  # of a paper's page: the paper; of an author's, a topic's, or one of their feeds: these
    part: str = ""  # of a page that is one of several: the year, or the letter


class Outputs(Sequence[Output]):
    """Outputs as bytes, of which each is made when it is looked at.

    94,000 of them are 10 MB so, and 41 as objects; and a forked process that looks at one copies no page of memory, as counting who refers
    to an object does.
    """

    def __init__(self, outputs: Iterable[Output]) -> None:
        self._hold([_row(output) for output in outputs])

    def _hold(self, rows: Sequence[bytes]) -> None:
        self._data = b"".join(rows)
        self._ends = array("L", accumulate(map(len, rows)))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> Output: ...
    @overload
    def __getitem__(self, at: slice) -> Outputs: ...
    def __getitem__(self, at: int | slice) -> Output | Outputs:
        if isinstance(at, slice):
            return self.those(range(len(self))[at])
        return _output(self._row(at))

    def __iter__(self) -> Iterator[Output]:
        return map(_output, map(self._row, range(len(self))))

    def those(self, places: Iterable[int]) -> Outputs:
        """Return the outputs at these places, in this order."""
        some = Outputs(())
        some._hold([self._row(at) for at in places])
        return some

    def _row(self, at: int) -> bytes:
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        return self._data[self._ends[at - 1] if at else 0 : self._ends[at]]


def _row(output: Output) -> bytes:
    return msgspec.json.encode((output.path, output.kind, output.made_from, str(output.issue or ""), output.source, output.about, output.part))


def _output(row: bytes) -> Output:
    path, kind, made_from, issue, source, about, part = _ROW.decode(row)
    return Output(path, kind, made_from, parse_issue_key(issue) if issue else None, source, about, part)


_ROW = msgspec.json.Decoder(tuple[str, str, str, str, str, About | None, str])
