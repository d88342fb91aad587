"""How a build left its output folder, so that the next need not look at each file of 100,000 again. Kept in the memory.

Only in a folder whose time has not changed since, nobody has made, removed or replaced a file. After the machine was started anew
nothing is taken for granted: a file that was written shortly before may be empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from roundup.archive import Archive
from roundup.manifest import MANIFEST, SINCE
from roundup.moves import Permalinks
from roundup.outline import fingerprint
from roundup.records.permalinks import dump_permalinks
from roundup.store.memory import Memory
from roundup.store.reading import Digest
from roundup.store.release import release

_SECOND_NS = 1_000_000_000
_TICK_NS = 2 * _SECOND_NS  # of FAT, the coarsest there is
_BOOT = "/proc/sys/kernel/random/boot_id"


def catalogue_made_of(archive: Archive, digest: Digest) -> str:
    """Return a fingerprint of what the catalogue of an archive is worked out from."""
    prints = (f"{head.key} {digest.shelved.prints[head.key]}" for head in archive.heads)
    return fingerprint(release(), repr(digest.config.authors), repr(digest.config.topics), *prints)


def all_but_words(archive: Archive, digest: Digest, permalinks: Permalinks, cards: str, *, drafts: bool) -> str:
    """Return a fingerprint of all that a plan is made from, but for the issues' own words."""
    faces = (f"{name}\0{blake2b(data).hexdigest()}" for part in (digest.theme.fonts, digest.theme.cards) for name, data in sorted(part.items()))
    shared = (digest.config.shown, digest.theme.digest, *faces, cards, repr(digest.assets), dump_permalinks(permalinks), str(drafts))
    return fingerprint(catalogue_made_of(archive, digest), *shared)


class Left(Struct, frozen=True):
    """What a site was built from: a fingerprint of all but the issues' own words (``plan``), and hashes of the issues' sources.

    ``folders`` are those of the site in which every file is as it was left; ``facts`` are what else was worked out.
    """

    plan: str = ""
    issues: Mapping[str, str] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = False  # all folders are as they were left


def look_back(memory: Memory, site: Path) -> Left:
    """Return how the last build left a site."""
    found = memory.value(_name(site), _mark(site))
    if not found:
        return Left()
    folders = frozenset(folder for folder, time in found["folders"].items() if _time(site, folder) == time)
    return Left(found["plan"], found["issues"], folders, found["facts"], len(folders) == len(found["folders"]))


def left_by(memory: Memory, site: Path, left: Left, folders: Iterable[str]) -> None:
    """Keep how a build leaves a site; ``folders`` are all those that hold files of ours."""
    if mark := _mark(site):
        times = {folder: _time(site, folder) for folder in sorted(set(folders))}
        if coarse := [folder for folder, time in times.items() if time % _SECOND_NS == 0]:
            now = memory.now()  # as on a memory stick: what comes within the same tick leaves no mark
            times |= {folder: -1 for folder in coarse if times[folder] > now - _TICK_NS}
        memory.keep_value(_name(site), mark, {"plan": left.plan, "issues": dict(left.issues), "facts": dict(left.facts), "folders": times})


def _name(site: Path) -> str:
    return f"left-{blake2b(os.fsencode(site), digest_size=8).hexdigest()}.json"


def _mark(site: Path) -> str:
    """Return what changes when anybody writes the site's manifest, or starts the machine anew; nothing where that cannot be told."""
    try:
        with open(_BOOT, encoding="ascii") as file:
            boot = file.read().strip()
        there = [os.lstat(site / name) for name in (MANIFEST, SINCE) if name == MANIFEST or os.path.lexists(site / name)]
    except OSError:
        return ""
    return " ".join([release(), boot, *(f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}" for found in there)])


def _time(site: Path, folder: str) -> int:
    try:
        return os.lstat(f"{site}/{folder}").st_mtime_ns
    except OSError:
        return -1
