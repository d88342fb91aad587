"""The one place that writes: files that are whole or not there, folders, names taken away. No other module opens a file for writing.

**Data** is what cannot be had again: words, records, what has moved. It is on the disk, name and all, before a command says so,
and no file that is there is ever opened: ``write_new`` makes what is not there yet, ``replace_record`` alone puts a new file in an
old one's place. **Output** can be made again: ``put`` makes it whole, and leaves to the system when it comes onto the disk.
What a stop leaves half-written is called ``.roundup-PROCESS-….tmp``; nothing reads it, and ``sweep`` takes it away once that process has ended.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roundup.errors import RefusedError

if TYPE_CHECKING:
    import tempfile

_PREFIX, _ENDING = ".roundup-", ".tmp"  # how a file is called while it is being written
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SWAP, _HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux; RENAME_SWAP of macOS is the same number


# ---- data ----


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


def settle(folder: Path) -> None:
    """Bring the names in a folder onto the disk, where there is such a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        _name(error, folder)
        raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder for data, and those above it, where there are none; their names are on the disk."""
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        settle(one.parent)


def make_private_folder(name: str, within: int) -> None:
    """Make a folder, in one that is open, in which nobody but the user may do anything."""
    os.mkdir(name, 0o700, dir_fd=within)


def open_in_place(path: Path, mode: int) -> int:
    """Return a handle on a file that is written where it stands, as locks and stamps are: a line, of no worth to any later run. A link is not followed."""
    make_folder(path.parent)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def write_in_place(handle: int, text: str, path: Path) -> None:
    """Write the line of a file that was opened so; it is as long as the one before."""
    try:
        os.pwrite(handle, text.encode(), 0)
    except OSError as error:
        _name(error, path)
        raise


# ---- output ----


def put(folder: str, path: str, data: bytes) -> None:
    """Make a file of an output ``folder`` hold ``data``: the whole old one is there, or the whole new one.

    It is written at the top of the folder, so that a sweep need look nowhere else, and renamed to where it belongs.
    """
    temporary, target = _temporary(folder), f"{folder}/{path}"
    try:
        _fill(temporary, data)
        try:
            os.replace(temporary, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(temporary, target)
    except BaseException as error:
        _forget(temporary)
        _name(error, target)
        raise


def write_again(within: int, name: str, data: bytes) -> None:
    """Write a file anew into a folder that is open. It is not whole at once: who reads it has to tell."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=within)
    _fill(name, data, within=within)


def staging_folder(folder: str, prefix: str) -> str:
    """Return a new folder in an output ``folder``, for ``draft``; whoever made it removes it."""
    import tempfile  # here and below: most runs write a file or two, and need neither this nor shutil

    return tempfile.mkdtemp(prefix=prefix, dir=folder)


def draft(staging: str, path: str, data: bytes) -> None:
    """Make a file in a staging folder, which nobody reads before it is whole."""
    target = f"{staging}/{path}"
    try:
        try:
            _fill(target, data)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _fill(target, data)
    except OSError as error:
        _name(error, target)
        raise


def move(staged: str, target: str) -> None:
    """Put a file or a folder from a staging folder into its place, in one step."""
    try:
        try:
            os.replace(staged, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(staged, target)
    except OSError as error:
        _name(error, target)
        raise


def folder_like(folder: str, model: str) -> None:
    """Make a folder that all may do with what they may do with another one."""
    os.mkdir(folder)
    found = os.stat(model)
    os.chmod(folder, stat.S_IMODE(found.st_mode))
    with contextlib.suppress(PermissionError):  # only root gives folders away
        os.chown(folder, found.st_uid, found.st_gid)


def link(path: str, target: str) -> None:
    """Give a file another name, by which it stays when the first goes; nothing that is written through either gets lost."""
    os.link(path, target, follow_symlinks=False)


def exchange(one: str, other: str) -> None:
    """Let two folders change places, in one step; OSError where the system, or the disk, has no such step."""
    import ctypes  # which nothing else needs

    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        done = libc.renamex_np(os.fsencode(one), os.fsencode(other), _SWAP)
    elif hasattr(libc, "renameat2"):
        done = libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _SWAP)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), other)
    if done:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), other)


def settle_all() -> None:
    """Bring onto the disk whatever was written so far."""
    os.sync()


def passing_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder of the system's that goes when nobody holds it any more."""
    import tempfile

    return tempfile.TemporaryDirectory(prefix="roundup-")


# ---- both ----


def remove(path: str | Path) -> None:
    """Remove a file, or a link; nothing where there is none."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_empty(folder: str | Path) -> bool:
    """Remove a folder in which nothing is left; tell whether it went."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True


def remove_folder(folder: str | Path, within: int | None = None) -> None:
    """Remove a folder of ours with all that is in it; what cannot be removed now is swept another time."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True, dir_fd=within)


def sweep(folder: str | Path) -> None:
    """Remove what runs that were stopped left half-written in a folder. What a run that goes on is writing stays, whatever lock it holds."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_ENDING) and not _is_at_work(entry.name) and entry.is_file(follow_symlinks=False):
                _forget(entry.path)


def _write(path: Path, data: bytes, place: Callable[[str, Path], None]) -> None:
    temporary = _temporary(path.parent)
    make_folder(path.parent)
    try:
        _fill(temporary, data, durable=True)
        place(temporary, path)
    except FileExistsError:
        raise RefusedError(f"{path} is there already; nothing was changed") from None
    except OSError as error:
        _name(error, path)
        raise
    finally:
        _forget(temporary)


def _temporary(folder: str | Path) -> str:
    return f"{folder}/{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}{_ENDING}"


def _is_at_work(name: str) -> bool:
    """Tell whether another process that is writing a file of this name may still be at it."""
    number = name.removeprefix(_PREFIX).partition("-")[0]
    if not number.isdecimal() or int(number) in (0, os.getpid()):  # 0 is nobody's, and in a container all may have the same
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _fill(path: str, data: bytes, *, durable: bool = False, within: int | None = None) -> None:
    handle = os.open(path, _NEW, 0o666 if within is None else 0o600, dir_fd=within)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)


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


def _name(error: BaseException, path: str | Path) -> None:
    """Let an error tell of the file that the user knows."""
    if isinstance(error, OSError):
        error.filename, error.filename2 = str(path), None


def _forget(temporary: str) -> None:
    """Remove what is half-written; what cannot be removed now is in nobody's way, and swept another time."""
    with contextlib.suppress(OSError):
        os.unlink(temporary)
