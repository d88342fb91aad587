"""What was fetched and what became of it: one SQLite file under ``.roundup/state``, where every paper seen stands once.

It is precious: a change is on the disk before the command that made it says so, and it is never made anew over one that is there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from roundup.errors import Location, RefusedError
from roundup.issue import Link
from roundup.ledger import Announced, Counted, Seen
from roundup.paper import Paper
from roundup.records.papers import parse_paper
from roundup.revisions import merged
from roundup.store.plain import paper_from, paper_row
from roundup.store.writing import make_folder
from roundup.text.drawn import plain

PICKED, SKIPPED, LATER = "picked", "skipped", "later"

_RELEASE = 1  # of the tables
_TABLES = """
CREATE TABLE papers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER, first_seen TEXT NOT NULL, category TEXT NOT NULL, votes INTEGER,
  decided TEXT NOT NULL DEFAULT '', decided_version INTEGER, row TEXT NOT NULL);
CREATE INDEX undecided ON papers (decided, votes DESC, name DESC);
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, what TEXT NOT NULL, issue TEXT NOT NULL, section TEXT NOT NULL, version INTEGER, day TEXT NOT NULL,
  made TEXT NOT NULL);
CREATE INDEX decided ON decisions (name, id);
CREATE TABLE batches (
  id INTEGER PRIMARY KEY, read TEXT NOT NULL, day TEXT NOT NULL, categories TEXT NOT NULL, papers TEXT NOT NULL, quiet INTEGER NOT NULL,
  UNIQUE (read, day, categories));
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (title, authors, abstract, content = '', tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE IF NOT EXISTS links (url TEXT PRIMARY KEY, first_seen TEXT NOT NULL, link TEXT NOT NULL);
"""
_LATER = """
CREATE TABLE IF NOT EXISTS counts (category TEXT, day TEXT, read TEXT NOT NULL, counted INTEGER NOT NULL, had INTEGER NOT NULL, PRIMARY KEY (category, day));
CREATE TABLE IF NOT EXISTS searches (category TEXT, day TEXT, PRIMARY KEY (category, day));
"""  # of this release too, but not there from its beginning
_SHORT = 2  # letters of a word that begins too many others
_COLUMNS = "name, first_seen, decided, decided_version, row"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a paper, in which version, and when: PICKED, SKIPPED or LATER.

    ``issue`` and ``section`` are where a pick went, ``made`` the paths that were written for it.
    """

    name: str
    what: str
    version: int | None
    day: dt.date
    issue: str = ""
    section: str = ""
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper of the inbox; ``decided`` is what became of it, empty where nothing has."""

    paper: Paper
    first_seen: dt.date
    decided: str = ""
    decided_version: int | None = None

    @property
    def is_revised(self) -> bool:
        """Whether there is a newer version than the one that was decided on."""
        return bool(self.decided and self.decided_version and (self.paper.id.version or 0) > self.decided_version)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which papers are asked for: of which states (none for all), with which words, in a category, seen since a day."""

    states: tuple[str, ...] = ("",)
    words: str = ""
    category: str = ""
    since: dt.date | None = None
    revised: bool = False  # only those of which a newer version is known than the one decided on


class Inbox:
    """The inbox of a digest, opened when it is first used. RefusedError where its file cannot be opened, or holds what we cannot read."""

    def __init__(self, root: Path) -> None:
        self.path = root / ".roundup/state/inbox.sqlite"

    @cached_property
    def _file(self) -> sqlite3.Connection:
        try:
            make_folder(self.path.parent)
            file = sqlite3.connect(self.path, timeout=30)
            file.execute("PRAGMA synchronous = EXTRA")  # the journal's end is on the disk, too: what was kept is not undone by a power failure
            self._prepare(file)
            return file
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    def _prepare(self, file: sqlite3.Connection) -> None:
        """Make the tables, once; what the first release of roundup kept is taken over."""
        (release,) = file.execute("PRAGMA user_version").fetchone()
        if release <= _RELEASE:
            file.executescript(_LATER)
        if release == _RELEASE:
            return
        if release > _RELEASE:
            raise RefusedError(f"{self.path} was written by a newer roundup; install that")
        file.isolation_level = None
        with closing(file.cursor()) as cursor:
            cursor.execute("BEGIN EXCLUSIVE")
            known = cursor.execute("SELECT name FROM sqlite_master WHERE name = 'papers'").fetchone()
            before = cursor.execute("SELECT record, first_seen FROM papers ORDER BY name").fetchall() if known else []
            if known:
                cursor.execute("DROP TABLE papers")
            for statement in _TABLES.strip().split(";\n"):
                cursor.execute(statement)
            for record, first_seen in before:
                if paper := parse_paper(record, "the inbox", []):
                    _add(cursor, paper, first_seen)
            cursor.execute(f"PRAGMA user_version = {_RELEASE}")
            cursor.execute("COMMIT")
        file.isolation_level = "DEFERRED"

    def _refused(self, error: Exception) -> RefusedError:
        return RefusedError(f"{self.path} cannot be used: {str(error).lower()}; put a back-up in its place, or move it away")

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

    def put(self, papers: Iterable[Paper], today: dt.date) -> dict[str, str]:
        """Keep papers, all or none; return by name what became of each: ``new``, ``updated`` or ``unchanged``."""
        states = {}
        with self._writing() as cursor:
            for paper in papers:
                known = cursor.execute("SELECT id, row FROM papers WHERE name = ?", (paper.id.name,)).fetchone()
                if not known:
                    _add(cursor, paper, today.isoformat())
                    states[paper.id.name] = "new"
                    continue
                before = paper_from(json.loads(known[1]))
                whole = merged(before, paper)
                states.setdefault(paper.id.name, "unchanged" if whole == before else "updated")
                if whole != before:
                    _replace(cursor, known[0], before, whole)
        return states

    def put_links(self, links: Iterable[Link], today: dt.date) -> list[str]:
        """Keep links, all or none; return the addresses of those that were new."""
        with self._writing() as cursor:
            statement = "INSERT INTO links VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING"
            return [one.url for one in links if cursor.execute(statement, (one.url, today.isoformat(), json.dumps(asdict(one)))).rowcount]

    def papers(self) -> list[Paper]:
        """Return every paper, by name."""
        with self._reading() as cursor:
            return [paper_from(json.loads(row)) for (row,) in cursor.execute("SELECT row FROM papers ORDER BY name")]

    def find(self, name: str) -> Candidate | None:
        """Return the paper of a name; None where it was never seen."""
        with self._reading() as cursor:
            row = cursor.execute(f"SELECT {_COLUMNS} FROM papers WHERE name = ?", (name,)).fetchone()  # noqa: S608 - columns of ours
            return _candidate(row) if row else None

    def candidates(self, asked: Asked) -> Iterator[Candidate]:
        """Yield the papers that are asked for, those with the most votes first, then the newest."""
        tests, values = ["1"], list[object]()
        if asked.states:
            tests.append(f"decided IN ({', '.join('?' * len(asked.states))})")
            values += asked.states
        if words := re.findall(r"\w+", asked.words):
            tests.append("+id IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(" ".join(f'"{word}"*' if len(word) > _SHORT else f'"{word}"' for word in words))
        if asked.category:
            tests.append("(category = ? OR category LIKE ?)")
            values += [f" {asked.category} ", f"% {asked.category} %"]
        if asked.since:
            tests.append("first_seen >= ?")
            values.append(asked.since.isoformat())
        if asked.revised:
            tests.append("version > decided_version")
        text = f"SELECT {_COLUMNS} FROM papers WHERE {' AND '.join(tests)} ORDER BY votes DESC, name DESC"  # noqa: S608 - values are bound
        with self._reading() as cursor:
            for row in cursor.execute(text, values):
                yield _candidate(row)

    def counts(self) -> dict[str, int]:
        """Return how many papers were seen, by what became of them; an empty name for those that are not decided."""
        with self._reading() as cursor:
            return dict(cursor.execute("SELECT decided, count(*) FROM papers GROUP BY decided").fetchall())

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Keep what was decided, all or none, each in place of what was before. KeyError for a paper that was never seen."""
        with self._writing() as cursor:
            for one in decisions:
                if not cursor.execute("SELECT 1 FROM papers WHERE name = ?", (one.name,)).fetchone():
                    raise KeyError(one.name)
                values = (one.name, one.what, one.issue, one.section, one.version, one.day.isoformat(), "\n".join(one.made))
                cursor.execute("INSERT INTO decisions (name, what, issue, section, version, day, made) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                _settle(cursor, one.name)

    def last(self) -> Decision | None:
        """Return what was decided last."""
        return next(self.decisions(), None)

    def undo(self) -> None:
        """Take the last decision back: what was decided of that paper before holds again."""
        with self._writing() as cursor:
            if row := cursor.execute("SELECT id, name FROM decisions ORDER BY id DESC LIMIT 1").fetchone():
                cursor.execute("DELETE FROM decisions WHERE id = ?", row[:1])
                _settle(cursor, row[1])

    def decisions(self) -> Iterator[Decision]:
        """Yield all that was ever decided and not taken back, the last first."""
        with self._reading() as cursor:
            for name, what, version, day, issue, section, made in cursor.execute(
                "SELECT name, what, version, day, issue, section, made FROM decisions ORDER BY id DESC"
            ):
                yield Decision(name, what, version, dt.date.fromisoformat(day), issue, section, tuple(made.split("\n")) if made else ())

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
        """Yield every paper that arXiv announced, as the ledger counts it; a replacement is none."""
        with self._reading() as cursor:
            for name, category, decided, row in cursor.execute("SELECT name, category, decided, row FROM papers ORDER BY name"):
                sightings = paper_from(json.loads(row)).seen
                days = {one.announced for one in sightings if one.source == "arxiv" and one.announced and not one.type.startswith("replace")}
                if days:
                    yield Seen(name, tuple(sorted(days)), tuple(category.split()), decided)

    def seen_between(self, first: dt.date | None, last: dt.date) -> set[str]:
        """Return the names of the papers that were seen within these days, both included: announced then, or first had where that is not known."""
        found = set()
        with self._reading() as cursor:
            since = (first or dt.date.min).isoformat()  # nothing is had before it is announced
            for name, first_seen, row in cursor.execute("SELECT name, first_seen, row FROM papers WHERE first_seen >= ?", (since,)):
                day = paper_from(json.loads(row)).announced or dt.date.fromisoformat(first_seen)
                if (first or day) <= day <= last:
                    found.add(name)
        return found

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


def _candidate(row: tuple[str, str, str, int | None, str]) -> Candidate:
    _, first_seen, decided, version, paper = row
    return Candidate(paper_from(json.loads(paper)), dt.date.fromisoformat(first_seen), decided, version)


def _settle(cursor: sqlite3.Cursor, name: str) -> None:
    """Write beside a paper what holds of it now."""
    row = cursor.execute("SELECT what, version FROM decisions WHERE name = ? ORDER BY id DESC LIMIT 1", (name,)).fetchone() or ("", None)
    cursor.execute("UPDATE papers SET decided = ?, decided_version = ? WHERE name = ?", (*row, name))


def _add(cursor: sqlite3.Cursor, paper: Paper, first_seen: str) -> None:
    values = (paper.id.name, paper.id.version, first_seen, f" {' '.join(paper.categories)} ", paper.votes, _plain(paper))
    cursor.execute("INSERT INTO papers (name, version, first_seen, category, votes, row) VALUES (?, ?, ?, ?, ?, ?)", values)
    cursor.execute("INSERT INTO words (rowid, title, authors, abstract) VALUES (?, ?, ?, ?)", (cursor.lastrowid, *_words(paper)))


def _replace(cursor: sqlite3.Cursor, place: int, before: Paper, paper: Paper) -> None:
    values = (paper.id.version, f" {' '.join(paper.categories)} ", paper.votes, _plain(paper), place)
    cursor.execute("UPDATE papers SET version = ?, category = ?, votes = ?, row = ? WHERE id = ?", values)
    if (old := _words(before)) != (new := _words(paper)):  # the index keeps no text, and has to be told what to forget
        cursor.execute("INSERT INTO words (words, rowid, title, authors, abstract) VALUES ('delete', ?, ?, ?, ?)", (place, *old))
        cursor.execute("INSERT INTO words (rowid, title, authors, abstract) VALUES (?, ?, ?, ?)", (place, *new))


def _plain(paper: Paper) -> str:
    return json.dumps(paper_row(replace(paper, where=Location(""))))  # a place in an answer means nothing here


def _words(paper: Paper) -> tuple[str, str, str]:
    """Return the words by which a paper is found."""
    return plain(paper.title), " ".join(plain(author.name) for author in paper.authors), plain(paper.abstract)
