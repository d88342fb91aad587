"""Which places of a digest have changed on disk since they were last looked at, told by asking again and again. Nothing is read."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from roundup.store.disk import CONFIG, ISSUES, PERMALINKS, is_back_up

_SHARE = 10  # looking everywhere takes one second in so many at most, however large the archive
_SETTLED_S = 0.015  # after this time a file that is being written looks other
_PATIENCE = 40  # looks at places that go on changing, as while a branch is checked out
_FILES = (CONFIG, PERMALINKS)
_TREES = ("templates", "assets")  # as deep as they are; links to folders in them are not followed
_LEVELS = 2  # an issue's files stand so far below its folder


class _Mark(NamedTuple):
    """What tells one state of a place from the next, and when a file in it last changed or went (in ns, by the disk's clock)."""

    state: int
    newest: int


_NOTHING = _Mark(0, 0)


class Watch:
    """Looks after the places of a digest: ``roundup.yaml``, ``permalinks.yaml``, ``templates``, ``assets`` and each issue's folder.

    Places that are few, that changed last or that the caller names are looked at in each call; all of them as often as their number
    allows. Times of change are compared, not times of writing, for these can be set, and a copy may keep them.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._marks: dict[str, _Mark] = {}
        self._next_sweep = 0.0

    def changed(self, near: Iterable[str] = ()) -> frozenset[str]:
        """Return the places that changed since the last call, once nobody writes there any more; at first all there are."""
        found = self._sweep() if time.monotonic() >= self._next_sweep else self._look({*_FILES, "templates", self._last(), *near})
        for _ in range(_PATIENCE):
            if not found:
                break
            time.sleep(_SETTLED_S)
            if not self._look(found):
                break
        return frozenset(found)

    def _sweep(self) -> set[str]:
        """Look everywhere."""
        began = time.monotonic()
        found = self._look({*_FILES, *_TREES, *self._marks, *(f"{ISSUES}/{entry.name}" for entry in _entries(self.root / ISSUES))})
        ended = time.monotonic()
        self._next_sweep = ended + (ended - began) * _SHARE
        return found

    def _look(self, places: Iterable[str]) -> set[str]:
        """Look at these places; return those that are not as they were."""
        found = set()
        for place in places:
            mark = _mark(f"{self.root}/{place}", None if place in _TREES else _LEVELS)
            if mark.state != self._marks.get(place, _NOTHING).state:
                found.add(place)
            self._marks[place] = mark
            if mark == _NOTHING:
                del self._marks[place]
        return found

    def _last(self) -> str:
        """Return the place that changed last, for most edits are followed by another one there."""
        return max(self._marks, key=lambda place: self._marks[place].newest, default=CONFIG)


def _mark(path: str, levels: int | None) -> _Mark:
    try:
        there = os.stat(path)
    except OSError:
        return _NOTHING  # it is not there, or is a link that leads nowhere
    if not stat.S_ISDIR(there.st_mode):
        return _Mark(hash((path, there.st_ino, there.st_size, there.st_ctime_ns)), there.st_ctime_ns)
    state, newest = hash((path, there.st_ino)), there.st_ctime_ns  # a folder changes with every file that an editor lays beside ours
    for entry in _entries(path) if levels != 0 else ():
        try:
            if entry.is_dir() and (levels or not entry.is_symlink()):
                mark = _mark(entry.path, levels and levels - 1)
            else:
                found = entry.stat()
                mark = _Mark(hash((entry.path, found.st_ino, found.st_size, found.st_ctime_ns)), found.st_ctime_ns)
        except OSError:
            mark = _Mark(hash(entry.path), 0)  # a link that leads nowhere, or a file that has just gone
        state += mark.state  # in any order
        newest = max(newest, mark.newest)
    return _Mark(state, newest)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if not is_back_up(entry.name)]
    except OSError:
        return []
