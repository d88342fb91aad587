"""Which files of a digest may have changed since they were last read: by the times and sizes of files, without opening one.

What counts is the time that nobody can set (``ctime``): a file that came by a checkout or an unpacking never looks as if it had been
read here. 51,000 files are looked at in a tenth of a second; hence the numbers are summed up by folder, and names are left to the
folder's own time.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from roundup.store.disk import ISSUES

TICK = 20_000_000  # ns: two changes of a file within so short a time may have one time


Stamps = dict[str, str]
Ahead = Callable[[Callable[[Sequence[str]], list[str]], Sequence[str]], AbstractContextManager[Callable[[], list[str]]]]


def stamps_of(root: Path, now: int) -> Stamps:
    """Return a stamp for each folder of issues/. ``now`` is the time of the disk in ns: of what changed just then nobody can tell whether it has since."""
    return {name: stamp_of(root, name, now) for name in _folders(root)}


@contextmanager
def looking(root: Path, now: int, ahead: Ahead) -> Iterator[Callable[[], Stamps]]:
    """Begin to look at the folders, ``ahead`` of who asks for their stamps later."""
    names = _folders(root)
    with ahead(lambda some: [stamp_of(root, name, now) for name in some], names) as found:
        yield lambda: dict(zip(names, found(), strict=True))


def _folders(root: Path) -> list[str]:
    try:
        return sorted(os.listdir(f"{root}/{ISSUES}"))
    except OSError:
        return []  # who reads it tells why it cannot be read


def stamp_of(root: Path, name: str, now: int) -> str:
    """Return the stamp of a folder of issues/; nothing where something in it changed a moment ago."""
    rows: list[str] = []
    newest = _look(f"{root}/{ISSUES}/{name}", rows)
    return "" if newest > now - TICK else ";".join(rows)


def _look(path: str, rows: list[str]) -> int:
    """Add a row for a file, or one for each folder from this one down. Return the newest time; a link counts as new, for what it leads to may change unseen."""
    try:
        here = os.lstat(path)
    except OSError:
        rows.append("none")
        return 0
    rows.append(f"{here.st_mode},{here.st_ino},{here.st_size},{here.st_mtime_ns},{here.st_ctime_ns}")
    if stat.S_ISLNK(here.st_mode):
        return 1 << 63
    if not stat.S_ISDIR(here.st_mode):
        return here.st_ctime_ns
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 1 << 63
    try:
        names = os.listdir(handle)
        found = [os.stat(name, dir_fd=handle, follow_symlinks=False) for name in names]
    except OSError:
        return 1 << 63  # one that has just gone
    finally:
        os.close(handle)
    times = [one.st_ctime_ns for one in found]
    rows.append(f"{len(times)},{sum(times)},{sum([one.st_size for one in found])},{sum([one.st_ino for one in found])}")
    newest = max(times, default=0)
    if not {stat.S_IFMT(mode) for mode in {one.st_mode for one in found}} <= {stat.S_IFREG}:
        inner = sorted(name for name, one in zip(names, found, strict=True) if not stat.S_ISREG(one.st_mode))
        return max(newest, here.st_ctime_ns, *(_look(f"{path}/{name}", rows) for name in inner))
    return max(newest, here.st_ctime_ns)
