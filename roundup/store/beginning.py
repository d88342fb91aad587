"""The first files of a digest, or of an issue -> the disk: all of them, or none."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from roundup.errors import RefusedError
from roundup.store.disk import reason
from roundup.store.writing import remove, remove_empty, sweep, write_new


def create(root: Path, files: dict[str, str]) -> None:
    """Create new files under ``root``. RefusedError, with nothing created, when one of them is there already in other words.

    One that is there in these very words is as good as made: so a run that was killed is finished by the next.
    """
    for path, words in files.items():
        if os.path.lexists(root / path) and not stands(root / path, words):
            raise RefusedError(f"{root / path} is there already; nothing was changed")
    for path in files:
        if not Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root)):
            raise RefusedError(f"{root / path} leads out of {root}, by a symbolic link; nothing was changed")
    missing = [path for path in files if not os.path.lexists(root / path)]
    folders = {folder for path in missing for folder in (root / path).parents if not folder.exists()}
    tried: list[str] = []
    try:
        for folder in dict.fromkeys((root / path).parent for path in files):
            sweep(folder)
        for path in missing:
            tried.append(path)
            write_new(root / path, files[path].encode())
    except (OSError, RefusedError, KeyboardInterrupt) as error:
        if isinstance(error, RefusedError):
            tried.pop()  # it is somebody else's, who was faster, be it in the same words
        _undo([root / path for path in tried if stands(root / path, files[path])], folders)
        if isinstance(error, OSError):
            raise RefusedError(f"{error.filename or root} cannot be written: {reason(error)}; nothing was changed") from error
        raise


def _undo(made: list[Path], folders: set[Path]) -> None:
    """Remove what was made a moment ago."""
    with contextlib.suppress(OSError):
        for path in reversed(made):
            remove(path)
    for folder in sorted(folders, reverse=True):
        remove_empty(folder)


def stands(path: Path, text: str) -> bool:
    """Tell whether an ordinary file of these words is there."""
    try:
        return not path.is_symlink() and path.read_bytes() == text.encode()
    except OSError:
        return False
