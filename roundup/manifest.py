"""Which files of a site are ours: for each what it was made from, and a hash of its bytes. Pure.

It is JSON with a line for each file, in order of the lines' bytes, so that one among 100,000 is looked up without reading the others. What
has changed since that was written down, when it is little, stands in a second file of the same kind, which names the first by a hash of its lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from json.encoder import encode_basestring

from msgspec import Struct

MANIFEST, SINCE = ".roundup-manifest.json", ".roundup-manifest-since.json"
_HEAD = re.compile(rb'\{"made_by": "roundup"(?:, "hash": "([0-9a-f]{16})", "count": (\d{1,18}))?, "files": \{\n')
_TAIL = b"\n}}\n"
_FEW = 2000  # files that are looked up one by one, and changes that are written down apart


class Entry(Struct, frozen=True):
    """A file of ours: the fingerprint of what it was made from, and the hashes that it may have; several, while it is being replaced."""

    made_from: str
    digests: tuple[str, ...]


class Manifest:
    """The files of a site, as the bytes that are written down, and what has changed since. Not changed itself, but followed by another."""

    def __init__(self, data: bytes = b"", changes: Mapping[str, Entry] | None = None) -> None:
        self.data, self.changes = data, changes or {}
        head = _HEAD.match(data)
        self._start = head.end() if head else 0
        self._hash = (head[1] or b"") if head else b""  # of the lines; in a second file, of those of the first
        self._count = int(head[2]) if head and head[2] else data.count(b"\n") - 2 if data else 0

    @classmethod
    def read(cls, data: bytes, since: bytes | None = None, *, is_sound: bool = False) -> Manifest:
        """Return the manifest that was written down, in one file or in two; ValueError for anything else.

        One that ``is_sound``, as who wrote it last left it, needs no look at each line.
        """
        try:
            if not _is_ours(data):  # of a build before there were lines: hashes alone
                files = json.loads(data)["files"]
                return cls(b"", {str(path): Entry("", tuple(map(str, digests))) for path, digests in files.items()})
            whole = cls(data)
            if not is_sound and not data.count(b'\n"') == data.count(b"\n") - 2 == len(dict(whole.items())) == whole._count:
                raise ValueError  # of a merge, say, even one that went well
            if since is None:
                return whole
            if not _is_ours(since):
                raise ValueError
            if whole._hash and (later := cls(since))._hash == whole._hash:  # else a stop left it, and what it says is in the whole one
                return cls(data, dict(later.items()))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("no manifest") from error
        return whole

    @property
    def since(self) -> bytes:
        """Return what the second file holds; nothing where there is none."""
        return _written(_lines(self.changes), self._hash)

    def __len__(self) -> int:
        return self._count + len(self.changes) - sum(1 for _ in self._found(self.changes))

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Yield every file and its entry."""
        for path, (made_from, *digests) in json.loads(self.data)["files"].items() if self.data else ():
            if path not in self.changes:
                yield path, Entry(made_from, tuple(digests))
        yield from self.changes.items()

    def of(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Return the entries of these files, where they have one."""
        paths = list(paths)
        if len(paths) > _FEW:
            known = dict(self.items())
            return {path: known[path] for path in paths if path in known}
        changed = {path: self.changes[path] for path in paths if path in self.changes}
        return {**dict(self._found(path for path in paths if path not in self.changes)), **changed}

    def having(self, changes: Mapping[str, Entry | None]) -> Manifest:
        """Return the manifest with some entries changed; with None for one, without it, and nothing tells that there ever was one."""
        new = {path: entry for path, entry in changes.items() if entry}
        if self._hash and len(new) == len(changes) and len(together := {**self.changes, **new}) <= _FEW:
            return Manifest(self.data, together)
        files = {**dict(self.items()), **changes}
        lines = _lines({path: entry for path, entry in files.items() if entry})
        return Manifest(_written(lines, blake2b(b",\n".join(lines), digest_size=8).hexdigest().encode()))

    def _found(self, paths: Iterable[str]) -> Iterator[tuple[str, Entry]]:
        """Yield those of the paths that have a line, with what it says: often it is the line behind the last that was found."""
        at = self._start
        for path in sorted(paths, key=_key) if self.data else ():
            key = _key(path)
            if not self.data.startswith(key, at):
                at = self._first(key, at)
            if self.data.startswith(key, at):
                made_from, *digests = json.loads(b"[" + self.data[at + len(key) : self.data.index(b"]", at + len(key)) + 1])
                yield path, Entry(made_from, tuple(digests))
                at = self.data.find(b"\n", at) + 1

    def _first(self, key: bytes, low: int) -> int:
        """Return where the first line begins that is not before a key."""
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


def _is_ours(data: bytes) -> bool:
    return bool(_HEAD.match(data)) and data.endswith(_TAIL)


def _lines(files: Mapping[str, Entry]) -> list[bytes]:
    return sorted(_key(path) + json.dumps([entry.made_from, *entry.digests])[1:].encode() for path, entry in files.items())


def _written(lines: list[bytes], digest: bytes) -> bytes:
    """Return a file of these lines; nothing where there are none."""
    return b'{"made_by": "roundup", "hash": "%s", "count": %d, "files": {\n' % (digest, len(lines)) + b",\n".join(lines) + _TAIL if lines else b""
