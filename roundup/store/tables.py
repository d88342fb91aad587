"""The tables of the inbox: how they are made, or taken over from an older release, and how a paper stands in them.

What can be worked out from a paper stands beside it, so that listings need not read it: its days, and the sketch by which it is ranked.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from array import array
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from roundup.errors import RefusedError
from roundup.paper import Paper, day
from roundup.ranking import Sketch, Usual, dump_sketch, parse_sketch, sketched
from roundup.records.papers import parse_paper
from roundup.store.plain import paper_from, paper_row
from roundup.text.accents import accented
from roundup.text.visible import visible

RELEASE = 2  # of the tables, and of the sketches in them
_TABLES = """
CREATE TABLE papers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER, first_seen TEXT NOT NULL, category TEXT NOT NULL, votes INTEGER,
  decided TEXT NOT NULL DEFAULT '', decided_version INTEGER, row TEXT NOT NULL);
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, what TEXT NOT NULL, issue TEXT NOT NULL, section TEXT NOT NULL, version INTEGER, day TEXT NOT NULL,
  made TEXT NOT NULL);
CREATE INDEX decided ON decisions (name, id);
CREATE TABLE batches (
  id INTEGER PRIMARY KEY, read TEXT NOT NULL, day TEXT NOT NULL, categories TEXT NOT NULL, papers TEXT NOT NULL, quiet INTEGER NOT NULL,
  UNIQUE (read, day, categories));
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (title, authors, abstract, content = '', tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE IF NOT EXISTS links (url TEXT PRIMARY KEY, first_seen TEXT NOT NULL, link TEXT NOT NULL)
"""
# A listing reads these alone: one index, which has all that it asks for, the sketches of what it ranks,
# and of files of the digest what was read of them. The last two are of what arXiv itself counts.
_LISTINGS = """
DROP INDEX IF EXISTS undecided;
ALTER TABLE papers ADD COLUMN news TEXT;
ALTER TABLE papers ADD COLUMN announced TEXT NOT NULL DEFAULT '';
CREATE INDEX listed ON papers (decided, first_seen, name, category, votes, news, version, decided_version);
CREATE INDEX seen ON papers (first_seen, name, category, decided, version, decided_version);
CREATE INDEX announced ON papers (announced, category, decided) WHERE announced != '';
CREATE INDEX dated ON papers (CASE WHEN announced = '' THEN first_seen ELSE substr(announced, 1, 10) END, name);
CREATE TABLE sketches (id INTEGER PRIMARY KEY, sketch BLOB NOT NULL);
CREATE TABLE usual (papers INTEGER NOT NULL, length INTEGER NOT NULL, found BLOB NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS counts (category TEXT, day TEXT, read TEXT NOT NULL, counted INTEGER NOT NULL, had INTEGER NOT NULL, PRIMARY KEY (category, day));
CREATE TABLE IF NOT EXISTS searches (category TEXT, day TEXT, PRIMARY KEY (category, day))
"""
_WORDS_OF = "INSERT INTO words (rowid, title, authors, abstract) VALUES (?, ?, ?, ?)"
CHANGES = "changes"  # under which is noted how often papers came or changed


def prepare(file: sqlite3.Connection, path: Path) -> None:
    """Make the tables, once; what an older release of roundup kept is taken over, all or nothing."""
    if _release(file, path) == RELEASE:
        return
    before, file.isolation_level = file.isolation_level, None
    with closing(file.cursor()) as cursor:
        cursor.execute("BEGIN EXCLUSIVE")
        release = _release(file, path)  # another run may have done it since
        if release == 0:
            _begin(cursor)
        elif release < RELEASE:
            _do(cursor, _LISTINGS)
            cursor.execute("INSERT INTO words (words) VALUES ('delete-all')")
            rows = cursor.execute("SELECT id, row FROM papers").fetchall()
            count(cursor, (_take_over(cursor, place, paper_from(json.loads(row))) for place, row in rows))
        cursor.execute(f"PRAGMA user_version = {RELEASE}")
        cursor.execute("COMMIT")
    file.isolation_level = before


def _release(file: sqlite3.Connection, path: Path) -> int:
    (release,) = file.execute("PRAGMA user_version").fetchone()
    if release > RELEASE:
        raise RefusedError(f"{path} was written by a newer roundup; install that")
    return int(release)


def _begin(cursor: sqlite3.Cursor) -> None:
    """Make all tables, and put into them what the first release kept in one."""
    known = cursor.execute("SELECT name FROM sqlite_master WHERE name = 'papers'").fetchone()
    before = cursor.execute("SELECT record, first_seen FROM papers ORDER BY name").fetchall() if known else []
    if known:
        cursor.execute("DROP TABLE papers")
    _do(cursor, _TABLES)
    _do(cursor, _LISTINGS)
    papers = ((parse_paper(record, "the inbox", []), first_seen) for record, first_seen in before)
    count(cursor, (add(cursor, paper, first_seen) for paper, first_seen in papers if paper))


def _take_over(cursor: sqlite3.Cursor, place: int, paper: Paper) -> Sketch:
    """Write what follows from a paper of the release before. Return its sketch."""
    cursor.execute(_WORDS_OF, (place, *_words(paper)))
    return _describe(cursor, place, paper)


def _do(cursor: sqlite3.Cursor, statements: str) -> None:
    for statement in statements.split(";\n"):
        cursor.execute(statement)


def add(cursor: sqlite3.Cursor, paper: Paper, first_seen: str) -> Sketch:
    """Put a paper into the tables that was not there. Return its sketch, to be counted."""
    values = (paper.id.name, paper.id.version, first_seen, _categories(paper), paper.votes, _plain(paper), _news(paper), _announced(paper))
    statement = "INSERT INTO papers (name, version, first_seen, category, votes, row, news, announced) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    place = cursor.execute(statement, values).lastrowid or 0
    cursor.execute(_WORDS_OF, (place, *_words(paper)))
    sketch = sketched(paper)
    cursor.execute("INSERT INTO sketches VALUES (?, ?)", (place, dump_sketch(sketch)))
    return sketch


def replace(cursor: sqlite3.Cursor, place: int, before: Paper, paper: Paper) -> tuple[Sketch, Sketch]:
    """Put a paper into the place of what was known of it before. Return its sketches, as it is and as it was, to be counted."""
    (lost,) = cursor.execute("SELECT sketch FROM sketches WHERE id = ?", (place,)).fetchone()
    values = (paper.id.version, _categories(paper), paper.votes, _plain(paper), place)
    cursor.execute("UPDATE papers SET version = ?, category = ?, votes = ?, row = ? WHERE id = ?", values)
    if (old := _words(before)) != (new := _words(paper)):  # the index keeps no text, and has to be told what to forget
        cursor.execute("INSERT INTO words (words, rowid, title, authors, abstract) VALUES ('delete', ?, ?, ?, ?)", (place, *old))
        cursor.execute(_WORDS_OF, (place, *new))
    return _describe(cursor, place, paper), parse_sketch(lost)


def _describe(cursor: sqlite3.Cursor, place: int, paper: Paper) -> Sketch:
    """Write anew what follows from a paper. Return its sketch."""
    cursor.execute("UPDATE papers SET news = ?, announced = ? WHERE id = ?", (_news(paper), _announced(paper), place))
    sketch = sketched(paper)
    cursor.execute("REPLACE INTO sketches VALUES (?, ?)", (place, dump_sketch(sketch)))
    return sketch


def usual_in(cursor: sqlite3.Cursor) -> Usual:
    """Return what is usual among all papers."""
    row = cursor.execute("SELECT papers, length, found FROM usual").fetchone()
    return Usual(row[0], row[1], array("I", zlib.decompress(row[2]))) if row else Usual()


def count(cursor: sqlite3.Cursor, gained: Iterable[Sketch], lost: Iterable[Sketch] = ()) -> None:
    """Keep what is usual among papers, of which those of some sketches came, and those of others went; and that something changed."""
    found = usual_in(cursor).changed(gained, lost)
    cursor.execute("DELETE FROM usual")
    cursor.execute("INSERT INTO usual VALUES (?, ?, ?)", (found.papers, found.length, zlib.compress(found.found, 1)))
    cursor.execute("INSERT INTO notes VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (CHANGES,))


def _news(paper: Paper) -> str | None:
    moment = paper.announced or paper.submitted
    return day(moment).isoformat() if moment else None


def _announced(paper: Paper) -> str:
    """Return the days on which arXiv announced a paper, a replacement aside, which is no announcement of it."""
    days = {one.announced for one in paper.seen if one.source == "arxiv" and one.announced and not one.type.startswith("replace")}
    return " ".join(one.isoformat() for one in sorted(days))


def settle(cursor: sqlite3.Cursor, name: str) -> None:
    """Write beside a paper what holds of it now."""
    row = cursor.execute("SELECT what, version FROM decisions WHERE name = ? ORDER BY id DESC LIMIT 1", (name,)).fetchone() or ("", None)
    cursor.execute("UPDATE papers SET decided = ?, decided_version = ? WHERE name = ?", (*row, name))


def _categories(paper: Paper) -> str:
    return f" {' '.join(paper.categories)} "


def _plain(paper: Paper) -> str:
    *row, _ = paper_row(paper)
    return json.dumps([*row, ("", None)])  # a place in an answer means nothing here


def _words(paper: Paper) -> tuple[str, str, str]:
    """Return the words by which a paper is found."""
    return _letters(paper.title), " ".join(_letters(author.name) for author in paper.authors), _letters(paper.abstract)


def _letters(text: str) -> str:
    """Return a text as its words are looked for. Formulas stay as authors typed them: readers type alpha, too, and to set a thousand takes a second."""
    return visible(accented(text) if "\\" in text else text)
