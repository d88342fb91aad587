"""What fetching adds to a digest: records, which are the program's, and stubs of picks, made once and never touched again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from roundup.config import Config
from roundup.errors import Location, Problem, RefusedError, RoundupError, SourceError
from roundup.issue import IssueKey, Link, Section, parse_issue_key
from roundup.paper import ArxivId, Paper
from roundup.records.digest import parse_config
from roundup.records.issues import IssueFile, Named, PickFile, parse_issue, parse_pick
from roundup.records.papers import dump_paper, parse_paper
from roundup.revisions import merged
from roundup.starter import inline, new_link, new_pick
from roundup.store.disk import Disk
from roundup.store.writing import replace_record, settle, sweep, write_new
from roundup.text.slugs import slug

# What fetching writes beside the issues.
MEMORY = (".roundup", ".roundup/cache", ".roundup/state", ".roundup/cache/fetched.sqlite", ".roundup/state/inbox.sqlite", ".roundup/state/lock")


class Kept(Struct, frozen=True):
    """What became of a paper: ``new``, ``updated``, or ``unchanged`` where it stood so already; as it was, as it is."""

    state: str
    path: str
    paper: Paper
    before: Paper | None = None


class Shelves:
    """The issues of a digest by their folders, as far as fetching has to know them: names of files, and drafts."""

    def __init__(self, root: Path) -> None:
        self.root, self.disk = root, Disk(root)
        for path in MEMORY:
            if (root / path).is_symlink():
                self.disk.note(path, "a symbolic link; what the program remembers stands here itself, remove the link")
        if self.disk.problems:
            raise SourceError(self.disk.problems)
        self.config = self._config()
        self.folders = dict(sorted(self._folders(), reverse=True))
        self._lists: dict[IssueKey, bool] = {}

    def _config(self) -> Config:
        if not os.path.lexists(self.root / "roundup.yaml"):
            return Config()
        text, _ = self.disk.text("roundup.yaml")
        config = parse_config(text, "roundup.yaml", self.disk.problems, []) if text is not None else None
        if self.disk.problems or config is None:
            raise SourceError(self.disk.problems)
        return config

    def _folders(self) -> Iterator[tuple[IssueKey, str]]:
        for name in self.disk.names("issues") or ():
            try:
                yield parse_issue_key(name), f"issues/{name}"
            except ValueError:
                continue  # `check` tells

    def draft(self) -> IssueKey:
        """Return the newest issue that has no date: one with commentary, if there is any, for a list takes no words."""
        bare: IssueKey | None = None
        for key in self.folders:
            if os.path.lexists(self.root / f"{self.folders[key]}/issue.yaml") and (file := self.issue_file(key)).date is None:
                if not file.is_list:
                    return key
                bare = bare or key
        if bare:
            return bare
        raise RefusedError('there is no draft to fetch into; begin one with "roundup new", or name an issue with --issue')

    def folder(self, key: IssueKey) -> str:
        """Return where an issue stands; RefusedError where there is none."""
        if key not in self.folders:
            raise RefusedError(f'there is no issue "{key}"; begin it with: roundup new {key}')
        return self.folders[key]

    def issue_file(self, key: IssueKey) -> IssueFile:
        """Return what issue.yaml says; SourceError where it cannot be read, for then nobody knows what stands in it."""
        problems: list[Problem] = []
        path = f"{self.folder(key)}/issue.yaml"
        text, _ = self.disk.text(path)
        file = parse_issue(text, path, key, "", problems, []) if text is not None else None
        if file is None or not (file.date_is_sure and file.kind_is_sure):
            raise SourceError(problems or self.disk.problems)
        return file

    def sweep(self, key: IssueKey) -> None:
        """Remove what a run that was killed left half-written in an issue; the digest's lock has to be held."""
        for part in ("", "papers", "commentary", "figures"):
            sweep(self.root / self.folders[key] / part)

    def shelf(self, key: IssueKey) -> Shelf:
        """Return the place of an issue's records and stubs."""
        file = self.issue_file(key)
        return Shelf(self, key, file.order, is_list=file.is_list)

    def is_list(self, key: IssueKey) -> bool:
        """Tell whether an issue is a list; one that cannot be read is taken for none."""
        if key not in self._lists:
            try:
                self._lists[key] = self.issue_file(key).is_list
            except RoundupError:
                self._lists[key] = False
        return self._lists[key]

    def pick_path(self, key: IssueKey, name: str) -> str | None:
        """Return the file in which an issue's pick of this name stands: its own, or the issue's; None where it has none."""
        folder = self.folder(key)
        if f"{name}.yaml" in (self.disk.names(f"{folder}/commentary", ".yaml") or ()):
            return f"{folder}/commentary/{name}.yaml"
        return f"{folder}/issue.yaml" if name in self._inline(key) else None

    def pick_names(self, key: IssueKey) -> list[str]:
        """Return the names of an issue's picks."""
        own = self.disk.names(f"{self.folder(key)}/commentary", ".yaml") or ()
        return [*(name.removesuffix(".yaml") for name in own), *self._inline(key)]

    def _inline(self, key: IssueKey) -> list[str]:
        """Return the names of the picks that stand in issue.yaml itself, as far as it can be read."""
        path = f"{self.folder(key)}/issue.yaml"
        text = (self.disk.text(path)[0] or "") if os.path.lexists(self.root / path) else ""
        if not ("paper:" in text or "link:" in text):  # few have any, and to parse a thousand takes a second
            return []
        file = parse_issue(text, path, key, "", [], [])
        return [item.name for item in file.order if isinstance(item, PickFile)] if file else []

    def faults(self, path: str) -> list[Problem]:
        """Return what is wrong with the file of a pick, or of an issue, as it is now."""
        disk, problems, advice = Disk(self.root), list[Problem](), list[Problem]()
        text, _ = disk.text(path)
        if text is not None and path.endswith("/issue.yaml"):
            parse_issue(text, path, parse_issue_key(path.split("/")[1]), "", problems, advice)
        elif text is not None:
            parse_pick(text, path, problems, advice)
        return [*disk.problems, *problems, *advice]

    def holders(self) -> dict[str, list[IssueKey]]:
        """Return, for the name of each paper that has a record, the issues that it stands in, newest first."""
        found: dict[str, list[IssueKey]] = {}
        for key, folder in self.folders.items():
            for name in self.disk.names(f"{folder}/papers") or ():
                found.setdefault(name.removesuffix(".yaml"), []).append(key)
        return found

    def record_paths(self, key: IssueKey) -> list[str]:
        """Return the paths of an issue's records."""
        folder = f"{self.folders[key]}/papers"
        return [f"{folder}/{name}" for name in self.disk.names(folder, ".yaml") or ()]

    def records(self, key: IssueKey) -> list[Paper]:
        """Return the papers of an issue's records; what is wrong with the others is among ``disk.problems``."""
        return [paper for path in self.record_paths(key) if (paper := self.record(path))]

    def record(self, path: str) -> Paper | None:
        """Return the paper of a record; None where there is none, or where it cannot be read."""
        if not os.path.lexists(self.root / path):
            return None
        text, _ = self.disk.text(path)
        paper = parse_paper(text, path, self.disk.problems) if text is not None else None
        if paper and path.rpartition("/")[2] != f"{paper.id.name}.yaml":
            self.disk.note(path, f'holds the record of "{paper.id.base}"; rename it to {paper.id.name}.yaml')
            return None
        return paper


class Shelf:
    """The records and stubs of one issue, whose ``order`` names picks, and may hold some itself. In a list a record needs no stub."""

    def __init__(self, shelves: Shelves, key: IssueKey, order: Sequence[Named | PickFile | Section] = (), *, is_list: bool = False) -> None:
        self.shelves, self.key, self.is_list = shelves, key, is_list
        self.inline = {item.name: item for item in order if isinstance(item, PickFile)}
        self.ordered = {item.name for item in order if isinstance(item, Named)}
        self.folder = shelves.folders[key]
        self.pasted: list[str] = []  # stubs to be pasted, where the digest wants them so
        for part in ("papers", "commentary", "figures"):
            if (shelves.root / self.folder / part).is_dir() and not shelves.disk.is_ours(f"{self.folder}/{part}", "folder"):
                raise SourceError(shelves.disk.problems)

    def has(self, wanted: ArxivId) -> bool:
        """Tell whether the record is here, in the version asked for."""
        if not os.path.lexists(self.shelves.root / self._path(wanted)):
            return False
        return wanted.version is None or (paper := self.record(wanted)) is None or paper.id.version == wanted.version

    def picks(self, one: ArxivId) -> bool:
        """Tell whether the issue has taken the paper up: in a file of its own, in its order, or, in a list, by its record."""
        paths = (f"{self.folder}/commentary/{one.name}.yaml", *([self._path(one)] if self.is_list else []))
        return one.name in self.inline or any(os.path.lexists(self.shelves.root / path) for path in paths)

    def wants(self, one: ArxivId) -> bool:
        """Tell whether the paper belongs here, whoever else has it: it is picked, or the order names it."""
        return one.name in self.ordered or self.picks(one)

    def record(self, one: ArxivId) -> Paper | None:
        """Return the paper as its record has it; None where there is none, or it cannot be read."""
        return self.shelves.record(self._path(one))

    def put(self, paper: Paper) -> Kept:
        """Write a paper's record, where it says anything new, and its stub, where it needs one; ``settle`` ends a batch.

        SourceError for a record that is there and cannot be read: it stays as it is.
        """
        path = self._path(paper.id)
        if not os.path.lexists(self.shelves.root / path):
            write_new(self.shelves.root / path, dump_paper(paper).encode(), settled=False)
            kept = Kept("new", path, paper)
        else:
            kept = self._update(path, paper)
        if not self.is_list:
            self._stub(paper.id.name, paper)
        return kept

    def complete(self, one: ArxivId) -> Kept:
        """Give a paper whose record is here the stub that it lacks. SourceError where the record cannot be read."""
        paper = self.record(one)
        if paper is None:
            raise self._unreadable(self._path(one))
        self._stub(paper.id.name, paper)
        return Kept("unchanged", self._path(one), paper, paper)

    def _unreadable(self, path: str) -> SourceError:
        told = [problem for problem in self.shelves.disk.problems if problem.where.path == path]
        return SourceError(told or [Problem(Location(path), "cannot be read; mend or remove it")])

    def _update(self, path: str, paper: Paper) -> Kept:
        before = self.shelves.record(path)
        if before is None:
            raise self._unreadable(path)
        whole = merged(before, paper)
        if whole == before:
            return Kept("unchanged", path, before, before)
        replace_record(self.shelves.root / path, dump_paper(whole).encode(), settled=False)
        return Kept("updated", path, whole, before)

    def settle(self) -> None:
        """Bring what was put here onto the disk, names and all."""
        for part in ("papers", "commentary"):
            settle(self.shelves.root / self.folder / part)

    def refresh(self, paper: Paper) -> Kept:
        """Write a paper's record anew, where it says anything new; no stub is made."""
        return self._update(self._path(paper.id), paper)

    def put_link(self, link: Link) -> bool:
        """Make the stub of a pick about something else; False where one of its address or name is there."""
        if link.url in self._linked:
            return False
        base = name = slug(link.title)
        number = 2
        self._linked.add(link.url)
        while not self._stub(name, link):  # another post of the same title
            name, number = f"{base}-{number}", number + 1
        return True

    def put_figure(self, name: str, data: bytes) -> str:
        """Write a picture into the issue's figures, and tell whether it is ``new`` or ``unchanged``; RefusedError where another one has its name."""
        path = f"{self.folder}/figures/{name}"
        if not os.path.lexists(self.shelves.root / path):
            write_new(self.shelves.root / path, data)
            return "new"
        if self.shelves.disk.content(path) != data:
            raise RefusedError(f"{path} is there already, and is another picture; rename or remove it, and fetch again")
        return "unchanged"

    def _stub(self, name: str, about: Paper | Link) -> bool:
        path = self.shelves.root / self.folder / "commentary" / f"{name}.yaml"
        if name in self.inline or os.path.lexists(path):
            return False  # a word of an editor may stand in it
        stub = new_pick(about) if isinstance(about, Paper) else new_link(about)
        if self.shelves.config.picks == "inline":
            self.pasted.append(inline(stub))
        else:
            write_new(path, stub.encode(), settled=False)
        return True

    @cached_property
    def _linked(self) -> set[str]:
        """The addresses that the issue's picks about links have, those of this run among them."""
        picks = list(self.inline.values())
        for name in self.shelves.disk.names(f"{self.folder}/commentary", ".yaml") or ():
            path = f"{self.folder}/commentary/{name}"
            text, _ = self.shelves.disk.text(path)
            pick = parse_pick(text, path, [], []) if text else None
            picks += [pick] if pick else []
        return {pick.about.url for pick in picks if isinstance(pick.about, Link)}

    def _path(self, paper: ArxivId) -> str:
        return f"{self.folder}/papers/{paper.name}.yaml"
