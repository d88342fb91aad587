"""What became of each message, in one SQLite file under ``.roundup/state``: the intention before, the outcome after.

A message is on its way from the moment in which that is on the disk. Who ends there without an outcome may have the message or not, and is
``uncertain``; nobody is sent it again unless named. So a ledger that cannot be written, is gone, or is an old copy stops the sending: beside
it stand ``sends.yaml`` in the digest, which is kept in the repository and says what was ever begun, and a mark that counts along.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from roundup.errors import Problem, PublishError, RefusedError, SourceError
from roundup.mailing.sends import Begun, dump_sends, parse_sends
from roundup.store.disk import reason
from roundup.store.writing import make_folder, open_in_place, replace_record, sweep, write_in_place

SENDS = "sends.yaml"
SENT, FAILED, SUPPRESSED, UNCERTAIN, PENDING, ON_ITS_WAY = "sent", "failed", "suppressed", "uncertain", "pending", "on its way"
STATES = (SENT, FAILED, SUPPRESSED, UNCERTAIN, PENDING)
_TABLES = """
CREATE TABLE IF NOT EXISTS sends (issue TEXT PRIMARY KEY, id TEXT NOT NULL, serial INTEGER NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mails (issue TEXT, subscriber TEXT, state TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (issue, subscriber)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS suppressed (subscriber TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
"""


class Entry(Struct, frozen=True):
    """What became of one message: a state, and what the server answered to it."""

    state: str
    answer: str = ""


class Ledger:
    """The ledger of a digest, for one issue. PublishError where it cannot be used, which is a reason to send nothing."""

    def __init__(self, root: Path, issue: str) -> None:
        self.root, self.issue = root, issue
        self.path = root / ".roundup/state/mail.sqlite"
        self.mark = root / ".roundup/state/sends" / issue
        self._serial = 0
        self._until = contextlib.ExitStack()
        self._mark = -1

    def read(self) -> tuple[bool, dict[str, Entry]]:
        """Return whether this issue was begun, and what became of whom; of who is suppressed since an earlier issue, that. It writes nothing."""
        if not os.path.lexists(self.path):
            self._refuse_others(None)
            return False, {}
        with self._telling(), contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, timeout=30)) as file:
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
            row = file.execute("SELECT id, serial FROM sends WHERE issue = ?", (self.issue,)).fetchone() if "sends" in tables else None
            self._refuse_others(row)
            if "suppressed" not in tables:
                return False, {}
            found = {who: Entry(SUPPRESSED, answer) for who, answer in file.execute("SELECT subscriber, answer FROM suppressed")}
            rows = file.execute("SELECT subscriber, state, answer FROM mails WHERE issue = ?", (self.issue,))
            found |= {who: Entry(UNCERTAIN if state == ON_ITS_WAY else state, answer) for who, state, answer in rows}
            return row is not None, found

    def begin(self, send_id: str, day: str, content: str) -> bool:
        """Make ready to write, and note down that the issue is being sent; ``send_id`` names a first run. Tell whether the content is other than then."""
        with self._telling():
            sweep(self.root)
            make_folder(self.path.parent)
            if self.path.exists() and not self.path.stat().st_mode & 0o222:
                raise PublishError(f"{self.path} is read-only; without it nothing is sent, so mend that first")  # who is root could write it all the same
            self._file = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._until.callback(self._file.close)
            self._file.execute("PRAGMA journal_mode = WAL")  # one wait for the disk in place of three: 2.5 ms a message in place of 10
            self._file.execute("PRAGMA synchronous = FULL")  # and that one at each commit
            self._file.executescript(_TABLES)
            row = self._file.execute("SELECT id, serial FROM sends WHERE issue = ?", (self.issue,)).fetchone()
            self._refuse_others(row)
            before = self._file.execute("SELECT content FROM sends WHERE issue = ?", (self.issue,)).fetchone()
            self._serial = row[1] if row else 0
            self._id = row[0] if row else send_id
            with self._transaction():
                statement = "INSERT INTO sends VALUES (?, ?, 0, ?) ON CONFLICT (issue) DO UPDATE SET content = excluded.content"
                self._file.execute(statement, (self.issue, self._id, content))
                self._file.execute("UPDATE mails SET state = ? WHERE issue = ? AND state = ?", (UNCERTAIN, self.issue, ON_ITS_WAY))
            begun = self._sends()
            if self.issue not in begun:  # after the ledger, so that it never tells of a send that the ledger does not know
                replace_record(self.root / SENDS, dump_sends({**begun, self.issue: Begun(self._id, day)}).encode())
            self._mark = open_in_place(self.mark, 0o644)
            self._until.callback(os.close, self._mark)
            self._count()
            return before is not None and before[0] != content

    def note(self, *entries: tuple[str, Entry], suppress: bool = False) -> None:
        """Write down what became of subscribers, all or none: when this returns it is on the disk. Those to ``suppress`` get no later issue either."""
        statement = "INSERT INTO mails VALUES (?, ?, ?, ?) ON CONFLICT (issue, subscriber) DO UPDATE SET state = excluded.state, answer = excluded.answer"
        with self._telling(), self._transaction():
            for who, entry in entries:
                self._file.execute(statement, (self.issue, who, entry.state, entry.answer))
                if entry.state == SENT:
                    self._file.execute("DELETE FROM suppressed WHERE subscriber = ?", (who,))  # somebody named them, and the mailbox is there again
                if suppress and entry.state == FAILED:
                    self._file.execute("INSERT INTO suppressed VALUES (?, ?) ON CONFLICT DO NOTHING", (who, entry.answer))

    def forgive(self, people: Iterable[str]) -> None:
        """Let people wait again who were turned away for what was no fault of theirs, and suppress none of them."""
        with self._telling(), self._transaction():
            for who in people:
                self._file.execute("UPDATE mails SET state = ? WHERE issue = ? AND subscriber = ?", (PENDING, self.issue, who))
                self._file.execute("DELETE FROM suppressed WHERE subscriber = ?", (who,))

    def close(self) -> None:
        """Leave the ledger, and say in ``sends.yaml`` how much it knows."""
        if self._mark >= 0 and self.issue in (begun := self._sends()):
            now = replace(begun[self.issue], serial=self._serial)
            with self._telling():
                replace_record(self.root / SENDS, dump_sends({**begun, self.issue: now}).encode())
        self._until.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._serial += 1
            self._file.execute("UPDATE sends SET serial = ? WHERE issue = ?", (self._serial, self.issue))
            self._file.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            raise
        self._count()

    def _count(self) -> None:
        """Let the mark beside the ledger count along. It is behind by one after a fault at this point, and never ahead."""
        if self._mark >= 0:
            write_in_place(self._mark, f"{self._id} {self._serial:012}\n", self.mark)

    def _refuse_others(self, row: tuple[str, int] | None) -> None:
        """Refuse to go on from a ledger that knows less than what stands beside it."""
        begun = self._sends().get(self.issue)
        if begun and begun.via:
            raise RefusedError(told_handed(self.issue, begun))
        try:
            send_id, _, serial = self.mark.read_text(encoding="ascii").strip().partition(" ")
            marked = (send_id, int(serial))
        except (FileNotFoundError, ValueError):
            marked = ("", 0)
        except OSError as error:
            raise PublishError(f"{self.mark} cannot be read: {reason(error)}; nothing was sent") from error
        twice = f"take {self.issue} out of {SENDS} and out of {self.mark.parent}, and some are mailed twice"
        mend = f"put the newest copy back (or {twice}); nothing was sent"
        if row is None and (begun or marked[0]):
            raise PublishError(f"{self.path} is gone, or of another clone: it knows nothing of {self.issue}, and sending that was begun; {mend}")
        if row and ((begun and (begun.id != row[0] or begun.serial > row[1])) or (marked[0] and (marked[0] != row[0] or marked[1] > row[1]))):
            raise PublishError(f"{self.path} is an old copy, or of another clone: more of {self.issue} was sent than it knows; {mend}")

    def _sends(self) -> dict[str, Begun]:
        return read_sends(self.root)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise PublishError(f"{self.path} cannot be used: {str(error).lower()}; without it nothing is sent, so mend that first") from error
        except OSError as error:
            raise PublishError(f"{error.filename or self.path} cannot be written: {reason(error)}; without it nothing is sent, so mend that first") from error


def read_sends(root: Path) -> dict[str, Begun]:
    """Return which issues were sent, or handed to a service, by what the digest says. PublishError and SourceError where it cannot be read."""
    path = root / SENDS
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is no UTF-8"
        raise PublishError(f"{path} cannot be read: {why}; nothing was sent") from error
    problems: list[Problem] = []
    found = parse_sends(text, SENDS, problems)
    if problems:
        raise SourceError(problems)
    return found


def told_handed(issue: str, begun: Begun) -> str:
    """Return why an issue that a service has goes no other way."""
    mend = f"it can go another way once it is deleted there and taken out of {SENDS}"
    return f"{issue} was handed to {begun.via} on {begun.day}; nothing was sent twice, and {mend}"


def books(people: Iterable[str], entries: Mapping[str, Entry]) -> dict[str, int]:
    """Return how many of the people on a list are in which state; together they are all of them."""
    counted = dict.fromkeys(STATES, 0)
    for who in people:
        counted[entries[who].state if who in entries else PENDING] += 1
    return counted
