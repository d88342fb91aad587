"""Files -> the digest, whole and on the disk or not at all. No file that is there is ever opened for writing.

``create`` and ``write_new`` make what is not there yet; ``replace_record`` alone puts a new file in an old one's place.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from roundup.errors import RefusedError
from roundup.moves import Permalinks
from roundup.records.permalinks import dump_permalinks
from roundup.store.disk import PERMALINKS, reason

LEFTOVER = ".roundup-"  # how a file is called while it is being written


def create(root: Path, files: dict[str, str]) -> None:
    """Create new files under ``root``. RefusedError, with nothing created, when one of them is there already."""
    for path in files:
        if os.path.lexists(root / path):
            raise RefusedError(f"{root / path} is there already; nothing was changed")
    for path in files:
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise RefusedError(f"{root / path} leads out of {root}, by a symbolic link; nothing was changed")
    folders = {folder for path in files for folder in (root / path).parents if not folder.exists()}
    done: list[Path] = []
    try:
        for path, text in files.items():
            write_new(root / path, text.encode("utf-8"))
            done.append(root / path)
    except (OSError, RefusedError, KeyboardInterrupt) as error:
        for full in reversed(done):  # ours, made a moment ago
            full.unlink(missing_ok=True)
        for folder in sorted(folders, reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise RefusedError(f"{error.filename or root} cannot be written: {reason(error)}; nothing was changed") from error
        raise


def write_new(path: Path, data: bytes, *, settled: bool = True) -> None:
    """Write a file that is not there yet: whole and on the disk, or not at all. It never replaces one.

    Who writes many files into a folder leaves them not ``settled``, and calls ``settle`` once for all of them.
    """
    _write(path, data, _link)
    if settled:
        settle(path.parent)


def replace_record(path: Path, data: bytes, *, settled: bool = True) -> None:
    """Write a file that is the program's own: whole and on the disk, in the place of the one before, or not at all."""
    _write(path, data, os.replace)
    if settled:
        settle(path.parent)


def keep_permalinks(root: Path, permalinks: Permalinks) -> None:
    """Write permalinks.yaml anew, or remove it when there is nothing to keep. RefusedError where that cannot be: what moved would be forgotten."""
    try:
        if permalinks == Permalinks():
            (root / PERMALINKS).unlink(missing_ok=True)
        else:
            replace_record(root / PERMALINKS, dump_permalinks(permalinks).encode())
    except OSError as error:
        what = f"{root / PERMALINKS} cannot be written: {reason(error)}; the site is built, but what moved is not noted: mend that and build again"
        raise RefusedError(what) from error


def settle(folder: Path) -> None:
    """Bring the names in a folder onto the disk, where there is such a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, data: bytes, place: Callable[[str, Path], None]) -> None:
    temporary = f"{path.parent}/{LEFTOVER}{os.getpid()}-{path.name}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(temporary, flags, 0o666)
    except (FileNotFoundError, NotADirectoryError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, flags, 0o666)
    except OSError as error:
        error.filename = str(path)  # which the user knows
        raise
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        place(temporary, path)
    except FileExistsError:
        raise RefusedError(f"{path} is there already; nothing was changed") from None
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def sweep(folder: Path) -> None:
    """Remove what a run that was killed left half-written in a folder; nobody else may be writing there."""
    for path in folder.glob(f"{LEFTOVER}*.tmp"):
        path.unlink(missing_ok=True)


def _link(temporary: str, path: Path) -> None:
    """Give the finished file its name; unlike a rename, a link fails where a file has come up meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links, as a memory stick
        if os.path.lexists(path):
            raise FileExistsError from None
        os.rename(temporary, path)
