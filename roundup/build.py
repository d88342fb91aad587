"""The plan against the output folder: draw every output first, then put what differs in place, remove only our own.

Nothing in the output folder changes before the last output is drawn. Each file then appears whole, by a rename; a
stop in between leaves old and new files, each whole, and a manifest from which the next run finishes the work.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from roundup.errors import RefusedError
from roundup.plan import Output

MANIFEST = ".roundup-manifest.json"
_STAGING = ".roundup-staging-"

Render = Callable[[Output], bytes]


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did to the output folder, as paths."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]  # once ours, changed by somebody since, and no longer planned: left alone

    def __add__(self, other: Report) -> Report:
        """Return what two builds did, one after the other."""
        return Report(self.written + other.written, self.unchanged + other.unchanged, self.removed + other.removed, self.kept + other.kept)


def build(outputs: tuple[Output, ...], render: Render, folder: Path, *, spared: Callable[[str], bool] = lambda path: False) -> Report:
    """Make ``folder`` hold these outputs, and of what earlier builds made no others but those whose paths are ``spared``.

    RefusedError when the folder is not ours, when a foreign file stands in the way, or when another build is at work;
    whatever ``render`` raises comes through. In all these cases no file of the site has changed.
    """
    _refuse_dangerous(folder)
    made = not folder.exists()
    with _reporting(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with _reporting(folder), _lock(folder):
            return _Build(folder, spared).run(outputs, render)
    finally:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # only when nothing came into it


class _Build:
    def __init__(self, folder: Path, spared: Callable[[str], bool]) -> None:
        self.folder = folder.resolve()
        self.spared = spared
        self.before = _read_manifest(folder)

    def run(self, outputs: tuple[Output, ...], render: Render) -> Report:
        self._sweep()
        clash = self._refuse_foreign(outputs)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.folder))
        try:
            after, changed = self._draw(outputs, render, staging)
            after = {**{p: h[-1] for p, h in self.before.items() if self.spared(p)}, **after}
            gone = [path for path in self.before if path not in after]
            if changed or gone or {p: [h] for p, h in after.items()} != self.before:
                self._write_manifest(after, staging)
            removed, kept = self._remove(gone) if clash else ((), ())
            for path in changed:
                self._put(path, staging)
            if not clash:
                removed, kept = self._remove(gone)
            if changed or gone:
                self._write_manifest(after, staging, settled=True)
            written = set(changed)
            return Report(tuple(changed), tuple(o.path for o in outputs if o.path not in written), removed, kept)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _draw(self, outputs: tuple[Output, ...], render: Render, staging: Path) -> tuple[dict[str, str], list[str]]:
        """Render one output after the other into the staging folder, keeping those that differ from what is there."""
        hashes: dict[str, str] = {}
        changed: list[str] = []
        for output in outputs:
            data = render(output)
            hashes[output.path] = _hash(data)
            target = self.folder / output.path
            if not _holds(target, data):
                staged = staging / output.path
                staged.parent.mkdir(parents=True, exist_ok=True)
                staged.write_bytes(data)
                changed.append(output.path)
        return hashes, changed

    def _put(self, path: str, staging: Path) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staging / path, target)

    def _remove(self, gone: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Delete what an earlier build made and this one does not, unless somebody has changed it since."""
        removed, kept = [], []
        for path in gone:
            target = self.folder / path
            if not os.path.lexists(target):
                continue
            if not _inside(target, self.folder) or target.is_symlink() or target.is_dir() or _hash(target.read_bytes()) not in self.before[path]:
                kept.append(path)
                continue
            target.unlink()
            removed.append(path)
            for parent in target.parents:
                if parent == self.folder or any(parent.iterdir()):
                    break
                parent.rmdir()
        return tuple(removed), tuple(kept)

    def _write_manifest(self, after: dict[str, str], staging: Path, *, settled: bool = False) -> None:
        """Write down which files are ours. Before the first change that is old and new together, so that a stop is no loss."""
        rows = {path: [digest] for path, digest in after.items()}
        if not settled:
            for path, digests in self.before.items():
                rows[path] = list(dict.fromkeys([*digests, *rows.get(path, [])]))
        staged = staging / MANIFEST
        staged.write_text(json.dumps({"made_by": "roundup", "files": dict(sorted(rows.items()))}, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(staged, self.folder / MANIFEST)

    def _refuse_foreign(self, outputs: tuple[Output, ...]) -> bool:
        """Refuse when a file of somebody's stands where an output should go. Tell whether files of ours have to go first.

        That is so where a page becomes a folder, or a folder a page.
        """
        planned = {output.path for output in outputs}
        gone = {path for path in self.before if path not in planned and not self.spared(path)}
        clash = False
        for path in (output.path for output in outputs):
            target = self.folder / path
            foreign = f"{target} is in the way, and roundup did not make it; move it elsewhere"
            if not _inside(target, self.folder):
                raise RefusedError(f"{target} leads out of {self.folder}, by a symbolic link; remove the link")
            for parent in list(target.parents)[: path.count("/")]:
                if os.path.lexists(parent) and not parent.is_dir():
                    clash = self._ours([parent], gone, f"{parent} is in the way: a folder of that name is needed; move it elsewhere")
            if target.is_dir() and not target.is_symlink():
                clash = self._ours([file for file in target.rglob("*") if not file.is_dir()] or [target], gone, foreign)
            elif os.path.lexists(target) and path not in self.before:
                raise RefusedError(foreign)
        return clash

    def _ours(self, files: list[Path], gone: set[str], otherwise: str) -> bool:
        """Return True when all these files are about to be removed by us; refuse otherwise."""
        for file in files:
            name = file.relative_to(self.folder).as_posix()
            if name not in gone or file.is_symlink() or not file.is_file() or _hash(file.read_bytes()) not in self.before[name]:
                raise RefusedError(otherwise)
        return True

    def _sweep(self) -> None:
        for leftover in self.folder.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover, ignore_errors=True)


def last_built(folder: Path, path: str) -> str:
    """Return the text of a file that an earlier build made there; nothing where there is none that can be read."""
    try:
        return (folder / path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _read_manifest(folder: Path) -> dict[str, list[str]]:
    """Return the hashes of every file that is ours. RefusedError for a folder with files in it that we did not begin."""
    path = folder / MANIFEST
    if not os.path.lexists(path):
        if foreign := [name for name in sorted(os.listdir(folder)) if not name.startswith(_STAGING)]:
            raise RefusedError(f'{folder} holds "{foreign[0]}" and was not made by roundup; choose an empty folder with --output')
        return {}
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(name): [str(h) for h in hashes] for name, hashes in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError, IsADirectoryError):
        raise RefusedError(f"{path} cannot be understood; move {folder} away and build again") from None


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


def _refuse_dangerous(folder: Path) -> None:
    """The output folder is a place of its own: not the disk's root, a home, a repository or the digest itself."""
    resolved = folder.resolve()
    if resolved in (Path("/"), Path.home()) or any((resolved / name).exists() for name in (".git", "roundup.yaml", "issues")):
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


def _inside(target: Path, folder: Path) -> bool:
    return target.parent.resolve().is_relative_to(folder)


def _holds(target: Path, data: bytes) -> bool:
    """Tell whether the file is there with these bytes; its size is asked first, which is cheaper than reading."""
    try:
        return not target.is_symlink() and target.stat().st_size == len(data) and target.read_bytes() == data
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
