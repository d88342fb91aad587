"""What a command works on: the digest, the issues that it names, and what stands against showing them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session
from roundup.errors import Problem, RefusedError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from roundup.catalogue import Catalogue
    from roundup.issue import Head, IssueKey
    from roundup.outputs import Output
    from roundup.store.reading import Digest


def a_day(context: click.Context, option: click.Parameter, text: str | None) -> dt.date | None:
    """Return the day that an option names."""
    import datetime as dt

    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # which Python reads in other forms, too
        raise click.BadParameter(f'"{text}" is no date; write it as 2024-01-31')
    return day


def digest_of(session: Session) -> Digest:
    from roundup.store.reading import read_digest

    return read_digest(root_of(session))


def root_of(session: Session) -> Path:
    """Return the top folder of the digest that the command works on."""
    from pathlib import Path

    from roundup.store.disk import find_root

    if not os.path.isdir(session.start):
        raise RefusedError(f"{session.start} is no folder; name one with -C")
    return find_root(Path(session.start))


def users_cache() -> str:
    """Return the folder for what may vanish and is the user's, not a digest's; nothing where there is no home. One that is not absolute is none, says XDG."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = given if os.path.isabs(given) else os.path.join(os.environ["HOME"], ".cache") if os.environ.get("HOME") else ""
    return os.path.join(home, "roundup") if home else ""


def card_maker() -> str:
    """Return the release of Pillow, which draws social cards, or nothing where it is not installed or cannot set text. It is not imported for that."""
    import glob
    import re
    from importlib.util import find_spec

    spec = find_spec("PIL")
    if not spec or not spec.origin:
        return ""
    folder = os.path.dirname(spec.origin)
    with open(f"{folder}/_version.py", encoding="utf-8") as file:
        version = re.search(r'"([0-9][^"]*)"', file.read())
    return version[1] if version and glob.glob(f"{folder}/_imagingft.*") else ""


def folders_of(digest: Digest, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of the issues that ``keys`` name, each with a slash at its end."""
    from roundup.errors import nearest

    folders = {head.key: f"{head.folder}/" for head in digest.archive.heads}
    unread = [problem.where.path.split("/")[1] for problem in digest.problems if problem.where.path.startswith("issues/")]
    broken = {key_of_folder(name): f"issues/{name}/" for name in unread}
    found = []
    for text in keys:
        key = parse_key(text)
        folder = folders.get(key) or broken.get(key)
        if folder is None:
            raise RefusedError(f'there is no issue "{key}"{nearest(str(key), map(str, folders)) or f"; begin it with: roundup new {key}"}')
        found.append(folder)
    return tuple(found)


def refuse_drafts(hidden: tuple[Head, ...], wanted: tuple[str, ...]) -> None:
    """A draft goes into the site only when asked for by its option; its name alone may be a slip."""
    for issue in hidden:
        if f"{issue.folder}/" in wanted:
            raise RefusedError(f"{issue.key} is a draft; give it a date, or build with --drafts")


def folder_of(output: str | None, root: Path) -> Path:
    """Return the folder that the site goes to; never one among the digest's own files."""
    from pathlib import Path

    if output == "":
        raise RefusedError("the output folder has no name; give one with --output")
    folder = Path(output) if output else root / "site"
    for name in ("issues", "templates", "assets", "roundup.yaml", ".roundup", ".git"):
        if Path(os.path.realpath(folder)).is_relative_to(root / name):
            raise RefusedError(f"{folder} lies among the digest's own files; choose another folder with --output")
    return folder


def parse_key(text: str) -> IssueKey:
    from roundup.issue import parse_issue_key

    try:
        return parse_issue_key(text.removeprefix("issues/").rstrip("/"))
    except ValueError as error:
        raise RefusedError(str(error)) from error


def key_of_folder(folder: str) -> IssueKey | None:
    """Return the key that a folder's name spells, or None."""
    from roundup.issue import parse_issue_key

    try:
        return parse_issue_key(folder)
    except ValueError:
        return None


def blocking_problems(problems: Iterable[Problem], digest: Digest, hidden: tuple[Head, ...], wanted: tuple[str, ...]) -> list[Problem]:
    """Return what stands against this build: problems of the issues that it shows, and of what they share.

    A ``hidden`` draft may be in any state; an issue that may have a date, as far as one can tell, is nobody's draft.
    """
    drafts = {issue.folder for issue in hidden} - digest.shelved.unsure

    def blocks(problem: Problem) -> bool:
        folder = "/".join(problem.where.path.split("/")[:2])
        if not problem.where.path.startswith("issues/"):
            return True
        return f"{folder}/" in wanted if wanted else folder not in drafts

    return [problem for problem in problems if blocks(problem)]


def belongs(output: Output, catalogue: Catalogue, wanted: tuple[str, ...], *, is_known: bool) -> bool:
    """Tell whether an output shows one of the wanted issues, or is one that their pages cannot do without.

    The trail is one where the whole digest ``is_known``: without an issue that cannot be read just now, it would forget what stood where.
    """
    from roundup.catalogue import Listing

    if output.issue:
        return any(key_of_folder(folder.split("/")[1]) == output.issue for folder in wanted)
    if about := catalogue.find(output.about):
        coverages = about.coverages if isinstance(about, Listing) else (about,)
        return any(f"{standing.head.folder}/" in wanted for coverage in coverages for standing in coverage.standings)
    return output.kind in {"stylesheet", "script", "icon", "font"} or (is_known and output.kind == "trail") or output.source.startswith(wanted)
