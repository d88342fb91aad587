"""What was fetched and what became of it: one SQLite file under ``.roundup/state``, where every paper seen stands once.

It is precious: a change is on the disk before the command that made it says so, and it is never made anew over one that is there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from roundup.issue import Link
from roundup.paper import Paper
from roundup.ranking import Known, Usual, parse_sketch
from roundup.revisions import merged
from roundup.store.account import Account
from roundup.store.plain import paper_from
from roundup.store.tables import CHANGES, add, count, replace, settle, usual_in

PICKED, SKIPPED, LATER = "picked", "skipped", "later"

_AT_ONCE = 500  # papers that are read by one statement
_SHORT = 2  # letters of a word that begins too many others
_NEWEST = "first_seen DESC, name DESC"
_SKIPPED = """FROM decisions JOIN papers USING (name) JOIN sketches ON sketches.id = papers.id
  WHERE what = ? AND decided = what ORDER BY decisions.id DESC LIMIT ?"""
_COLUMNS = "name, first_seen, decided, decided_version, row"


class Decision(Struct, frozen=True):
    """What was decided of a paper, in which version, and when: PICKED, SKIPPED or LATER.

    ``issue`` and ``section`` are where a pick went, ``made`` the paths that were written for it; ``number`` is what the inbox counts it by.
    """

    name: str
    what: str
    version: int | None
    day: dt.date
    issue: str = ""
    section: str = ""
    made: tuple[str, ...] = ()
    number: int = 0


class Candidate(Struct, frozen=True):
    """A paper of the inbox; ``decided`` is what became of it, empty where nothing has."""

    paper: Paper
    first_seen: dt.date
    decided: str = ""
    decided_version: int | None = None

    @property
    def is_revised(self) -> bool:
        """Whether there is a newer version than the one that was decided on."""
        return bool(self.decided and self.decided_version and (self.paper.id.version or 0) > self.decided_version)


class Slip(NamedTuple):
    """What a listing needs of a paper, to put it into its place."""

    name: str
    votes: int | None
    news: dt.date | None


class _Days(dict[str, dt.date]):
    """Days as they are written; many papers have the same."""

    def __missing__(self, text: str) -> dt.date:
        self[text] = dt.date.fromisoformat(text)
        return self[text]


class Asked(Struct, frozen=True):
    """Which papers are asked for: of which states (none for all), with which words, in a category, seen since a day."""

    states: tuple[str, ...] = ("",)
    words: str = ""
    category: str = ""
    since: dt.date | None = None
    revised: bool = False  # only those of which a newer version is known than the one decided on


class Inbox(Account):
    """The inbox of a digest: its papers, and what was decided of them."""

    def put(self, papers: Iterable[Paper], today: dt.date) -> dict[str, str]:
        """Keep papers, all or none; return by name what became of each: ``new``, ``updated`` or ``unchanged``."""
        states: dict[str, str] = {}
        gained, lost = [], []
        with self._writing() as cursor:
            for paper in papers:
                known = cursor.execute("SELECT id, row FROM papers WHERE name = ?", (paper.id.name,)).fetchone()
                if not known:
                    gained.append(add(cursor, paper, today.isoformat()))
                    states[paper.id.name] = "new"
                    continue
                before = paper_from(json.loads(known[1]))
                whole = merged(before, paper)
                states.setdefault(paper.id.name, "unchanged" if whole == before else "updated")
                if whole != before:
                    new, old = replace(cursor, known[0], before, whole)
                    gained.append(new)
                    lost.append(old)
            if gained:
                count(cursor, gained, lost)
        return states

    def put_links(self, links: Iterable[Link], today: dt.date) -> list[str]:
        """Keep links, all or none; return the addresses of those that were new."""
        with self._writing() as cursor:
            statement = "INSERT INTO links VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING"
            return [one.url for one in links if cursor.execute(statement, (one.url, today.isoformat(), json.dumps(asdict(one)))).rowcount]

    def links(self, most: int, since: dt.date | None = None) -> list[Link]:
        """Return the links that were first seen from a day on, what was seen last first, so many at most."""
        text = "SELECT link FROM links WHERE first_seen >= ? ORDER BY first_seen DESC, url LIMIT ?"
        with self._reading() as cursor:
            return [Link(**json.loads(row)) for (row,) in cursor.execute(text, ((since or dt.date.min).isoformat(), most))]

    def link(self, url: str) -> Link | None:
        """Return the link of an address; None where it was never seen."""
        with self._reading() as cursor:
            row = cursor.execute("SELECT link FROM links WHERE url = ?", (url,)).fetchone()
            return Link(**json.loads(row[0])) if row else None

    def papers(self) -> list[Paper]:
        """Return every paper, by name."""
        with self._reading() as cursor:
            return [paper_from(json.loads(row)) for (row,) in cursor.execute("SELECT row FROM papers ORDER BY name")]

    def find(self, name: str) -> Candidate | None:
        """Return the paper of a name; None where it was never seen."""
        with self._reading() as cursor:
            row = cursor.execute(f"SELECT {_COLUMNS} FROM papers WHERE name = ?", (name,)).fetchone()  # noqa: S608 - columns of ours
            return _candidate(row) if row else None

    def candidates(self, asked: Asked) -> list[Candidate]:
        """Return the papers that are asked for, what was seen last first."""
        return self.found(self.names(asked))

    def found(self, names: Iterable[str]) -> list[Candidate]:
        """Return the papers of these names, in this order, without those that were never seen."""
        return [one for one in map(self.find, names) if one]

    def names(self, asked: Asked, most: int | None = None, *, by_votes: bool = False) -> list[str]:
        """Return the names of the papers that are asked for, so many at most: what was seen last first, or those with the most votes."""
        tests, values = _tests(asked)
        text = f"SELECT name FROM papers WHERE {tests} ORDER BY {'votes DESC, name DESC' if by_votes else _NEWEST} LIMIT ?"  # noqa: S608 - values are bound
        with self._reading() as cursor:
            return [name for (name,) in cursor.execute(text, (*values, -1 if most is None else most))]

    def slips(self, asked: Asked, most: int) -> list[Slip]:
        """Return slips of the papers that are asked for, what was seen last first, so many at most."""
        tests, values = _tests(asked)
        text = f"SELECT name, votes, news FROM papers WHERE {tests} ORDER BY {_NEWEST} LIMIT ?"  # noqa: S608 - likewise
        days = _Days()
        with self._reading() as cursor:
            return [Slip(name, votes, days[news] if news else None) for name, votes, news in cursor.execute(text, (*values, most))]

    def known_as(self, names: Iterable[str]) -> dict[str, Known]:
        """Return what ranking knows of the papers of these names, in this order, as far as they were ever seen."""
        wanted = list(names)
        found: dict[str, Known] = {}
        with self._reading() as cursor:
            for part in (wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE)):
                text = f"SELECT name, sketch, votes, news FROM papers JOIN sketches USING (id) WHERE name IN ({', '.join('?' * len(part))})"  # noqa: S608 - likewise
                found |= {row[0]: self._known(*row) for row in cursor.execute(text, part)}
        return {name: found[name] for name in wanted if name in found}

    def changes(self) -> int:
        """Return a number that is another one whenever what is known of papers has changed, decisions aside."""
        return int(self.noted(CHANGES) or 0)

    def usual(self) -> Usual:
        """Return what is usual among all papers that were ever seen."""
        with self._reading() as cursor:
            return usual_in(cursor)

    def last_skipped(self, most: int) -> list[tuple[str, str]]:
        """Return the names of the papers that were skipped last, so many at most, with the day of that."""
        with self._reading() as cursor:
            return cursor.execute(f"SELECT papers.name, day {_SKIPPED}", (SKIPPED, most)).fetchall()

    def skipped(self, most: int) -> list[tuple[Known, dt.date]]:
        """Return the papers that were skipped last, so many at most, with the day of that."""
        with self._reading() as cursor:
            rows = cursor.execute(f"SELECT papers.name, sketch, votes, news, day {_SKIPPED}", (SKIPPED, most)).fetchall()
        return [(self._known(*row), dt.date.fromisoformat(day)) for *row, day in rows]

    def left(self, last: dt.date, most: int) -> list[str]:
        """Return the names of the papers that were first seen up to a day and are not decided, what was seen last first, so many at most."""
        text = f"SELECT name FROM papers WHERE decided = '' AND first_seen <= ? ORDER BY {_NEWEST} LIMIT ?"  # noqa: S608 - our own words
        with self._reading() as cursor:
            return [name for (name,) in cursor.execute(text, (last.isoformat(), most))]

    def _known(self, name: str, sketch: bytes, votes: int | None, news: str | None) -> Known:
        return Known(name, parse_sketch(sketch), partial(self._paper, name), votes, dt.date.fromisoformat(news) if news else None)

    def _paper(self, name: str) -> Paper:
        with self._reading() as cursor:
            (row,) = cursor.execute("SELECT row FROM papers WHERE name = ?", (name,)).fetchone()
            return paper_from(json.loads(row))

    def kept(self, paths: Iterable[str]) -> dict[str, tuple[str, bytes]]:
        """Return what was kept of files, each with the stamp of that file."""
        with self._reading() as cursor:
            return {path: row for path in paths for row in cursor.execute("SELECT stamp, value FROM files WHERE path = ?", (path,))}

    def keep(self, values: Mapping[str, tuple[str, bytes]]) -> None:
        """Keep something of files, to be read faster; where there can be no writing now, as on a disk for reading only, the next run reads them again."""
        with suppress(sqlite3.Error), self._file:
            self._file.execute("PRAGMA busy_timeout = 0")
            self._file.executemany("REPLACE INTO files VALUES (?, ?, ?)", ((path, *value) for path, value in values.items()))
        self._file.execute("PRAGMA busy_timeout = 30000")

    def counts(self) -> dict[str, int]:
        """Return how many papers were seen, by what became of them; an empty name for those that are not decided."""
        with self._reading() as cursor:
            return dict(cursor.execute("SELECT decided, count(*) FROM papers GROUP BY decided").fetchall())

    def waiting(self, names: Iterable[str]) -> int:
        """Return how many papers of these names were seen and not decided."""
        with self._reading() as cursor:
            return sum(len(cursor.execute("SELECT 1 FROM papers WHERE name = ? AND decided = ''", (name,)).fetchall()) for name in names)

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Keep what was decided, all or none, each in place of what was before. KeyError for a paper that was never seen."""
        with self._writing() as cursor:
            for one in decisions:
                if not cursor.execute("SELECT 1 FROM papers WHERE name = ?", (one.name,)).fetchone():
                    raise KeyError(one.name)
                values = (one.name, one.what, one.issue, one.section, one.version, one.day.isoformat(), "\n".join(one.made))
                cursor.execute("INSERT INTO decisions (name, what, issue, section, version, day, made) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                settle(cursor, one.name)

    def last(self) -> Decision | None:
        """Return what was decided last."""
        return next(self.decisions(), None)

    def undo(self, decision: Decision) -> None:
        """Take a decision back, whatever was decided of other papers since: what was decided of that paper before holds again."""
        with self._writing() as cursor:
            cursor.execute("DELETE FROM decisions WHERE id = ?", (decision.number,))
            settle(cursor, decision.name)

    def decisions(self) -> Iterator[Decision]:
        """Yield all that was ever decided and not taken back, the last first."""
        with self._reading() as cursor:
            for number, name, what, version, day, issue, section, made in cursor.execute(
                "SELECT id, name, what, version, day, issue, section, made FROM decisions ORDER BY id DESC"
            ):
                yield Decision(name, what, version, dt.date.fromisoformat(day), issue, section, tuple(made.split("\n")) if made else (), number)


def _tests(asked: Asked) -> tuple[str, list[object]]:
    """Return what a paper has to meet in SQL, and the values in it."""
    tests, values = ["1"], list[object]()
    if asked.states:
        tests.append(f"decided IN ({', '.join('?' * len(asked.states))})")
        values += asked.states
    if words := re.findall(r"\w+", asked.words):
        tests.append("+id IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(" ".join(f'"{word}"*' if len(word) > _SHORT else f'"{word}"' for word in words))
    if asked.category:
        tests.append(r"category LIKE ? ESCAPE '\'")
        values.append("% " + re.sub(r"[\\%_]", r"\\\g<0>", asked.category) + " %")
    if asked.since:
        tests.append("first_seen >= ?")
        values.append(asked.since.isoformat())
    if asked.revised:
        tests.append("version > decided_version")
    return " AND ".join(tests), values


def _candidate(row: tuple[str, str, str, int | None, str]) -> Candidate:
    _, first_seen, decided, version, paper = row
    return Candidate(paper_from(json.loads(paper)), dt.date.fromisoformat(first_seen), decided, version)
