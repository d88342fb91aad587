"""What was read of a digest and worked out from it, kept in ``.roundup/cache/built`` for the next run. It may vanish at any time.

Each file says what it was made of; what does not fit, or cannot be read, is made anew. A cache that was not begun on this disk, as one
that comes in a pull request, is thrown away: it could hold pages.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Container
from pathlib import Path
from typing import Any

import msgspec

from roundup.store.writing import make_folder, passing_folder, put, remove, remove_folder, sweep

FOLDER = ".roundup/cache/built"
_CLOCK = "clock"  # written to ask the disk for its time
_ROOTED, _ROOT = "here", "here.txt"  # a file, and what only this disk can say of it


class Memory:
    """The files of a cache; where there can be none, as on a disk that is read-only, in a folder of the system's that goes with the run."""

    def __init__(self, root: Path) -> None:
        self.folder = f"{root}/{FOLDER}"
        try:
            if any((root / part).is_symlink() for part in (".roundup", ".roundup/cache", FOLDER)):
                raise OSError("a link leads elsewhere")
            self._begin()
            self._tick()
        except OSError:
            self._pass()

    def _begin(self) -> None:
        make_folder(Path(self.folder))
        if not self._is_from_here():
            self._begin_anew()

    def _pass(self) -> None:
        self._passing = passing_folder()
        self.folder = self._passing.name

    def _is_from_here(self) -> bool:
        """Tell whether the folder was begun on this disk. One that came by a checkout, or in an archive, may hold what others want us to publish."""
        try:
            found = os.lstat(f"{self.folder}/{_ROOTED}")
        except OSError:
            return False
        return self.get(_ROOT) == f"{found.st_ino} {found.st_ctime_ns}".encode()  # which nobody can foretell

    def _begin_anew(self) -> None:
        for entry in list(os.scandir(self.folder)):
            if entry.is_dir(follow_symlinks=False):
                remove_folder(entry.path)
            else:
                remove(entry.path)
        put(self.folder, _ROOTED, b"")
        found = os.lstat(f"{self.folder}/{_ROOTED}")
        put(self.folder, _ROOT, f"{found.st_ino} {found.st_ctime_ns}".encode())

    def sweep(self) -> None:
        """Remove what a run that was stopped left half-written; only who has the digest's lock may."""
        sweep(self.folder)

    def now(self) -> int:
        """Return the time of the disk, in ns."""
        try:
            return self._tick()
        except FileNotFoundError:  # somebody emptied the cache while a preview stands
            with contextlib.suppress(OSError):
                self._begin()
                return self._tick()
        except OSError:  # of a disk that was filled, or made read-only, meanwhile
            pass
        self._pass()
        return self._tick()

    def _tick(self) -> int:
        put(self.folder, _CLOCK, b"")
        return os.stat(f"{self.folder}/{_CLOCK}").st_ctime_ns

    def path(self, name: str) -> str:
        """Return where a file stands that somebody else keeps whole."""
        return f"{self.folder}/{name}"

    def get(self, name: str) -> bytes | None:
        """Return what was kept under a name; None where nothing is."""
        try:
            with open(f"{self.folder}/{name}", "rb") as file:
                return file.read()
        except OSError:
            return None

    def keep(self, name: str, data: bytes) -> None:
        """Keep something under a name; a disk that is full or read-only is no reason to stop, for the next run can do without."""
        keep(self.folder, name, data)

    def forget_all_but(self, folder: str, names: Container[str]) -> None:
        """Forget what is kept in a folder of the memory under other names."""
        with contextlib.suppress(OSError):
            for name in os.listdir(f"{self.folder}/{folder}"):
                if name not in names:
                    remove(f"{self.folder}/{folder}/{name}")

    def value(self, name: str, made_of: str) -> Any:
        """Return the value that was kept under a name, if it was made of the same; None otherwise."""
        data = self.get(name)
        first, _, rest = (data or b"").partition(b"\n")
        if first != made_of.encode():
            return None
        try:
            return from_plain(rest)
        except ValueError:
            return None

    def keep_value(self, name: str, made_of: str, value: Any) -> None:
        """Keep a value of plain data under a name, and what it was made of: a hash."""
        self.keep(name, made_of.encode() + b"\n" + plain(value))


def keep(folder: str, name: str, data: bytes) -> None:
    """Keep something in the folder of a memory, as its method does."""
    with contextlib.suppress(OSError):
        put(folder, name, data)


def plain(value: Any) -> bytes:
    """Return plain data as JSON on one line."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # the name of a file that is no Unicode
        return json.dumps(value).encode()


def from_plain(data: bytes) -> Any:
    """Return the data that ``plain`` wrote; ValueError for anything else."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:  # half a surrogate pair is nothing to it
        return json.loads(data)
