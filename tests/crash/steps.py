"""Every call of a process that changes a disk, counted; and a fault at the n-th: the process is gone, or the call fails."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

REASONS = {
    "ENOSPC": ("database or disk is full", sqlite3.SQLITE_FULL), "EIO": ("disk I/O error", sqlite3.SQLITE_IOERR),
    "EACCES": ("unable to open database file", sqlite3.SQLITE_CANTOPEN), "EROFS": ("attempt to write a readonly database", sqlite3.SQLITE_READONLY),
    "EMFILE": ("unable to open database file", sqlite3.SQLITE_CANTOPEN),
}  # fmt: skip  # as SQLite says it
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Steps:
    """The steps of this process. ``fault`` is one of ``REASONS``, ``kill`` or the name of a signal; ``at`` counts from 1.

    A kill comes before the step, or ``after`` it; an error meets one step, or all from there on when it is ``lasting``.
    """

    def __init__(self, log: int, *, fault: str = "", at: int = 0, after: bool = False, lasting: bool = False) -> None:
        self.log, self.fault, self.at, self.after, self.lasting = log, fault, at, after, lasting
        self.number = 0
        self.paths: dict[int, str] = {}  # of open handles
        self.write = os.write

    def take(self, name: str, path: object, call: Callable[[], Any], fail: Callable[[str], None], to: object = "") -> Any:
        """Make the call as one step, or meet the fault that is set on it."""
        self.number += 1
        self.write(self.log, f"{json.dumps([name, _text(path), _text(to)])}\n".encode())
        here = self.number == self.at
        if here and not self.after and self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault in REASONS and (here or (self.lasting and 0 < self.at < self.number)):
            fail(self.fault)
        try:
            return call()
        finally:
            if here and self.fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if here and self.fault.startswith("SIG"):
                os.kill(os.getpid(), getattr(signal, self.fault))

    def arm(self) -> None:
        """Count from now on, in this process and in those that it forks."""
        for name in ("unlink", "remove", "mkdir", "rmdir", "truncate"):
            self._wrap(name, lambda a: (a[0], ""))
        for name in ("replace", "rename", "link", "symlink"):
            self._wrap(name, lambda a: (a[0], a[1]))
        for name in ("fsync", "fdatasync", "ftruncate", "write", "pwrite"):
            if hasattr(os, name):
                self._wrap(name, lambda a: (self.paths.get(a[0], a[0]), ""))
        self._wrap_open()
        self._wrap_sqlite()

    def _wrap(self, name: str, told: Callable[[tuple[Any, ...]], tuple[object, object]]) -> None:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            path, to = told(arguments)

            def fail(fault: str) -> None:
                if name == "write":  # a full disk takes what it can
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise OSError(getattr(errno, fault), os.strerror(getattr(errno, fault)), *([] if isinstance(arguments[0], int) else [arguments[0]]))

            return self.take(name, path, lambda: real(*arguments, **options), fail, to)

        setattr(os, name, call)

    def _wrap_open(self) -> None:
        real_os, real_io = os.open, io.open

        def fail(path: object) -> Callable[[str], None]:
            def now(fault: str) -> None:
                raise OSError(getattr(errno, fault), os.strerror(getattr(errno, fault)), path)

            return now

        def os_open(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            def call() -> int:
                handle = real_os(path, flags, *arguments, **options)
                self.paths[handle] = _text(path)
                return handle

            return int(self.take("open", path, call, fail(path))) if flags & WRITING and path != os.devnull else call()

        def io_open(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if isinstance(file, int) or not set(mode) & set("wxa+"):
                return real_io(file, mode, *arguments, **options)
            return self.take("open", file, lambda: real_io(file, mode, *arguments, **options), fail(file))

        os.open, io.open, builtins.open = os_open, io_open, io_open  # type: ignore[assignment]

    def _wrap_sqlite(self) -> None:
        take, real = self.take, sqlite3.connect

        def fail(fault: str) -> None:
            said, code = REASONS[fault]
            error = sqlite3.OperationalError(said)
            error.sqlite_errorcode = code
            raise error

        class Cursor(sqlite3.Cursor):
            def execute(self, statement: str, *arguments: Any) -> Any:
                if statement.startswith("SELECT"):
                    return super().execute(statement, *arguments)
                return take("sqlite", statement.split(maxsplit=1)[0], lambda: sqlite3.Cursor.execute(self, statement, *arguments), fail)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def execute(self, *arguments: Any) -> Any:
                return self.cursor().execute(*arguments)

            def executemany(self, statement: str, *arguments: Any) -> Any:
                return take("sqlite", statement.split(maxsplit=1)[0], lambda: sqlite3.Connection.executemany(self, statement, *arguments), fail)

            def executescript(self, script: str) -> Any:
                return take("sqlite", "TABLES", lambda: sqlite3.Connection.executescript(self, script), fail)

            def __exit__(self, *error: Any) -> Any:
                return take("sqlite", "END", lambda: sqlite3.Connection.__exit__(self, *error), fail)

        def connect(path: Any, *arguments: Any, **options: Any) -> Any:
            if path == ":memory:":
                return real(path, *arguments, **options)
            return take("sqlite", path, lambda: real(path, *arguments, factory=Connection, **options), fail)

        sqlite3.connect = connect


def _text(path: object) -> str:
    return path if isinstance(path, str) else os.fsdecode(path) if isinstance(path, bytes | os.PathLike) else str(path)
