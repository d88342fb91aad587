"""What was fetched of late, so that nobody is asked twice: papers by ID and version, answers by address.

One SQLite file under ``.roundup/cache``. It may be deleted at any time: where it is gone or broken, all is asked anew.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from roundup.paper import ArxivId, Paper
from roundup.records.papers import dump_paper, parse_paper
from roundup.store.writing import make_folder, remove

_TABLES = """
CREATE TABLE IF NOT EXISTS papers (base TEXT, version INTEGER, latest INTEGER, day TEXT, record TEXT, PRIMARY KEY (base, version));
CREATE TABLE IF NOT EXISTS answers (url TEXT PRIMARY KEY, day TEXT, until TEXT, etag TEXT, modified TEXT, type TEXT, body BLOB);
"""
_KEPT_DAYS = 30


class Kept(Struct, frozen=True):
    """An answer as it was kept: it is good ``until`` then without asking, and after that if the server says so."""

    until: dt.datetime
    etag: str
    modified: str
    content_type: str
    body: bytes


class Cache:
    """The memory of fetching, as of ``now``."""

    def __init__(self, path: Path, now: dt.datetime) -> None:
        self.now = now
        self._today = now.date().isoformat()
        self._file = _opened(path)
        self._do("DELETE FROM answers WHERE day < ?", ((now - dt.timedelta(days=_KEPT_DAYS)).date().isoformat(),))

    def paper(self, wanted: ArxivId) -> Paper | None:
        """Return a paper in the version asked for; of the latest, what was the latest when arXiv was asked today.

        arXiv's answers are worked out once a day. Source: https://info.arxiv.org/help/api/user-manual.html
        """
        if wanted.version is None:
            rows = self._do("SELECT record FROM papers WHERE base = ? AND latest AND day = ? ORDER BY version DESC", (wanted.base, self._today))
        else:
            rows = self._do("SELECT record FROM papers WHERE base = ? AND version = ?", (wanted.base, wanted.version))
        return next((paper for row in rows if (paper := parse_paper(row[0], "the cache", []))), None)

    def keep_papers(self, papers: Iterable[tuple[Paper, bool]]) -> None:
        """Keep papers, each with whether it is the latest version."""
        rows = [(p.id.base, p.id.version, latest, self._today, dump_paper(p)) for p, latest in papers]
        with contextlib.suppress(sqlite3.Error), self._file:
            self._file.executemany("REPLACE INTO papers VALUES (?, ?, ?, ?, ?)", rows)

    def answer(self, url: str) -> Kept | None:
        """Return what this address answered when it was last asked."""
        for until, etag, modified, kind, body in self._do("SELECT until, etag, modified, type, body FROM answers WHERE url = ?", (url,)):
            with contextlib.suppress(ValueError, TypeError):
                return Kept(dt.datetime.fromisoformat(until), etag, modified, kind, body)
        return None

    def keep_answer(self, url: str, kept: Kept) -> None:
        """Keep an answer; only one that was looked at and is what it should be."""
        row = (url, self._today, kept.until.isoformat(), kept.etag, kept.modified, kept.content_type, kept.body)
        self._do("REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        self._file.close()

    def _do(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with contextlib.suppress(sqlite3.Error), self._file:  # a cache that cannot be read or written is none
            return self._file.execute(statement, values).fetchall()
        return []


def _opened(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        with contextlib.suppress(OSError, sqlite3.Error):
            make_folder(path.parent)
            return _ready(sqlite3.connect(path, timeout=10))
        with contextlib.suppress(OSError):
            remove(path)  # ours, and no cache any more
    return _ready(sqlite3.connect(":memory:"))


def _ready(file: sqlite3.Connection) -> sqlite3.Connection:
    try:
        file.execute("PRAGMA synchronous = NORMAL")  # what a power failure takes is asked anew; what it leaves can be read
        file.executescript(_TABLES)
    except sqlite3.Error:
        file.close()
        raise
    return file
