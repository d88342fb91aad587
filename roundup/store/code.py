"""Templates as Jinja compiled them, kept for the next run: compiling takes a third of an edit's time.

They are code, and so are kept like a program, not like a digest: in a folder of the user's own, where nobody else may write. There they
stand by the release that compiled them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zlib

from jinja2.bccache import Bucket, BytecodeCache

from roundup.store.release import release
from roundup.store.writing import draft, make_private_folder, remove, remove_folder

_RELEASES = 3  # that are kept: of roundup, of Python, of a library
_SUM = 4  # bytes before the code: a stop may leave a part of it, a power cut nothing but zeros


class Compiled(BytecodeCache):
    """The compiled templates of one edition, such as ``html``, in a folder that ``code_folder`` gave."""

    def __init__(self, folder: str, edition: str) -> None:
        self.folder, self.edition = folder, edition

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, where what is kept was compiled from the same text."""
        with contextlib.suppress(OSError), open(self._path(bucket), "rb") as file:
            found = file.read()
            if found[:_SUM] == _sum_of(found[_SUM:]):
                bucket.bytecode_from_string(found[_SUM:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where that can be."""
        code = bucket.bytecode_to_string()
        with contextlib.suppress(OSError):
            remove(self._path(bucket))
            draft(self.folder, self._name(bucket), _sum_of(code) + code)  # not whole at once, for then a stop would leave what nobody may sweep here

    def _path(self, bucket: Bucket) -> str:
        return f"{self.folder}/{self._name(bucket)}"

    def _name(self, bucket: Bucket) -> str:
        return f"{self.edition}-{bucket.key}"


def code_folder(cache: str) -> str:
    """Return the folder of this release in a user's ``cache``; nothing where there can be none, or where others may write in it."""
    top = f"{cache}/templates"
    folder = f"{top}/{release()}"
    if not os.path.isdir(folder):
        with contextlib.suppress(OSError):
            make_private_folder(folder)
            _forget_older(top)
    return folder if _is_ours(top) and _is_ours(folder) else ""


def _is_ours(folder: str) -> bool:
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _forget_older(top: str) -> None:
    folders = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in os.scandir(top) if entry.is_dir(follow_symlinks=False))
    for _, path in folders[:-_RELEASES]:
        remove_folder(path)


def _sum_of(code: bytes) -> bytes:
    return zlib.crc32(code).to_bytes(_SUM, "big")
