"""What targets share that take one file after the other: a manifest that names old and new comes first, and the one of the new site at last.

A stop in between leaves whole files and no dead link, and from the manifest the next run sees what is left to do. So it does when two
publish at once: who comes to the end and finds a manifest of somebody else's says so in it, and nobody takes for granted what either put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, Hashes, There, dump_ours, parse_ours
from roundup.publish.target import Tell


class Ordered(Protocol):
    """What such a target can do: put files there, in any order, and be done when they are; remove some; read and replace the manifest."""

    name: str

    def put(self, site: BuiltSite, paths: Sequence[str], tell: Tell) -> None: ...
    def remove(self, paths: Sequence[str]) -> None: ...
    def read(self, path: str) -> bytes: ...
    def write_manifest(self, data: bytes) -> None: ...


def apply_in_order(target: Ordered, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
    """Bring about a change, a round after the other."""
    after = dump_ours(site.hashes)
    if not change:
        if there.ours != {path: (digest,) for path, digest in site.hashes.items()}:
            target.write_manifest(after)
        return
    during = dump_ours(site.hashes, there.ours)
    target.write_manifest(during)
    first = change.first_removed()
    target.remove(first)
    through = 0
    for paths in change.rounds():
        target.put(site, paths, _behind(tell, through))
        through += len(paths)
    target.remove([path for path in change.removed if path not in set(first)])
    if (found := target.read(MANIFEST)) != during:
        target.write_manifest(dump_ours(site.hashes, _said(found)))
        raise unpublished(target.name, "somebody else published there meanwhile", "what is there is of both; run it again when they have done")
    target.write_manifest(after)


def _said(manifest: bytes) -> Hashes:
    try:
        return parse_ours(manifest)
    except ValueError:
        return {}


def _behind(tell: Tell, before: int) -> Tell:
    return lambda done: tell(before + done)
