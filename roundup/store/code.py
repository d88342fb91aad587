"""Templates as Jinja compiled them, kept for the next run: compiling takes a third of an edit's time.

They are code, and so are kept like a program, not like a digest: in a folder of the user's own that nobody else may write, by the release
that compiled them. It is opened once and looked at as it is open; whoever may rename folders above it cannot put another in its place.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

from roundup.store.release import release
from roundup.store.writing import make_folder, make_private_folder, remove_folder, write_again

_FOLDER = "compiled"
_RELEASES = 3  # that are kept: of roundup, of Python, of a library
_IS_RELEASE = re.compile("[0-9a-f]{32}")
_SUM = 4  # bytes before the code: a stop may leave a part of it, a power cut nothing but zeros
_AS_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_AS_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Compiled(BytecodeCache):
    """The compiled templates of one edition, such as ``html``, in a folder that ``code_folder`` opened."""

    def __init__(self, folder: int, edition: str) -> None:
        self.folder, self.edition = folder, edition

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, where what is kept was compiled from the same text."""
        with contextlib.suppress(OSError), open(os.open(self._name(bucket), _AS_FILE, dir_fd=self.folder), "rb") as file:
            found = file.read() if _is_ours(os.fstat(file.fileno()), stat.S_ISREG) else b""
            if found[:_SUM] == _sum_of(found[_SUM:]):
                bucket.bytecode_from_string(found[_SUM:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where that can be."""
        code = bucket.bytecode_to_string()
        with contextlib.suppress(OSError):
            write_again(self.folder, self._name(bucket), _sum_of(code) + code)

    def _name(self, bucket: Bucket) -> str:
        return f"{self.edition}-{bucket.key}"


@contextlib.contextmanager
def code_folder(cache: str) -> Iterator[int | None]:
    """Open the folder of this release in a user's ``cache``; None where there can be none, or where others may write in it."""
    opened: list[int] = []
    try:
        with contextlib.suppress(OSError):
            make_folder(Path(cache))
            opened.append(os.open(cache, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            opened.append(_open(_FOLDER, opened[0]))
            _forget_older(opened[1])
            opened.append(_open(release(), opened[1]))
        yield opened[2] if len(opened) == 3 else None
    finally:
        for one in opened:
            os.close(one)


def _open(name: str, above: int) -> int:
    """Open a folder in another one, made where it is not there. OSError where it is not ours alone."""
    with contextlib.suppress(FileExistsError):
        make_private_folder(name, above)
    folder = os.open(name, _AS_FOLDER, dir_fd=above)
    if not _is_ours(os.fstat(folder), stat.S_ISDIR):
        os.close(folder)
        raise PermissionError(f"others may write in {name}")
    return folder


def _is_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    return is_kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _forget_older(top: int) -> None:
    """Remove releases, in a folder that is ours alone: so nobody else can have put there what has such a name."""
    with os.scandir(top) as entries:
        folders = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.name) for entry in entries if _IS_RELEASE.fullmatch(entry.name))
    for _, name in folders[: -_RELEASES + 1] if not any(name == release() for _, name in folders) else ():
        remove_folder(name, within=top)


def _sum_of(code: bytes) -> bytes:
    return zlib.crc32(code).to_bytes(_SUM, "big")
