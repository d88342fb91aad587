"""The digest on disk -> values. Every fault of every file is gathered; nothing is written, nothing outside is read."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.archive import Archive
from roundup.config import Config
from roundup.errors import Location, Problem, nearest
from roundup.figures import measure
from roundup.issue import Figure, Issue, IssueKey, Unread, parse_issue_key
from roundup.moves import Permalinks
from roundup.paper import ArxivId, Paper
from roundup.records.digest import parse_config
from roundup.records.issues import PickFile, assemble, parse_issue, parse_pick
from roundup.records.language import parse_language
from roundup.records.papers import parse_paper
from roundup.records.permalinks import parse_permalinks
from roundup.store.disk import CONFIG, ISSUES, PERMALINKS, Disk
from roundup.store.release import release
from roundup.text.language import ENGLISH, Language
from roundup.themes import Asset, Theme

Value = TypeVar("Value")

_PARTS = ("commentary", "papers", "figures")
LANGUAGES = "templates/languages/"
_TEMPLATES = (".html", ".md", ".css", ".js", ".txt", ".xml", ".svg")


class Shelved(Struct, frozen=True):
    """All issues of a digest, with what is wrong with them.

    ``unsure`` are the folders of issues that may well have a date, which a fault hides: nobody takes them for drafts.
    ``prints`` are hashes of their outlines.
    """

    archive: Archive
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()
    unsure: frozenset[str] = frozenset()
    prints: Mapping[IssueKey, str] = field(default_factory=dict)


class Digest(Struct, frozen=True):
    """All that a digest's files say, and what is wrong with them.

    ``problems`` are faults of reading: what they touch is not in the archive. ``advice`` is lawful but odd.
    """

    root: Path
    config: Config
    theme: Theme
    assets: tuple[Asset, ...]
    permalinks: Permalinks
    shelved: Shelved
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]

    @property
    def archive(self) -> Archive:
        return self.shelved.archive


class Read(Struct, frozen=True):
    """An issue as its files say; None where they cannot be read as one."""

    issue: Issue | None
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]
    unsure: bool


Folder = tuple[str, IssueKey]  # of an issue: its name in issues/, and what that spells
Shelve = Callable[[Config, Sequence[Folder]], Shelved]


def read_digest(root: Path, shelve: Shelve | None = None) -> Digest:
    """Return the digest under ``root``; every fault of every file is in its ``problems``. ``shelve`` reads the issues, where that is not done at once."""
    reader = _Reader(root)
    config = reader.config()
    folders = tuple(reader.folders())
    shelved = shelve(config, folders) if shelve else _in_full(root, config, folders)
    theme = reader.theme(config)
    permalinks = reader.permalinks()
    assets = tuple(reader.assets())
    problems, advice = (*reader.problems, *shelved.problems), (*reader.advice, *shelved.advice)
    return Digest(root, config, theme, assets, permalinks, shelved, problems, advice)


def _in_full(root: Path, config: Config, folders: Sequence[Folder]) -> Shelved:
    found = {folder: read_issue(root, folder, config) for folder in folders}
    issues = sorted((one.issue for one in found.values() if one.issue), key=lambda issue: issue.key, reverse=True)
    return Shelved(
        Archive.of(issues, frozenset(str(key) for (_, key), one in found.items() if one.issue is None)),
        tuple(problem for one in found.values() for problem in one.problems),
        tuple(problem for one in found.values() for problem in one.advice),
        frozenset(f"{ISSUES}/{name}" for (name, _), one in found.items() if one.unsure),
    )


def read_issue(root: Path, folder: Folder, config: Config) -> Read:
    """Return what the files of one issue say."""
    reader, (name, key) = _Reader(root), folder
    issue = reader.issue(key, f"{ISSUES}/{name}", config)
    return Read(issue, tuple(reader.problems), tuple(reader.advice), reader.unsure or issue is None)


class _Reader(Disk):
    """Reads the files of one digest."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.unsure = False  # whether an issue may have a date, as far as one can tell

    def config(self) -> Config:
        if not os.path.lexists(self.root / CONFIG):
            return Config()
        text, _ = self.text(CONFIG)
        config = parse_config(text, CONFIG, self.problems, self.advice) if text is not None else None
        return config or Config()

    def permalinks(self) -> Permalinks:
        text, _ = self.text(PERMALINKS) if os.path.lexists(self.root / PERMALINKS) else (None, b"")
        return parse_permalinks(text, PERMALINKS, self.problems) if text is not None else Permalinks()

    def folders(self) -> Iterator[Folder]:
        seen: dict[IssueKey, str] = {}
        for name in self.names(ISSUES) or ():
            folder = f"{ISSUES}/{name}"
            if not self.is_ours(folder, "folder"):
                continue
            if not self.is_folder(folder):
                self.advice.append(Problem(Location(folder), "is not read: an issue is a folder with an issue.yaml; move it away"))
                continue
            try:
                key = parse_issue_key(name)
            except ValueError as error:
                self.note(folder, str(error))
                continue
            if (first := seen.setdefault(key, folder)) != folder:
                self.note(folder, f"is the same issue as {first}: both are {key}; keep one")
            else:
                yield name, key

    def issue(self, key: IssueKey, folder: str, config: Config) -> Issue | None:
        names = self.names(folder)
        if names is None:
            return None
        for name in sorted(set(names) - {"issue.yaml", *_PARTS}):
            hint = nearest(name, _PARTS) or ("; move it into commentary/ or papers/" if name.endswith(".yaml") else "; move it away")
            self.advice.append(Problem(Location(f"{folder}/{name}"), f"is not read{hint}"))
        path = f"{folder}/issue.yaml"
        if not os.path.lexists(self.root / path):
            begin = f'run "roundup new {key}"' if folder.endswith(f"/{key}") else f"rename the folder to {key} and begin it"
            self.note(folder, f"there is no issue.yaml; {begin}, or remove the folder")
            return None
        before = len(self.problems)
        text, data = self.text(path)
        title = config.issue_title.replace("{key}", str(key))
        file = parse_issue(text, path, key, title, self.problems, self.advice) if text is not None else None
        digest = hashlib.blake2b(data, digest_size=16)
        picks, unread_picks = self.records(f"{folder}/commentary", digest, self.pick)
        papers, unread_papers = self.records(f"{folder}/papers", digest, self.paper)
        figures, unread_figures = self.figures(folder, digest)
        if file is None:
            return None
        self.unsure = not file.date_is_sure
        unread = Unread(
            frozenset(unread_picks or ()), frozenset(unread_papers or ()), frozenset(unread_figures or ()),
            unread_picks is None, unread_papers is None, unread_figures is None,
            frozenset(problem.where.path for problem in self.problems[before:]),
        )  # fmt: skip
        issue = replace(assemble(file, picks, papers, unread, self.problems), figures=tuple(figures), digest=digest.hexdigest())
        from roundup.showing import missing_figures  # it reads Markdown, which nobody needs for an issue that has not changed

        self.problems.extend(missing_figures(issue))
        return issue

    def records(self, folder: str, digest: hashlib.blake2b, read: Callable[[str, str, list[str]], Value | None]) -> tuple[list[Value], set[str] | None]:
        """Return what the files of a folder hold, and the names of those that could not be read; None for all of them."""
        found: list[Value] = []
        unread: set[str] = set()
        names = self.names(folder, ".yaml")
        for name in names or ():
            path = f"{folder}/{name}"
            text, data = self.text(path)
            one = read(text, path, names or []) if text is not None else None
            if one is None:
                unread |= self._names_of(name, text)
            else:
                found.append(one)
            digest.update(path.encode() + b"\0" + data)
        return found, None if names is None else unread

    def pick(self, text: str, path: str, names: list[str]) -> PickFile | None:
        pick = parse_pick(text, path, self.problems, self.advice)
        if pick and isinstance(pick.about, ArxivId) and pick.about.name != pick.stem:
            where = Location(path, dict(pick.lines).get("paper", 1))
            self.misnamed(where, f'paper "{pick.about}"', f'"{pick.about}"', pick.stem, pick.about.name, names)
            return None
        return pick

    def paper(self, text: str, path: str, names: list[str]) -> Paper | None:
        paper = parse_paper(text, path, self.problems)
        name = path.rpartition("/")[2]
        if paper and f"{paper.id.name}.yaml" != name:
            whose = f'the record of "{paper.id.base}"'
            self.misnamed(paper.where, whose, whose, name, paper.id.name, names)
            return None
        return paper

    def misnamed(self, where: Location, what: str, short: str, called: str, name: str, names: list[str]) -> None:
        """Note a file that is named otherwise than the paper in it; where that paper has its own file, it stands twice."""
        folder = where.path.rpartition("/")[0]
        if f"{name}.yaml" in names:
            self.problems.append(Problem(Location(where.path, 1), f"{short} already stands at {folder}/{name}.yaml:1; keep one"))
        else:
            self.problems.append(Problem(where, f'{what} stands in a file called "{called}"; rename it to {name}.yaml, or mend the ID'))

    def _names_of(self, name: str, text: str | None) -> set[str]:
        """Return what a file that could not be read may be about: what it is called, and what stands in it as an ID."""
        inside = re.search(r"^(?:paper|id):\s*[\"']?([\w./-]+)", text or "", re.M)
        return {name.removesuffix(".yaml"), *({inside[1].replace("/", "-")} if inside else ())}

    def figures(self, folder: str, digest: hashlib.blake2b) -> tuple[list[Figure], set[str] | None]:
        """Return the figures, and the names of those that are none; None for all."""
        figures: list[Figure] = []
        unread: set[str] = set()
        names = self.names(f"{folder}/figures")
        for name in names or ():
            path = f"{folder}/figures/{name}"
            if (self.root / path).is_dir() and not (self.root / path).is_symlink():
                figures.append(Figure(f"figures/{name}", fault="is a folder: figures stand in figures/ itself; move its files up"))
                continue
            data = self.content(path)
            if data is None:
                unread.add(f"figures/{name}")
                continue
            content = hashlib.blake2b(data, digest_size=16).hexdigest()
            try:
                figures.append(Figure(f"figures/{name}", *measure(data, name), content))
            except ValueError as error:
                figures.append(Figure(f"figures/{name}", fault=f"figure {error}", digest=content))
            digest.update(f"{name}\0{content}".encode())
        return figures, None if names is None else unread

    def theme(self, config: Config) -> Theme:
        own, tables = {}, {}
        if not _same(self.root / "templates", built_in_templates()):
            for path in self.tree("templates"):
                if path.startswith(LANGUAGES) and path.endswith(".yaml"):
                    tables[path.removeprefix(LANGUAGES).removesuffix(".yaml")] = path
                    continue
                if not path.endswith(_TEMPLATES):
                    self.advice.append(Problem(Location(path), f"is not read: a template ends in {', '.join(_TEMPLATES)}; put other files into assets/"))
                    continue
                text, _ = self.text(path)
                if text is not None:
                    own[path.removeprefix("templates/")] = text
        built_in = {p.name: p.read_text(encoding="utf-8") for p in sorted(built_in_templates().iterdir()) if p.is_file()}
        fonts = {p.name: p.read_bytes() for p in sorted((built_in_templates() / "fonts").iterdir())}
        cards = {p.name: p.read_bytes() for p in sorted((built_in_templates() / "cards").iterdir())} if config.url else {}
        return Theme(built_in, own, release(), fonts, cards, self.language(config, tables))

    def language(self, config: Config, own: Mapping[str, str]) -> Language:
        """Return the words of the digest's language: those of its own table, then those of ours, then English ones."""
        built_in = {p.stem: p for p in sorted((built_in_templates() / "languages").iterdir())}
        tag = config.language.lower()
        names = (tag, _spoken(tag))
        ours = next((built_in[name] for name in names if name in built_in), None)
        theirs = next((name for name in own if name.lower() in names), "")
        language = parse_language(ours.read_text(encoding="utf-8"), f"roundup/languages/{ours.name}", ENGLISH, self.problems) if ours else ENGLISH
        if theirs:
            text, _ = self.text(own[theirs])
            language = parse_language(text, own[theirs], language, self.problems) if text is not None else language
        elif ours is None and names[1] != "en":
            what = f'language "{config.language}" has no words here, and pages would say theirs in English'
            self.advice.append(Problem(config.at("language"), f"{what}; write {LANGUAGES}{names[1]}.yaml, or choose one of {', '.join(['en', *built_in])}"))
        if any(problem.where == config.at("language") for problem in self.problems):
            return language  # which language is meant is not known
        for name, path in own.items():
            if name != theirs:
                self.advice.append(Problem(Location(path), f'is not read: the language of the digest is "{config.language}"; remove it, or change "language"'))
        return language

    def assets(self) -> Iterator[Asset]:
        for path in self.tree("assets"):
            data = self.content(path)
            if data is not None:
                yield Asset(path, path, hashlib.blake2b(data, digest_size=16).hexdigest())


def built_in_templates() -> Path:
    """Return the folder of our own templates: packed into the wheel, or beside the package in a checkout."""
    packed = Path(__file__).parent.parent / "templates"
    return packed if packed.is_dir() else Path(__file__).parent.parent.parent / "templates"


def _spoken(tag: str) -> str:
    """Return the language that a tag's region speaks: ``pt-br`` speaks as ``pt`` does, but ``zh-tw`` writes other characters than ``zh``."""
    language, *regions = tag.split("-")
    return "zh-hant" if language == "zh" and {"tw", "hk", "mo", "hant"} & set(regions) else language


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and os.path.samefile(one, other)
