"""The plan against the output folder: draw what is not there yet, then put it in place; remove only our own.

Nothing in the output folder changes before the last output is drawn. Each file then appears whole, by a rename; a stop in between
leaves old and new files, each whole, and a manifest from which the next run finishes the work.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from roundup.errors import RefusedError
from roundup.manifest import MANIFEST, SINCE, Entry, Manifest
from roundup.store.writing import draft, make_folder, move, remove, remove_empty, remove_folder, replace_record, settle, staging_folder, sweep

if TYPE_CHECKING:
    from roundup.outputs import Output, Outputs

_STAGING = ".roundup-staging-"

Render: TypeAlias = "Callable[[Output], bytes]"


class Staged(Struct, frozen=True):
    """An output as it was drawn: the hash of its bytes, and whether the site holds others."""

    path: str
    digest: str
    differs: bool


Share: TypeAlias = "Callable[[Outputs, str], Iterable[Staged]]"


class Report(Struct, frozen=True):
    """What a build did to the output folder, as paths; of what stayed as it was, how many."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    kept: tuple[str, ...]  # once ours, changed by somebody since, and no longer planned: left alone

    def __add__(self, other: Report) -> Report:
        """Return what two builds did, one after the other."""
        return Report(self.written + other.written, self.unchanged + other.unchanged, self.removed + other.removed, self.kept + other.kept)


def build(
    outputs: Outputs, share: Share, folder: Path, *,
    whole: bool = True, spared: Callable[[str], bool] = lambda path: False, as_left: Container[str] = (), same: Container[str] = (),
) -> Report:  # fmt: skip
    """Make ``folder`` hold these outputs, and where they are the ``whole`` site, of what earlier builds made no others but the ``spared``.

    ``share`` draws outputs into a staging folder, as ``drawn_by`` does. In folders that are ``as_left`` by the last build, nobody has
    to look whether a file is there; outputs that are the ``same``, though made from others, need not be drawn to know it.
    RefusedError when the folder is not ours, when a foreign file stands in the way, or when another build is at work; whatever drawing
    raises comes through. In all these cases no file of the site has changed.
    """
    refuse_dangerous(folder)
    made = not folder.exists()
    with _reporting(folder):
        make_folder(folder)
    try:
        with _reporting(folder), _lock(folder):
            return _Build(folder, as_left, same).run(outputs, share, spared, whole=whole)
    finally:
        if made:
            remove_empty(folder)  # only when nothing came into it


def drawn_by(render: Render, folder: Path) -> Share:
    """Return what draws outputs one after the other."""
    return lambda outputs, staging: stage(outputs, render, str(folder), staging)


def stage(outputs: Iterable[Output], render: Render, folder: str, staging: str) -> list[Staged]:
    """Draw outputs into the staging folder, those that differ from what stands in the site."""
    found = []
    for output in outputs:
        data = render(output)
        differs = not _holds(f"{folder}/{output.path}", data)
        if differs:
            draft(staging, output.path, data)
        found.append(Staged(output.path, hash_of(data), differs))
    return found


class _Build:
    def __init__(self, folder: Path, as_left: Container[str], same: Container[str]) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.top = str(self.folder)
        self.as_left, self.same = as_left, same
        self.before = read_manifest(folder, is_sound=bool(as_left))
        self.is_new = not os.path.lexists(self.folder / MANIFEST)
        self.checked: dict[str, bool] = {}

    def run(self, outputs: Outputs, share: Share, spared: Callable[[str], bool], *, whole: bool) -> Report:
        self._sweep()
        entries = self.before.of(output.path for output in outputs)
        due = outputs.those([at for at, output in enumerate(outputs) if not self._stands(output, entries.get(output.path))])
        gone = self._gone(outputs, spared) if whole else {}
        if not due and not gone:
            return Report((), len(self.before), (), ())
        clash = self._refuse_foreign(due, entries, gone)
        staging = staging_folder(self.top, _STAGING)
        try:
            staged = {one.path: one for one in share(due, staging)}
            after: dict[str, Entry | None] = {output.path: Entry(output.made_from, (staged[output.path].digest,)) for output in due}
            after |= {o.path: replace(entries[o.path], made_from=o.made_from) for o in outputs if o.path in self.same and o.path not in after}
            changed = [output.path for output in due if staged[output.path].differs]  # in the order of the plan
            unsettled = {path: _joined(entries.get(path), after[path]) for path in changed}
            if unsettled:
                self._write(self.before.having(unsettled))
            removed, kept = self._remove(gone) if clash else ((), ())
            self._place(changed, staging)
            if not clash:
                removed, kept = self._remove(gone)
            self._write(self.before.having({**after, **dict.fromkeys(gone)}))
            return Report(tuple(changed), len(self.before) + len(after.keys() - entries.keys()) - len(gone) - len(changed), removed, kept)
        finally:
            remove_folder(staging)

    def _stands(self, output: Output, entry: Entry | None) -> bool:
        """Tell whether an output is there already, drawn from the same."""
        if entry is None or len(entry.digests) != 1 or (entry.made_from != output.made_from and output.path not in self.same):
            return False
        folder = output.path.rpartition("/")[0]
        return folder in self.as_left or _hash_at(f"{self.top}/{output.path}") == entry.digests[0]

    def _gone(self, outputs: Outputs, spared: Callable[[str], bool]) -> dict[str, Entry]:
        planned = {output.path for output in outputs}
        return {path: entry for path, entry in self.before.items() if path not in planned and not spared(path)}

    def _place(self, paths: Iterable[str], staging: str) -> None:
        """Put what was drawn in its place; what the site has nothing of as yet, as a whole."""
        moved = set()
        for path in paths:
            top = path.partition("/")[0]
            if top not in moved and not os.path.lexists(f"{self.top}/{top}"):
                move(f"{staging}/{top}", f"{self.top}/{top}")
                moved.add(top)
            elif top not in moved:
                move(f"{staging}/{path}", f"{self.top}/{path}")

    def _remove(self, gone: dict[str, Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Delete what an earlier build made and this one does not, unless somebody has changed it since."""
        removed, kept = [], []
        for path, entry in gone.items():
            target = self.folder / path
            if not os.path.lexists(target):
                continue
            if not self._inside(target) or _hash_at(str(target)) not in entry.digests:
                kept.append(path)
                continue
            remove(target)
            removed.append(path)
            for parent in target.parents:
                if parent == self.folder or not remove_empty(parent):
                    break
        return tuple(removed), tuple(kept)

    def _write(self, manifest: Manifest) -> None:
        """Write down which files are ours. Before the first change that is old and new together, so that a stop is no loss.

        What is written last has all that was written first, so a second file never follows upon a first one that was written anew.
        """
        if manifest.data is self.before.data and manifest.changes:
            replace_record(self.folder / SINCE, manifest.since, settled=False)
        else:
            replace_record(self.folder / MANIFEST, manifest.data, settled=False)
            self._forget_since()

    def _forget_since(self) -> None:
        if os.path.lexists(self.folder / SINCE):
            settle(self.folder)  # the first file has its name on the disk before the second has lost it
            remove(self.folder / SINCE)

    def _refuse_foreign(self, due: Outputs, entries: dict[str, Entry], gone: dict[str, Entry]) -> bool:
        """Refuse when a file of somebody's stands where an output should go. Tell whether files of ours have to go first.

        That is so where a page becomes a folder, or a folder a page, or a name changes in nothing but capitals.
        """
        clash = False
        for path in () if self.is_new else (output.path for output in due):
            target = self.folder / path
            foreign = f"{target} is in the way, and roundup did not make it; move it elsewhere"
            if not self._inside(target):
                raise RefusedError(f"{target} leads out of {self.folder}, by a symbolic link; remove the link")
            for parent in list(target.parents)[: path.count("/")]:
                if os.path.lexists(parent) and not parent.is_dir():
                    clash = self._ours([parent], gone, f"{parent} is in the way: a folder of that name is needed; move it elsewhere")
            if target.is_dir() and not target.is_symlink():
                clash = self._ours([file for file in target.rglob("*") if not file.is_dir()] or [target], gone, foreign)
            elif path not in entries and os.path.lexists(target):
                if (twin := self._twin(path, gone)) is None:
                    raise RefusedError(foreign)
                clash = self._ours([twin], gone, foreign)
        return clash

    def _twin(self, path: str, gone: Iterable[str]) -> Path | None:
        """Return the file of ours that stands under a new path already, on a disk that does not tell capitals apart; None where none does."""
        alike = (self.folder / old for old in gone if old.casefold() == path.casefold())
        return next((old for old in alike if old.exists() and old.samefile(self.folder / path)), None)

    def _ours(self, files: list[Path], gone: dict[str, Entry], otherwise: str) -> bool:
        """Return True when all these files are about to be removed by us; refuse otherwise."""
        for file in files:
            entry = gone.get(file.relative_to(self.folder).as_posix())
            if entry is None or _hash_at(str(file)) not in entry.digests:
                raise RefusedError(otherwise)
        return True

    def _inside(self, target: Path) -> bool:
        parent = str(target.parent)
        if parent not in self.checked:
            self.checked[parent] = Path(os.path.realpath(target.parent)).is_relative_to(self.folder)
        return self.checked[parent]

    def _sweep(self) -> None:
        sweep(self.top)
        for leftover in self.folder.glob(f"{_STAGING}*"):
            remove_folder(leftover)
        if not (self.before.data and self.before.changes):  # what it says was said of another manifest
            self._forget_since()


def is_swept(folder: Path) -> bool:
    """Tell whether nothing is left of how a site was made: a folder that could not be removed just then waits for the next build."""
    return not any(name.startswith(_STAGING) for name in os.listdir(folder))


def last_built(folder: Path, path: str) -> str:
    """Return the text of a file that an earlier build made there; nothing where there is none that can be read."""
    try:
        return (folder / path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _joined(before: Entry | None, after: Entry | None) -> Entry:
    """Return the entry of a file that is about to change: it may hold the old bytes or the new, and is to be drawn again."""
    return Entry("", tuple(dict.fromkeys((*(before.digests if before else ()), *(after.digests if after else ())))))


def read_manifest(folder: Path, *, is_sound: bool = False) -> Manifest:
    """Return which files of a folder are ours. RefusedError for one with files in it that we did not begin.

    The second file is read first: who writes the first one anew removes the second behind it.
    """
    path, since = folder / MANIFEST, None
    if not os.path.lexists(path):
        if foreign := [name for name in sorted(os.listdir(folder)) if not name.startswith(".roundup-")]:
            raise RefusedError(f'{folder} holds "{foreign[0]}" and was not made by roundup; choose an empty folder with --output')
        return Manifest()
    try:
        with contextlib.suppress(FileNotFoundError):
            since = (folder / SINCE).read_bytes()
        return Manifest.read(path.read_bytes(), since, is_sound=is_sound)
    except (ValueError, IsADirectoryError):
        beside = f", or {SINCE} beside it," if os.path.lexists(folder / SINCE) else ""
        raise RefusedError(f"{path}{beside} cannot be understood; move {folder} away and build again") from None


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the folder for this build alone, by a lock on the folder itself that dies with the process."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(f"another roundup is building {folder} at this moment; wait for it") from None
        yield
    finally:
        os.close(handle)


def refuse_dangerous(folder: Path) -> None:
    """The output folder is a place of its own: not the disk's root, a home, a repository or the digest itself."""
    resolved = Path(os.path.realpath(folder))
    if resolved in (Path("/"), Path(os.path.expanduser("~"))) or any((resolved / name).exists() for name in (".git", "roundup.yaml", "issues")):
        raise RefusedError(f"{folder} is no folder for output: other things live there; choose an empty one with --output")
    if folder.is_symlink() and not folder.exists():
        raise RefusedError(f"{folder} is a symbolic link that leads nowhere; choose a folder with --output")
    if folder.exists() and not folder.is_dir():
        raise RefusedError(f"{folder} is a file; choose a folder with --output")


@contextlib.contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # of the output, not of the folder
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RefusedError(f"{error.filename or folder} cannot be read or written: {reason}; mend that and build again") from error


def _holds(path: str, data: bytes) -> bool:
    """Tell whether the file is there with these bytes; its size is asked first, which is cheaper than reading."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(data):
            return False
        with open(path, "rb") as file:
            return file.read() == data
    except (FileNotFoundError, NotADirectoryError):
        return False


def _hash_at(path: str) -> str:
    """Return the hash of a file's bytes; nothing where there is no ordinary file."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return ""
        with open(path, "rb") as file:
            return hash_of(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return ""


def hash_of(data: bytes) -> str:
    """Return the hash by which a manifest knows the bytes of a file."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
