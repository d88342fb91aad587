"""The outputs of a plan: each a file of the site, with what draws it and a fingerprint of all that it is made from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import msgspec
from msgspec import Struct

from roundup.compact import Texts
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
        self._rows = Texts(map(_row, outputs))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Output: ...
    @overload
    def __getitem__(self, at: slice) -> Outputs: ...
    def __getitem__(self, at: int | slice) -> Output | Outputs:
        return self.those(range(len(self))[at]) if isinstance(at, slice) else _output(self._rows[at])

    def __iter__(self) -> Iterator[Output]:
        return map(_output, self._rows)

    def those(self, places: Iterable[int]) -> Outputs:
        """Return the outputs at these places, in this order."""
        some = Outputs(())
        some._rows = Texts(map(self._rows.__getitem__, places))
        return some


def _row(output: Output) -> str:
    return _ENCODER.encode((output.path, output.kind, output.made_from, str(output.issue or ""), output.source, output.about, output.part)).decode()


def _output(row: str) -> Output:
    path, kind, made_from, issue, source, about, part = _ROW.decode(row)
    return Output(path, kind, made_from, parse_issue_key(issue) if issue else None, source, about, part)


_ENCODER = msgspec.json.Encoder()
_ROW = msgspec.json.Decoder(tuple[str, str, str, str, str, About | None, str])
