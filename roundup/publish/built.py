"""The site as it was built: which files it has, and their bytes, which are those that the build wrote."""

from __future__ import annotations

from pathlib import Path

from roundup.build import hash_of, read_manifest
from roundup.errors import RefusedError


class BuiltSite:
    """A site in a folder: ``hashes`` of its files, by path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hashes = {path: entry.digests[0] for path, entry in read_manifest(folder).items()}

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. RefusedError where they are not those that were built: somebody has been at it."""
        try:
            data = (self.folder / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            data = b""
        if hash_of(data) != self.hashes[path]:
            raise RefusedError(f"{self.folder / path} was changed by hand since it was built; remove it, and publish again")
        return data
