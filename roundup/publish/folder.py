"""The site as a folder of this machine. The new tree is made whole beside the old one, of links to what stays, and both change places in one step.

So whoever looks there sees the old site or the new one. Files of others are linked into the new tree, too, and what somebody puts there
while we are at it is moved over. A mark tells an unfinished tree from an old one that is to go, and in the new tree names the files of
others that were linked: what became of those is their owners' business. Of those who publish there, from whatever digest, one is at it at a
time; who had to wait looks anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, Hashes, There, dump_ours, parse_ours
from roundup.publish.target import MovedError, Tell
from roundup.store.disk import reason
from roundup.store.lock import alone_at
from roundup.store.writing import draft, exchange, folder_like, link, make_folder, move, put, remove, remove_folder, settle_all

_MARK = ".roundup-publishing"
_UNTOUCHED = 'nothing was changed there; mend that, or let "to: rsync" put the files there one by one'


class FolderTarget:
    """A folder of its own: not a home, not the digest, nor any of what these stand in."""

    is_shared = False

    def __init__(self, path: str, root: Path, home: Path, remark: Callable[[str], None] = lambda text: None) -> None:
        self.name, folder, self.remark = path, root / path, remark
        self.folder = Path(os.path.realpath(folder))  # where a link leads there, it stays
        self.beside = self.folder.with_name(f".roundup-publish-{self.folder.name}")
        self.gone = self.beside.with_name(f"{self.beside.name}.gone")
        self.lock = self.folder.with_name(f".roundup-publishing-{self.folder.name}")
        self.mark = os.urandom(8).hex().encode()  # which tells our unfinished tree from that of another run
        self.seen = (0, 0)  # the manifest that was looked at
        theirs = (root / name for name in ("site", "issues", "templates", "assets", ".roundup", ".git"))
        if self.folder in (home, *home.parents, root, *root.parents) or any(self.folder.is_relative_to(one) for one in theirs):
            raise unpublished(self.name, "other things than the site live there", "nothing was changed; name a folder of its own in roundup.yaml")
        if os.path.lexists(folder) and not self.folder.is_dir():
            raise unpublished(self.name, "it is no folder", "nothing was changed; name another place in roundup.yaml")

    def paths(self) -> frozenset[str]:
        self._refuse_theirs()
        self.seen = self._manifest()
        return frozenset(path for path in _walk(self.folder) if not path.endswith("/"))

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        if not change and not any(os.path.lexists(path) for path in (self.beside, self.gone, self.lock, self.folder / _MARK)):
            return  # who publishes what is there already needs no right to write
        with self._alone():
            if self._manifest() != self.seen:
                raise MovedError
            self._refuse_theirs()
            self._apply(site, there, change, tell)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as until:
            try:
                until.enter_context(alone_at(self.lock, self.remark, f"publishing to {self.name}"))
            except OSError as error:
                raise unpublished(self.name, f"{error.filename or self.lock} cannot be written: {reason(error)}", _UNTOUCHED) from error
            yield

    def _apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        left = _UNTOUCHED
        try:
            self._clear()
            if not change:
                return
            self._make(site, there, change, tell)
            settle_all()
            if self._marked() != self.mark:  # on a disk whose locks do not reach as far as its files
                raise unpublished(self.name, "somebody else publishes there, too", "nothing of ours was put there; run it again when they have done")
            if self.folder.exists():
                exchange(str(self.beside), str(self.folder))
            else:
                move(str(self.beside), str(self.folder))
            left = f"the new site stands there; what is left of the old one lies in {self.beside}"
            self._clear()
        except OSError as error:
            raise unpublished(self.name, f"{error.filename or self.folder} cannot be written: {reason(error)}", left) from error
        finally:
            if self._marked() in (self.mark, b""):  # a full disk may leave it empty
                with suppress(OSError):  # else the next run does it
                    self._clear()

    def _manifest(self) -> tuple[int, int]:
        """Return what tells the manifest that is there from any that was there before."""
        try:
            found = os.lstat(self.folder / MANIFEST)
        except OSError:
            return (0, 0)
        return found.st_ino, found.st_mtime_ns

    def _marked(self) -> bytes | None:
        """Return the mark of an unfinished tree; None where none lies beside."""
        try:
            return (self.beside / _MARK).read_bytes().partition(b"\n")[0]
        except OSError:
            return None

    def _linked(self) -> frozenset[int]:
        """Return the inodes of the files of others that the new tree has from the old one."""
        try:
            rows = (self.folder / _MARK).read_text("ascii", "replace").split("\n")
        except OSError:
            return frozenset()
        return frozenset(int(row) for row in rows[1:] if row.isdecimal())

    def _make(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        """Make the new tree beside the old one."""
        make_folder(self.beside.parent)
        made: set[str] = set()
        self._folder("", made)
        draft(str(self.beside), _MARK, self.mark)
        draft(str(self.beside), MANIFEST, dump_ours(site.hashes))
        goes = {*change.changed, *change.removed, MANIFEST}
        others: list[int] = []
        for path in _walk(self.folder):
            if path.endswith("/"):
                self._folder(path[:-1], made)
            elif path not in goes:
                self._folder(path.rpartition("/")[0], made)
                link(f"{self.folder}/{path}", f"{self.beside}/{path}")
                if path not in there.ours:
                    others.append(_inode(self.beside / path))
        put(str(self.beside), _MARK, b"\n".join([self.mark, *(b"%d" % one for one in others)]))
        for done, path in enumerate((*change.added, *change.changed), 1):
            self._folder(path.rpartition("/")[0], made)
            draft(str(self.beside), path, site.read(path))
            tell(done)

    def _folder(self, path: str, made: set[str]) -> None:
        """Make a folder of the new tree, as it is in the old one."""
        if path in made:
            return
        made.add(path)
        if path:
            self._folder(path.rpartition("/")[0], made)
        model = self.folder / path
        if model.is_dir():  # else it is made with the first file in it
            folder_like(str(self.beside / path), str(model))

    def _clear(self) -> None:
        """Take away what lies beside: an unfinished tree, or the old one, from which what others have put there since is moved over."""
        remove_folder(self.gone)
        if self.beside.is_dir():
            if not (self.beside / _MARK).exists():
                self._rescue()
            move(str(self.beside), str(self.gone))  # for a tree that is half removed tells nothing any more
            remove_folder(self.gone)
        remove(self.folder / _MARK)

    def _refuse_theirs(self) -> None:
        """PublishError where what lies beside is nothing of ours: a link, which might lead anywhere, or a folder of somebody else's."""
        for beside in (self.beside, self.gone):
            what = "a link" if beside.is_symlink() else "no folder" if beside.exists() and not beside.is_dir() else ""
            if what:
                what = f"{beside}, where the new site is to be made, is {what}"
                raise unpublished(self.name, what, "nothing was changed there; remove it, and publish again")
        if not any(os.path.lexists(mark) for mark in (self.beside / _MARK, self.folder / _MARK)) and self._old() is None:
            for path in _walk(self.beside):
                if not path.endswith("/"):
                    what = f'{self.beside}, where the new site is to be made, holds "{path}", and roundup did not make it'
                    raise unpublished(self.name, what, "nothing was changed there; move it elsewhere, and publish again")

    def _old(self) -> Hashes | None:
        """Return what the manifest of an old site that lies beside lists; None where there is none that can be understood."""
        manifest = self.beside / MANIFEST
        if manifest.is_symlink() or not manifest.is_file():
            return None
        with suppress(ValueError):
            return parse_ours(manifest.read_bytes())
        return None

    def _rescue(self) -> None:
        """Move over what others have put into the old tree since its files were linked.

        What was linked has been in the new tree, and may have been replaced or removed there since.
        """
        ours, linked = self._old() or {}, self._linked()
        for path in _walk(self.beside):
            inode = _inode(self.beside / path)
            if path not in ours and path != MANIFEST and not path.endswith("/") and inode not in linked and inode != _inode(self.folder / path):
                move(str(self.beside / path), str(self.folder / path))


def _walk(folder: Path, below: str = "") -> Iterator[str]:
    """Yield the path of everything that lies below a folder and is none; a folder in which nothing lies, with a slash at its end."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with os.scandir(folder / below) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    if not entries and below:
        yield below
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder, f"{below}{entry.name}/")
        elif entry.name != _MARK:
            yield f"{below}{entry.name}"


def _inode(path: Path) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0
