"""What was fetched and not yet decided: one SQLite file under ``.roundup/state``, where every paper seen stands once.

Ranking and deciding build on it. It is precious: a change is on the disk before the command that made it says so.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from roundup.errors import RefusedError
from roundup.issue import Link
from roundup.paper import Paper
from roundup.records.papers import dump_paper, parse_paper
from roundup.revisions import merged
from roundup.store.writing import make_folder

_TABLES = """
CREATE TABLE IF NOT EXISTS papers (name TEXT PRIMARY KEY, first_seen TEXT NOT NULL, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS links (url TEXT PRIMARY KEY, first_seen TEXT NOT NULL, link TEXT NOT NULL);
"""


class Inbox:
    """The inbox of a digest, opened when it is first used.

    RefusedError where its file cannot be opened; it is never made anew over one that is there.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / ".roundup/state/inbox.sqlite"

    @cached_property
    def _file(self) -> sqlite3.Connection:
        try:
            make_folder(self.path.parent)
            file = sqlite3.connect(self.path, timeout=30)
            file.execute("PRAGMA synchronous = EXTRA")  # the journal's end is on the disk, too: what was kept is not undone by a power failure
            file.executescript(_TABLES)
            return file
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> RefusedError:
        return RefusedError(f"{self.path} cannot be used: {str(error).lower()}; put a back-up in its place, or move it away")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        """All or nothing: what is done inside is on the disk afterwards, or the inbox is as it was."""
        try:
            with self._file, closing(self._file.cursor()) as cursor:
                yield cursor
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def put(self, papers: Iterable[Paper], today: dt.date) -> dict[str, str]:
        """Keep papers, all or none; return by name what became of each: ``new``, ``updated`` or ``unchanged``."""
        states = {}
        with self._writing() as cursor:
            for paper in papers:
                row = cursor.execute("SELECT record FROM papers WHERE name = ?", (paper.id.name,)).fetchone()
                before = parse_paper(row[0], "the inbox", []) if row else None
                whole = merged(before, paper) if before else paper
                states[paper.id.name] = "new" if not row else "unchanged" if whole == before else "updated"
                if whole != before:
                    values = (paper.id.name, today.isoformat(), dump_paper(whole))
                    cursor.execute("INSERT INTO papers VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record", values)
        return states

    def put_links(self, links: Iterable[Link], today: dt.date) -> list[str]:
        """Keep links, all or none; return the addresses of those that were new."""
        with self._writing() as cursor:
            statement = "INSERT INTO links VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING"
            return [one.url for one in links if cursor.execute(statement, (one.url, today.isoformat(), json.dumps(asdict(one)))).rowcount]

    def papers(self) -> list[Paper]:
        """Return every paper, by name."""
        rows = self._file.execute("SELECT record FROM papers ORDER BY name")
        return [paper for row in rows if (paper := parse_paper(row[0], "the inbox", []))]

    def close(self) -> None:
        if "_file" in self.__dict__:
            self._file.close()
