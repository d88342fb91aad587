"""Which files of a site are ours: for each what it was made from, and a hash of its bytes. Pure.

It is JSON with a line for each file, in order of the lines' bytes: one file among 100,000 is looked up, and a few are changed, without
reading the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring

from msgspec import Struct

MANIFEST = ".roundup-manifest.json"
_HEAD, _TAIL = b'{"made_by": "roundup", "files": {\n', b"\n}}\n"
_FEW = 2000  # changes that are made in place


class Entry(Struct, frozen=True):
    """A file of ours: the fingerprint of what it was made from, and the hashes that it may have; several, while it is being replaced."""

    made_from: str
    digests: tuple[str, ...]


class Manifest:
    """The files of a site, as the bytes that are written down. Not changed, but followed by another."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    @classmethod
    def read(cls, data: bytes) -> Manifest:
        """Return the manifest that was written down; ValueError for anything else."""
        if data.startswith(_HEAD) and data.endswith(_TAIL) and data.count(b'\n"') == data.count(b"\n") - 2:  # or lines are no files: of a merge, say
            return cls(data)
        try:  # of a build before there were lines: hashes alone
            files = json.loads(data)["files"]
            return cls().having({str(path): Entry("", tuple(map(str, digests))) for path, digests in files.items()})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError("no manifest") from error

    def __len__(self) -> int:
        return self.data.count(b"\n") - 2 if self.data else 0

    def __bool__(self) -> bool:
        return bool(self.data)

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Yield every file and its entry."""
        for path, (made_from, *digests) in json.loads(self.data)["files"].items() if self.data else ():
            yield path, Entry(made_from, tuple(digests))

    def of(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Return the entries of these files, where they have one."""
        paths = list(paths)
        if len(paths) > _FEW:
            known = dict(self.items())
            return {path: known[path] for path in paths if path in known}
        return {path: entry for path, start in self._starts(paths) if (entry := self._entry(_key(path), start))}

    def having(self, changes: Mapping[str, Entry | None]) -> Manifest:
        """Return the manifest with some entries changed; with None for one, without it."""
        if not self.data or len(changes) > _FEW:
            files = {**dict(self.items()), **changes}
            return Manifest(_whole(sorted(_line(path, entry) for path, entry in files.items() if entry)))
        pieces, at = [], len(_HEAD)
        body = self.data[: -len(_TAIL)] + b",\n"
        for path, found in self._starts(changes):
            entry, start = changes[path], len(body) if found > len(self.data) - len(_TAIL) else found  # behind the last line
            pieces.append(body[at:start])
            at = body.index(b"\n", start) + 1 if body.startswith(_key(path), start) else start
            if entry:
                pieces.append(_line(path, entry) + b",\n")
        rest = b"".join((*pieces, body[at:])).removesuffix(b",\n")
        return Manifest(_HEAD + rest + _TAIL if rest else b"")

    def _entry(self, key: bytes, start: int) -> Entry | None:
        if not self.data.startswith(key, start):
            return None
        made_from, *digests = json.loads(b"[" + self.data[start + len(key) : self.data.index(b"]", start + len(key)) + 1])
        return Entry(made_from, tuple(digests))

    def _starts(self, paths: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield paths in the order of lines, each with where the first line begins that is not before it: often the one behind the last that was found."""
        at = len(_HEAD)
        for path in sorted(paths, key=_key):
            key = _key(path)
            if not self.data.startswith(key, at):
                at = self._start(key, at)
            yield path, at
            if self.data.startswith(key, at):
                at = self.data.find(b"\n", at) + 1

    def _start(self, key: bytes, low: int) -> int:
        high = len(self.data) - len(_TAIL) + 1
        while low < high:
            middle = (low + high) // 2
            start = self.data.rfind(b"\n", 0, middle) + 1
            end = self.data.find(b"\n", start) + 1
            if self.data[start:end] < key:
                low = end
            else:
                high = start
        return low


def _key(path: str) -> bytes:
    return encode_basestring(path).encode("utf-8", "surrogatepass") + b": ["  # as json.dumps writes it, which makes an encoder for each


def _line(path: str, entry: Entry) -> bytes:
    return _key(path) + json.dumps([entry.made_from, *entry.digests])[1:].encode()


def _whole(lines: list[bytes]) -> bytes:
    return _HEAD + b",\n".join(lines) + _TAIL if lines else b""
