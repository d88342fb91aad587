"""What every target can do, and the way of a site to one: look what is there, compare, put the difference in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from roundup.errors import count
from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There, change_of, in_the_way, parse_ours

_TRIES = 3  # where somebody else publishes to the same place meanwhile

Tell: TypeAlias = Callable[[int], None]  # is told how many files are through


class MovedError(Exception):
    """Somebody changed the target since it was looked at; nothing was done, and it may be tried again."""


class Target(Protocol):
    """A place where a site can stand. ``name`` tells people which; with ``is_shared`` others may have files there before us."""

    name: str
    is_shared: bool

    def paths(self) -> frozenset[str]:
        """Return the paths of all files that are there."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file that is there."""

    def apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        """Bring about a change; where there is none, still take away what a run that was stopped has left.

        PublishError where that cannot be, MovedError where the change has to be worked out anew.
        """


def look(target: Target) -> There:
    """Return what is there. PublishError where that is somebody else's."""
    paths = target.paths()
    if MANIFEST not in paths:
        if paths and not target.is_shared:
            what = f'it holds "{min(paths)}", and was not published by roundup'
            raise unpublished(target.name, what, "nothing was changed there; empty it, or name another place in roundup.yaml")
        return There(paths)
    try:
        return There(paths, parse_ours(target.read(MANIFEST)))
    except ValueError:
        left = "nothing was changed there; remove what stands there, and publish again"
        raise unpublished(target.name, f"its {MANIFEST} cannot be understood", left) from None


def difference(site: BuiltSite, there: There, target: Target) -> Change:
    """Return what is to be done. PublishError where files of others stand in the way."""
    if foreign := in_the_way(site.hashes.keys(), there):
        what = f'"{foreign[0]}" is in the way, and roundup did not put it there'
        more = f"{count(len(foreign), 'such file')}; " if len(foreign) > 1 else ""
        raise unpublished(target.name, what, f"{more}nothing was changed there; move it elsewhere, or name another place in roundup.yaml")
    return change_of(site.hashes, there)


def publish(target: Target, site: BuiltSite, there: There, tell: Callable[[int, int], None]) -> Change:
    """Make a target, where so much is ``there``, hold the site; return what had to be done. ``tell`` is told how many files of how many are through."""
    for _ in range(_TRIES):
        change = difference(site, there, target)
        try:
            target.apply(site, there, change, _of(tell, len(change)))
        except MovedError:
            there = look(target)
        else:
            return change
    what = f"somebody else published there {_TRIES} times meanwhile"
    raise unpublished(target.name, what, "nothing of ours was put there; run it again when they have done")


def _of(tell: Callable[[int, int], None], whole: int) -> Tell:
    return lambda done: tell(done, whole)
