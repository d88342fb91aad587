"""What stands on many pages is drawn once: rows of lists and entries of feeds, kept in the memory by what they are made from.

A paper's row stands on some fifteen pages, and its entry in as many feeds, in no order that would help to have its issue at hand. They
are kept in one SQLite file, for they are asked for one by one, by several processes. It may vanish or break at any time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from markupsafe import Markup

from roundup.catalogue import Coverage
from roundup.config import Editor
from roundup.outline import fingerprint
from roundup.pages.feeds import Entry
from roundup.pages.finding import words_in
from roundup.pages.frame import bare
from roundup.pages.theme import Drawing
from roundup.plan import said_of, shared_of, text_of
from roundup.search import Entry as Found
from roundup.site import Site
from roundup.store.writing import remove

_ROWS, _ENTRIES = 600, 50  # at hand in each process; a row is about 3 kB, an entry 20 kB, and three times that with its Atom and its JSON
_NEW = 250  # pieces that wait for the file; one is 2 to 10 kB
_SUM = 4  # bytes before a piece: a power cut may leave nothing but zeros in its place
_SMALL, _A_PAPER = 16_000_000, 60_000  # bytes of a file that is never trimmed, and four times what the pieces of a paper take
_WAIT_S = 30.0  # for another process to have written
_TABLE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE IF NOT EXISTS pieces (key BLOB PRIMARY KEY, made BLOB);"


class Pieces:
    """The pieces of one site, in a file of its memory."""

    def __init__(self, path: str, site: Site) -> None:
        self.path, self.papers = path, len(site.catalogue)
        self.shared, self.theme = shared_of(site), site.theme.digest
        self._process = 0
        self._file: sqlite3.Connection | None = None
        self._new: dict[bytes, bytes] = {}
        self.rows = lru_cache(_ROWS)(self._row)
        self.entries = lru_cache(_ENTRIES)(self._entry)

    def _row(self, piece: Callable[..., Any], /, coverage: Coverage, site: Site, drawing: Drawing, *how: Hashable) -> Any:
        key = fingerprint("row", self.shared, site.catalogue.columns.shown[coverage.place], *map(str, how))
        found = self._get(key)
        if found is None:
            found = piece(coverage, site, drawing, *how).encode("utf-8", "surrogatepass")
            self._put(key, found)
        return Markup(found.decode("utf-8", "surrogatepass"))  # noqa: S704 - drawn by our templates

    def _entry(self, piece: Callable[..., Any], /, about: Any, site: Site, drawing: Drawing) -> Any:
        if isinstance(about, Coverage):
            key = fingerprint("entry", self.shared, said_of(site, about))
        else:
            key = fingerprint("letter", self.shared, text_of(site, about))
        found = self._get(key)
        if found is None:
            entry = piece(about, site, drawing)
            self._put(key, zlib.compress(msgspec.json.encode(_plain(entry), enc_hook=bare), 1))
            return entry
        return _back(msgspec.json.decode(zlib.decompress(found)))

    def words(self, coverage: Coverage, site: Site) -> Found:
        """Return what the search index has of a paper, or of what else was picked."""
        known = self.words_then(coverage, site, {})
        if known is None:
            known = words_in(coverage)
            self._put(self._words_key(coverage, site, {}), msgspec.json.encode(known))
        return known

    def words_then(self, coverage: Coverage, site: Site, then: Mapping[str, str]) -> Found | None:
        """Return the same as it was when issues had the hashes that ``then`` has; None where that is forgotten."""
        found = self._get(self._words_key(coverage, site, then))
        if found is None:
            return None
        row, words = msgspec.json.decode(found)
        return Found(tuple(row), words)

    def _words_key(self, coverage: Coverage, site: Site, then: Mapping[str, str]) -> str:
        digests = (then.get(str(one.head.key), one.head.digest) for one in coverage.standings)
        return fingerprint("words", self.theme, site.catalogue.columns.shown[coverage.place], *digests)

    def trim(self) -> None:
        """Begin anew where most of the file must be of pages as they were; nobody else may be drawing."""
        with contextlib.suppress(OSError):
            if os.path.getsize(self.path) > _SMALL + _A_PAPER * self.papers:
                for ending in ("", "-wal", "-shm"):
                    remove(self.path + ending)

    def flush(self) -> None:
        """Let the other processes have what was drawn here."""
        if self._new and (file := self._open()):
            with contextlib.suppress(sqlite3.Error), file:
                file.executemany("INSERT OR REPLACE INTO pieces VALUES (?, ?)", ((key, _sum_of(made) + made) for key, made in self._new.items()))
        self._new.clear()

    def close(self) -> None:
        """Let them have it, and let go of the file; it is opened anew when something is asked for."""
        self.flush()
        if self._file and self._process == os.getpid():
            self._file.close()
        self._process, self._file = 0, None

    def _get(self, key: str) -> bytes | None:
        if (known := self._new.get(bytes.fromhex(key))) is not None:
            return known
        file = self._open()
        try:
            row = file.execute("SELECT made FROM pieces WHERE key = ?", (bytes.fromhex(key),)).fetchone() if file else None
        except sqlite3.Error:
            return None
        return row[0][_SUM:] if row and row[0][:_SUM] == _sum_of(row[0][_SUM:]) else None

    def _put(self, key: str, made: bytes) -> None:
        self._new[bytes.fromhex(key)] = made
        if len(self._new) > _NEW:
            self.flush()

    def _open(self) -> sqlite3.Connection | None:
        """Return this process's own connection, for none may be taken along in a fork; nothing where there can be none."""
        if self._process != os.getpid():
            self._process = os.getpid()
            try:
                self._file = sqlite3.connect(self.path, timeout=_WAIT_S, check_same_thread=False)
                self._file.executescript(_TABLE)
            except sqlite3.Error:
                self._file = None
        return self._file


def _sum_of(made: bytes) -> bytes:
    return zlib.crc32(made).to_bytes(_SUM, "big")


def _plain(entry: Entry) -> list[Any]:
    authors = [[editor.name, editor.url] for editor in entry.authors]
    return [entry.id, entry.title, entry.url, entry.published, entry.updated, authors, entry.summary, entry.tags, entry.atom, entry.json]


def _back(row: list[Any]) -> Entry:
    id_, title, url, published, updated, authors, summary, tags, atom, text = row
    editors = tuple(Editor(*one) for one in authors)
    return Entry(id_, title, url, published, updated, editors, summary, tuple(tags), Markup(atom), text)  # noqa: S704 - drawn by our templates
