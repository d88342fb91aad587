"""``publish``: the site to where it is read."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, now, print_json
from roundup.cli.make import make_site, tell_beside
from roundup.cli.progress import Bar
from roundup.cli.wanted import folder_of, root_of, users_cache
from roundup.errors import Problem, RefusedError, SourceError, count, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.config import Config, Destination
    from roundup.publish.change import Change, There
    from roundup.publish.target import Target

_DRAWN = 200  # times at most, whatever there is to do


@command("roundup publish --dry-run")
@click.option("--to", metavar="NAME", help="Where to; a name under publish: in roundup.yaml.")
@click.option("--dry-run", is_flag=True, help="Build, and print what would be changed there; change nothing there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was added, changed and removed as JSON.")
def publish(session: Session, to: str | None, dry_run: bool, as_json: bool) -> None:
    """Build the site and bring it to where it is read.

    Where that is, publish: in roundup.yaml says.

    Only what differs is brought there, and only what an earlier publishing brought there is removed.
    """
    from roundup.engine import Engine
    from roundup.manifest import MANIFEST
    from roundup.publish import target as targets
    from roundup.publish.built import BuiltSite
    from roundup.store.lock import alone
    from roundup.workers import Workers

    began = time.perf_counter()
    root = root_of(session)
    click.get_current_context().with_resource(alone(root, session.remark))
    engine = Engine(root, Workers(0), users_cache())
    digest = engine.read()
    if unsound := [problem for problem in digest.problems if problem.where.path == "roundup.yaml"]:
        raise SourceError(unsound)
    target = _target(session, _destination(digest.config, to), root)
    if not digest.archive.published().heads:
        raise RefusedError("there is no issue to publish; give one a date")
    there = targets.look(target)
    folder = folder_of(None, root)
    is_fresh = not (folder / MANIFEST).exists()  # a clone: what has moved since is seen from what is published
    made = make_site(session, engine, digest, folder, trail=_trail(target, there) if is_fresh else "")
    site = BuiltSite(folder)
    bar = Bar(session)
    try:
        change = targets.difference(site, there, target) if dry_run else targets.publish(target, site, there, lambda done, whole: _show(bar, done, whole))
    finally:
        bar.clear()
    if as_json:
        rows = {"target": target.name, "dry_run": dry_run, "added": change.added, "changed": change.changed, "removed": change.removed}
        print_json(rows)
        return
    _tell(session, target, change, len(site.hashes), time.perf_counter() - began, dry_run=dry_run)
    tell_beside(session, digest, made)


def _trail(target: Target, there: There) -> str:
    """Return where pages stood in the site that is published."""
    from roundup.plan import TRAIL

    return target.read(TRAIL).decode("utf-8", "replace") if TRAIL in there.paths & there.ours.keys() else ""


def _destination(config: Config, name: str | None) -> Destination:
    """Return where to publish to: what is named, or all that there is."""
    known = dict(config.publish)
    if not config.url:
        what = '"url" is missing, and without it links in feeds and mail lead nowhere; say where the site will stand'
        raise SourceError([Problem(config.where, what)])
    if not known:
        raise SourceError([Problem(config.where, '"publish" is missing; say where the site goes, as publish: {to: folder, path: ../www}')])
    if name is None and len(known) > 1:
        raise RefusedError(f"roundup.yaml names {count(len(known), 'place')} to publish to; choose one with --to {' or --to '.join(known)}")
    if name is not None and name not in known:
        raise RefusedError(f'there is no "{name}" under publish: in roundup.yaml{nearest(name, known) or "; there is " + ", ".join(known)}')
    return known[name or next(iter(known))]


def _target(session: Session, to: Destination, root: Path) -> Target:
    from pathlib import Path

    from roundup import config

    match to:
        case config.ToBranch():
            from roundup.publish.branch import BranchTarget

            return BranchTarget(to, root, os.environ, int(now().timestamp()))
        case config.ToFolder():
            from roundup.publish.folder import FolderTarget

            return FolderTarget(to.path, root, Path(os.path.expanduser("~")), session.remark)
        case config.ToRsync():
            from roundup.publish.rsync import RsyncTarget

            return RsyncTarget(to.path, root, os.environ)
        case config.ToBucket():
            from roundup.publish.bucket import BucketTarget

            return BucketTarget(to)


def _show(bar: Bar, done: int, whole: int) -> None:
    if done == whole or not done % (whole // _DRAWN + 1):
        bar.draw(done, whole, f"{done:,} of {count(whole, 'file')}")


def _tell(session: Session, target: Target, change: Change, files: int, seconds: float, *, dry_run: bool) -> None:
    for words, paths in (("add", change.added), ("change", change.changed), ("remove", change.removed)):
        for path in paths:
            session.say(f"would {words} {path}" if dry_run else f"{words.removesuffix('e')}ed {path}", 0 if dry_run else 1)
    added, changed, removed = (f"{len(paths):,}" for paths in (change.added, change.changed, change.removed))
    if not change:
        session.say(f"{target.name}: up to date, {count(files, 'file')}")
    elif dry_run:
        session.say(f"{target.name}: would add {added}, change {changed}, remove {removed}; nothing was changed there")
    else:
        session.say(f"{target.name}: {added} added, {changed} changed, {removed} removed in {seconds:.2f} s")
