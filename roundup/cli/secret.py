"""Where a password comes from: the environment, or a file that nobody but its owner can read. Never roundup.yaml."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from roundup.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path


def secret(variable: str, file: str, key: str, whose: str, root: Path) -> str:
    """Return a secret; ``file`` is a path from the digest's folder, as roundup.yaml has it under ``key``, or nothing."""
    from roundup.store.disk import reason

    if given := os.environ.get(variable, ""):
        return given
    if not file:
        raise RefusedError(f'{whose} needs a password: set {variable}, or name a file with "{key}"')
    path = root / os.path.expanduser(file)
    try:
        with open(path, encoding="utf-8") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise RefusedError(f"{path} can be read by others than its owner; run: chmod 600 {path}")
            found = opened.readline().rstrip("\r\n")
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {reason(error)}; put the password into it, and nothing else") from error
    except UnicodeDecodeError:
        raise RefusedError(f"{path} is no UTF-8; put the password into it, and nothing else") from None
    if not found:
        raise RefusedError(f"{path} is empty; put the password into it, and nothing else")
    return found
