"""The inbox's file, and the account that it keeps of what arXiv announced, day by day; papers and decisions are in ``inbox``."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

from roundup.errors import RefusedError
from roundup.ledger import Announced, Counted, Seen
from roundup.store.tables import prepare
from roundup.store.writing import make_folder

_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH)  # not so a disk that is full
_WAIT_S = 120  # for another run, which may be describing 100,000 papers of an older release anew


class Account:
    """The inbox's file, opened when it is first used. RefusedError where it cannot be opened, or holds what we cannot read."""

    def __init__(self, root: Path) -> None:
        self.path = root / ".roundup/state/inbox.sqlite"

    @cached_property
    def _file(self) -> sqlite3.Connection:
        try:
            make_folder(self.path.parent)
            file = sqlite3.connect(self.path, timeout=_WAIT_S)
            file.execute("PRAGMA synchronous = EXTRA")  # the journal's end is on the disk, too: what was kept is not undone by a power failure
            prepare(file, self.path)
            return file
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> RefusedError:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            return RefusedError(f"{self.path} is in use by another run; try again when that is done")
        what = f"{self.path} cannot be used: {str(error).lower()}"
        is_damaged = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGED and not isinstance(error, OSError)
        return RefusedError(f"{what}; put a back-up in its place, or move it away" if is_damaged else f"{what}; nothing was changed, mend that and try again")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        """All or nothing: what is done inside is on the disk afterwards, or the inbox is as it was."""
        try:
            with self._file, closing(self._file.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor
        except (sqlite3.Error, ValueError) as error:
            raise self._refused(error) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Cursor]:
        try:
            with closing(self._file.cursor()) as cursor:
                yield cursor
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise self._refused(error) from error

    def keep_batches(self, batches: Iterable[Announced]) -> None:
        """Keep what was read of announcements, the same once a day; of two readings the fuller one."""
        with self._writing() as cursor:
            for one in batches:
                values = (one.read.isoformat(), one.day.isoformat(), " ".join(one.categories), " ".join(one.papers), int(one.quiet))
                statement = "INSERT INTO batches (read, day, categories, papers, quiet) VALUES (?, ?, ?, ?, ?) ON CONFLICT (read, day, categories) DO UPDATE"
                cursor.execute(f"{statement} SET papers = excluded.papers, quiet = excluded.quiet WHERE length(excluded.papers) > length(papers)", values)

    def batches(self) -> list[Announced]:
        """Return all that was read of announcements, in order."""
        with self._reading() as cursor:
            rows = cursor.execute("SELECT read, day, categories, papers, quiet FROM batches ORDER BY day, read, categories").fetchall()
        days = dt.date.fromisoformat
        return [Announced(days(read), days(day), tuple(names.split()), tuple(papers.split()), bool(quiet)) for read, day, names, papers, quiet in rows]

    def keep_counts(self, counts: Iterable[Counted]) -> None:
        """Keep what arXiv counted of a day, and what its feed had; of two readings the later one."""
        rows = [(one.category, one.day.isoformat(), one.read.isoformat(), one.counted, one.had) for one in counts]
        with self._writing() as cursor:
            cursor.executemany("REPLACE INTO counts (category, day, read, counted, had) VALUES (?, ?, ?, ?, ?)", rows)

    def counted(self) -> list[Counted]:
        """Return all that arXiv counted, in order."""
        with self._reading() as cursor:
            rows = cursor.execute("SELECT read, day, category, counted, had FROM counts ORDER BY day, category").fetchall()
        return [Counted(dt.date.fromisoformat(read), dt.date.fromisoformat(day), category, counted, had) for read, day, category, counted, had in rows]

    def keep_searches(self, searches: Iterable[tuple[str, dt.date]]) -> None:
        """Keep for which categories and days all that was announced was searched for."""
        with self._writing() as cursor:
            cursor.executemany("REPLACE INTO searches VALUES (?, ?)", [(category, day.isoformat()) for category, day in searches])

    def searched(self) -> set[tuple[str, dt.date]]:
        with self._reading() as cursor:
            return {(category, dt.date.fromisoformat(day)) for category, day in cursor.execute("SELECT category, day FROM searches")}

    def seen(self) -> Iterator[Seen]:
        """Yield all papers that arXiv announced, as the ledger counts them; a replacement is none."""
        text = "SELECT announced, category, decided, count(*) FROM papers WHERE announced != '' GROUP BY announced, category, decided"
        with self._reading() as cursor:
            rows = cursor.execute(text).fetchall()
        return (Seen(tuple(map(dt.date.fromisoformat, days.split())), tuple(names.split()), decided, papers) for days, names, decided, papers in rows)

    def seen_between(self, first: dt.date | None, last: dt.date) -> set[str]:
        """Return the names of the papers that arXiv announced within these days, both included, or that were first had then where it was not heard to."""
        day = "CASE WHEN announced = '' THEN first_seen ELSE substr(announced, 1, 10) END"
        with self._reading() as cursor:
            rows = cursor.execute(f"SELECT name FROM papers WHERE {day} BETWEEN ? AND ?", ((first or dt.date.min).isoformat(), last.isoformat()))  # noqa: S608 - ours
            return {name for (name,) in rows}

    def noted(self, name: str) -> str:
        """Return what was noted under a name; nothing where nothing was."""
        with self._reading() as cursor:
            (value,) = cursor.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone() or ("",)
            return str(value)

    def note(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        with self._writing() as cursor:
            cursor.execute("INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    def close(self) -> None:
        if "_file" in self.__dict__:
            self._file.close()
