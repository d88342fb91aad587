"""The issues of a digest, each read once and kept until a file of it changes: its text is at hand when it is asked for, and no longer.

What is kept of an issue is named by a seal, which says what it was read from, and stands in three lines: the seal; the outline, with
all that is wrong with the issue; the text. So an older state of the digest can be shown while a newer one has faults.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from roundup.archive import Archive
from roundup.config import Config
from roundup.errors import Problem, SourceError, changed_meanwhile
from roundup.issue import Issue, IssueKey
from roundup.outline import Outline, fingerprint, head_from, head_row, outline_from, outline_row
from roundup.store.disk import ISSUES
from roundup.store.memory import Memory, from_plain, keep, plain
from roundup.store.plain import issue_from, issue_row, problem_from, problem_row
from roundup.store.reading import Folder, Shelved, read_issue
from roundup.store.release import release
from roundup.store.stamps import Stamps

AT_HAND = 16  # issues in full, and as many outlines
PART = 8  # issues that one worker reads at a time

Row = list[Any]  # of an issue: seal, print of its outline, whether anything is wrong with it, whether it may have a date that a fault hides, head


class Part(Struct, frozen=True):
    """Some issues for a worker to read, each with its seal, and where they are kept."""

    root: Path
    memory: str
    config: Config
    folders: tuple[tuple[Folder, str], ...]


Each = Callable[[Callable[[Part], list[Row]], Iterable[Part]], Iterable[list[Row]]]


class Library:
    """What is kept in a memory of the issues under ``root``. ``each`` maps the reading over parts, as ``map`` does."""

    def __init__(self, root: Path, memory: Memory, stamps: Stamps, each: Each = map) -> None:
        self.root, self.memory, self.stamps, self.each = root, memory, stamps, each
        self.config = Config()
        self.rows: dict[Folder, Row] = {}
        self.folders: dict[IssueKey, Folder] = {}
        self._issue = lru_cache(AT_HAND)(self._issue_of)
        self._outline = lru_cache(AT_HAND)(self._outline_of)

    def shelve(self, config: Config, folders: Sequence[Folder]) -> Shelved:
        """Read what has changed, and return all issues."""
        self.config, self.folders = config, {folder[1]: folder for folder in folders}
        made_of = fingerprint(release(), config.issue_title)
        known = self.memory.value("issues.json", made_of) or {}
        seals = {folder: self._seal(folder, made_of) for folder in folders}
        rows = {folder: known[folder[0]] for folder in folders if known.get(folder[0], [""])[0] == seals[folder]}
        due = [(folder, seals[folder]) for folder in folders if folder not in rows]
        parts = [Part(self.root, self.memory.folder, config, tuple(due[at : at + PART])) for at in range(0, len(due), PART)]
        for part, found in zip(parts, self.each(read_part, parts), strict=True):
            rows.update(zip((folder for folder, _ in part.folders), found, strict=True))
        self.rows = {folder: rows[folder] for folder in folders}
        if due or len(known) != len(rows):
            self.memory.keep_value("issues.json", made_of, {folder[0]: row for folder, row in self.rows.items()})
        return self._shelved()

    def _seal(self, folder: Folder, made_of: str) -> str:
        """Return what is read from files that are as they are now; of what changed a moment ago, something that is said once."""
        stamp = self.stamps.get(folder[0])
        return fingerprint(made_of, str(folder[1]), stamp) if stamp else os.urandom(8).hex()

    def _shelved(self) -> Shelved:
        heads = sorted((head_from(row[-1]) for row in self.rows.values() if row[-1]), key=lambda head: head.key, reverse=True)
        unread = frozenset(str(key) for (_, key), row in self.rows.items() if not row[-1])
        problems: list[Problem] = []
        advice: list[Problem] = []
        for folder, (_, _, is_odd, _, _) in self.rows.items():
            if is_odd:
                _, wrong, odd = self._header_of(folder)
                problems += map(problem_from, wrong)
                advice += map(problem_from, odd)
        unsure = frozenset(f"{ISSUES}/{name}" for (name, _), row in self.rows.items() if row[3])
        prints = {key: row[1] for (_, key), row in self.rows.items()}
        return Shelved(Archive(tuple(heads), self._issue, self._outline, unread), tuple(problems), tuple(advice), unsure, prints)

    def sweep(self) -> None:
        """Forget issues as they were before they were read last."""
        self.memory.forget_all_but("issues", {f"{row[0]}.json" for row in self.rows.values()})

    def _line(self, folder: Folder, number: int) -> Any:
        """Return a line of what is kept of an issue; of one that could not be kept, is gone or was spoilt, as it is read anew."""
        seal = self.rows[folder][0]
        with contextlib.suppress(OSError, ValueError), open(f"{self.memory.folder}/{_file(seal)}", "rb") as file:
            first, *_, line = (file.readline() for _ in range(number + 1))
            if first.rstrip(b"\n") == seal.encode():
                return from_plain(line)
        (*_, head), lines = _read(self.root, folder, self.config, seal)
        known = self.rows[folder][-1]
        if known and (not head or head[-1] != known[-1]):
            raise SourceError([changed_meanwhile(f"{ISSUES}/{folder[0]}")])
        return from_plain(lines[number])

    def _header_of(self, folder: Folder) -> Any:
        return self._line(folder, 1)

    def _outline_of(self, key: IssueKey) -> Outline:
        return outline_from(self._header_of(self.folders[key])[0])

    def _issue_of(self, key: IssueKey) -> Issue:
        return issue_from(self._line(self.folders[key], 2))


def read_part(part: Part) -> list[Row]:
    """Read some issues, keep what they say, and return the row of each."""
    rows = []
    for folder, seal in part.folders:
        row, lines = _read(part.root, folder, part.config, seal)
        keep(part.memory, _file(seal), b"\n".join(lines))
        rows.append(row)
    return rows


def _read(root: Path, folder: Folder, config: Config, seal: str) -> tuple[Row, list[bytes]]:
    """Return the row of an issue, and the lines in which it is kept."""
    from roundup.outlining import outline_of  # as in reading

    read = read_issue(root, folder, config)
    outline = outline_of(read.issue) if read.issue else None
    header = [outline and outline_row(outline), list(map(problem_row, read.problems)), list(map(problem_row, read.advice))]
    is_odd = bool(read.problems or read.advice)
    row = [seal, outline.print if outline else "", is_odd, read.unsure, head_row(outline.head) if outline else None]
    return row, [seal.encode(), plain(header), plain(issue_row(read.issue)) if read.issue else b""]


def _file(seal: str) -> str:
    return f"issues/{seal}.json"
