"""What targets share that take one file after the other: a manifest that names old and new comes first, and the one of the new site at last.

A stop in between leaves whole files and no dead link, and from the manifest the next run sees what is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There, dump_ours
from roundup.publish.target import Tell


class Ordered(Protocol):
    """What such a target can do: put files there, in any order, and be done when they are; remove some; replace the manifest."""

    def put(self, site: BuiltSite, paths: Sequence[str], tell: Tell) -> None: ...
    def remove(self, paths: Sequence[str]) -> None: ...
    def write_manifest(self, data: bytes) -> None: ...


def apply_in_order(target: Ordered, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
    """Bring about a change, a round after the other."""
    after = dump_ours(site.hashes)
    if not change:
        if there.ours != {path: (digest,) for path, digest in site.hashes.items()}:
            target.write_manifest(after)
        return
    target.write_manifest(dump_ours(site.hashes, there.ours))
    first = change.first_removed()
    target.remove(first)
    through = 0
    for paths in change.rounds():
        target.put(site, paths, _behind(tell, through))
        through += len(paths)
    target.remove([path for path in change.removed if path not in set(first)])
    target.write_manifest(after)


def _behind(tell: Tell, before: int) -> Tell:
    return lambda done: tell(before + done)
