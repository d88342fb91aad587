"""``init`` and ``new``: begin a digest, begin an issue."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import click

from roundup import __version__
from roundup.cli.door import Session, command, today
from roundup.cli.wanted import digest_of, key_of_folder, parse_key
from roundup.errors import RefusedError, SourceError

if TYPE_CHECKING:
    from roundup.issue import IssueKey
    from roundup.store.reading import Digest


@command("roundup init my-digest")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--title", help="What the digest is called; the folder's name by default.")
@click.option("--cadence", type=click.Choice(["monthly", "weekly", "daily"]), default="monthly", show_default=True, help="How often an issue comes out.")
def init(session: Session, folder: str, title: str | None, cadence: str) -> None:
    """Make a new digest in DIR.

    It has a configuration, a first issue, and workflows for GitHub.
    """
    import shlex
    from pathlib import Path

    from roundup.starter import new_digest
    from roundup.store.beginning import create, stands

    root = Path(session.start) / folder
    place = Path(os.path.realpath(root))
    name = title or place.name.replace("-", " ").replace("_", " ").strip().capitalize() or "Roundup"
    if outer := next((up for up in place.parents if (up / "roundup.yaml").is_file()), None):
        session.remark(f"{root} lies inside another digest, {outer}")
    files = new_digest(name, cadence, today(), __version__)
    # those of a repository that was there before
    kept = [path for path, words in files.items() if path.startswith(".") and (root / path).exists() and not stands(root / path, words)]
    made = {path: text for path, text in files.items() if path not in kept}
    create(root, made)
    for path in made:
        session.say(f"made {root / path}", 1)
    for path in kept:
        session.remark(f"{root / path} was there and stays as it is")
    where = "" if root == Path() else f"cd {shlex.quote(str(root))} && "
    session.say(f"a new digest stands in {root}; next: {where}roundup build")


@command("roundup new 2023-9")
@click.argument("key", required=False)
@click.option("--list", "is_list", is_flag=True, help="Begin a bare list, as of a day's papers: no commentary, sorted by votes.")
def new(session: Session, key: str | None, is_list: bool) -> None:
    """Begin the next issue by the digest's cadence, or issue KEY."""
    from roundup.issue import key_of
    from roundup.starter import new_issue
    from roundup.store.beginning import create
    from roundup.store.lock import alone

    digest = digest_of(session)
    if unsound := [problem for problem in digest.problems if problem.where.path == "roundup.yaml"]:
        raise SourceError(unsound)
    newest = max((head.key for head in digest.archive.heads), default=None)
    current = key_of(today(), digest.config.cadence)
    wanted = parse_key(key) if key else current if newest is None or newest < current else _next(newest, digest.config.cadence)
    files = new_issue(wanted, today(), is_list=is_list)
    if there := [name for name in _folders(digest) if key_of_folder(name) == wanted and not _is_free(digest, name, files)]:
        raise RefusedError(f"{digest.root / 'issues' / there[0]} is there already; nothing was changed")
    with alone(digest.root, session.remark):
        create(digest.root, files)
    session.say(f"{'list' if is_list else 'issue'} {wanted} is a draft in {', '.join(files)}")


def _folders(digest: Digest) -> list[str]:
    issues = digest.root / "issues"
    return sorted(os.listdir(issues)) if issues.is_dir() else []


def _is_free(digest: Digest, name: str, files: dict[str, str]) -> bool:
    """Tell whether the folder is the new issue's own, and holds no issue.yaml yet, or the very one, of a run that was stopped."""
    from roundup.store.beginning import stands

    folder, ((path, words),) = digest.root / "issues" / name, files.items()
    file = digest.root / path
    return folder.is_dir() and file.parent == folder and (stands(file, words) or not os.path.lexists(file))


def _next(newest: IssueKey, cadence: str) -> IssueKey:
    from roundup.issue import key_of

    try:
        return newest.next() if newest.cadence == cadence else key_of(newest.last_day + dt.timedelta(days=1), cadence)
    except OverflowError:
        raise RefusedError(f"the calendar ends with {newest}; name the issue to begin") from None
