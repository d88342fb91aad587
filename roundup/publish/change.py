"""What was built, against what a target has: what to add, change and remove there, and in which order. Pure.

Only a file that our own last manifest there lists is ever changed or removed. The order is for targets that take one file after the
other: what is new comes first, for nothing leads to it yet; then what has changed, in which links to the new may stand, the pages that
everybody enters by at last; and what is gone goes when no page leads to it any more. So no reader ever meets a dead link.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypeAlias

from msgspec import Struct, field

from roundup.manifest import MANIFEST, Entry, Manifest

Hashes: TypeAlias = "Mapping[str, tuple[str, ...]]"

_LISTS = ("archive/", "authors/", "topics/", "search/")


class There(Struct, frozen=True):
    """What a target has: the paths of all its files, and the hashes that those of an earlier publishing may have."""

    paths: frozenset[str] = frozenset()
    ours: Hashes = field(default_factory=dict)

    @property
    def foreign(self) -> frozenset[str]:
        """The files that somebody else put there."""
        return self.paths - self.ours.keys() - {MANIFEST}


class Change(Struct, frozen=True):
    """The paths of what is to be added, changed and removed, each in its order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)

    def rounds(self) -> Iterator[tuple[str, ...]]:
        """Yield what is to be put there, in parts of which each is to be there before the next."""
        if self.added:
            yield self.added
        for _, paths in groupby(self.changed, _turn):
            yield tuple(paths)

    def first_removed(self) -> tuple[str, ...]:
        """Return what has to go before anything is added: a file where a folder is needed, and the files of a folder where a file is."""
        added, needed = set(self.added), set(_folders(self.added))
        return tuple(path for path in self.removed if path in needed or not added.isdisjoint(_folders([path])))


def change_of(site: Mapping[str, str], there: There) -> Change:
    """Return what makes a target hold the files of ``site``, by their hashes, and of our earlier ones no others."""
    return Change(
        tuple(sorted((path for path in site if path not in there.paths), key=_order)),
        tuple(sorted((path for path, digest in site.items() if path in there.paths and there.ours.get(path) != (digest,)), key=_order)),
        tuple(sorted((path for path in there.ours if path not in site and path in there.paths), key=_order)),
    )


def in_the_way(site: Collection[str], there: There) -> list[str]:
    """Return the files of others that stand where one of the site's, or a folder for them, has to be."""
    needed = set(_folders(site))
    return sorted(path for path in there.foreign if path in site or path in needed or any(folder in site for folder in _folders([path])))


def parse_ours(data: bytes) -> dict[str, tuple[str, ...]]:
    """Return the files that a manifest lists, with the hashes that each may have; ValueError for anything else."""
    try:
        files = {path: entry.digests for path, entry in Manifest.read(data).items()}
    except (TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError("no manifest") from error
    if not all(isinstance(digest, str) for digests in files.values() for digest in digests):
        raise ValueError("no manifest")
    return files


def dump_ours(site: Mapping[str, str], before: Hashes | None = None) -> bytes:
    """Return the manifest of what is published; with what stood ``before`` while that is being replaced, for a stop may leave either."""
    files = {path: (*(before or {}).get(path, ()), digest) for path, digest in site.items()}
    return Manifest().having({path: Entry("", tuple(dict.fromkeys(digests))) for path, digests in {**(before or {}), **files}.items()}).data


def _turn(path: str) -> int:
    """Return when a file that has changed is put in its place: what pages show, pages, lists of them, and where readers enter."""
    if "/" not in path:
        return 3  # home, feeds, the site map
    if not path.endswith(".html"):
        return 0
    return 2 if path.startswith(_LISTS) else 1


def _order(path: str) -> tuple[int, str]:
    return _turn(path), path


def _folders(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        while path := path.rpartition("/")[0]:
            yield path
