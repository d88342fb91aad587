"""``check`` and ``build``: tell what is wrong, make the site."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from roundup.cli.door import Session, command, print_json, today
from roundup.cli.wanted import (
    belongs,
    blocking_problems,
    card_maker,
    digest_of,
    folder_of,
    folders_of,
    key_of_folder,
    parse_key,
    refuse_drafts,
    root_of,
    users_cache,
)
from roundup.errors import Problem, SourceError, count, report

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.build import Report
    from roundup.engine import Engine
    from roundup.issue import Head
    from roundup.store.reading import Digest


@command("roundup check 2023-8")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(session: Session, keys: tuple[str, ...], as_json: bool) -> None:
    """Tell every problem of every issue, or of the issues KEY.

    Drafts are checked, too.
    """
    from roundup.check import Checks
    from roundup.jobs import site_of
    from roundup.pages.letter import mail_size
    from roundup.pages.theme import drawing, unfit_templates
    from roundup.plan import plan

    digest = digest_of(session)
    wanted = folders_of(digest, keys)
    site = site_of(digest, drafts=True, cards=card_maker())
    planned = plan(site)
    checks = Checks(site, {output.path: output for output in planned.outputs}, today(), mail_size(site, drawing(digest.theme)))
    found = {*digest.problems, *digest.advice, *unfit_templates(digest.theme), *planned.faults, *checks.of_site()}
    for issue in site.archive.issues:
        try:
            found |= set(checks.of(issue))
        except SourceError as error:  # of a template
            found |= set(error.problems)
    told = {parse_key(text) for text in keys}
    problems = sorted(p for p in found if not keys or not p.where.path.startswith("issues/") or key_of_folder(p.where.path.split("/")[1]) in told)
    if as_json:
        rows = [{"path": p.where.path, "line": p.where.line, "message": p.what} for p in problems]
        print_json(rows)
    elif problems:
        click.echo(report(problems))  # they are the result; quiet keeps them
    else:
        session.say(f"no problems in {count(len(wanted or digest.archive.heads), 'issue')}")
    if problems:
        raise click.exceptions.Exit(SourceError.exit_code)


@command("roundup build --drafts")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--drafts", is_flag=True, help="Build issues without a date, too.")
@click.option("--output", metavar="DIR", help="Where the site goes; site/ in the digest by default.")
@click.option("--workers", metavar="N", type=click.IntRange(1), default=None, help="How many processes draw, on Linux; as many as there are cores by default.")
@click.option("--executor", metavar="NAME", help="Draw on a cluster, as dask:HOST:PORT; its workers share the digest's disk.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written and removed as JSON.")
def build(session: Session, keys: tuple[str, ...], drafts: bool, output: str | None, workers: int | None, executor: str | None, as_json: bool) -> None:
    """Build the site, or only the pages of the issues KEY."""
    from roundup.engine import Engine
    from roundup.store.lock import alone
    from roundup.workers import Workers, named

    began = time.perf_counter()
    context = click.get_current_context()
    context.with_resource(alone(root_of(session), session.remark, must=False))  # nobody fetches while it reads
    engine = Engine(root_of(session), context.with_resource(named(executor)) if executor else Workers(workers or 0), users_cache())
    digest = engine.read()
    folder = folder_of(output, digest.root)
    made = make_site(session, engine, digest, folder, keys=keys, drafts=drafts)
    done = made.report
    if as_json:
        print_json({"folder": str(folder), "written": done.written, "removed": done.removed, "kept": done.kept})
        return
    _tell_done(session, folder, done, made.shown, time.perf_counter() - began)
    tell_beside(session, digest, made)


class Made(NamedTuple):
    """What became of a build: what was done, the issues that were wanted, and what is to be told beside it."""

    report: Report
    shown: list[Head]
    hidden: tuple[Head, ...]
    odd: set[Problem]
    moved: bool
    unindexed: bool


def make_site(session: Session, engine: Engine, digest: Digest, folder: Path, *, keys: tuple[str, ...] = (), drafts: bool = False, trail: str = "") -> Made:
    """Build the site into a folder; ``trail`` is where pages stood once, for a folder that does not know it."""
    from roundup import pagefind
    from roundup.store.permalinks import keep_permalinks

    wanted = folders_of(digest, keys)
    cards = card_maker() if digest.config.url else ""
    if digest.config.url and not cards:
        session.say('no social cards: they need Pillow; pip install "roundup-digest[cards]"', 1)
    hidden = () if drafts else digest.archive.drafts()
    refuse_drafts(hidden, wanted)
    if blocking := blocking_problems(digest.problems, digest, hidden, wanted):
        raise SourceError(blocking)
    to_index = digest.config.search == "pagefind" and bool(digest.archive.heads if drafts else digest.archive.published().heads) and not keys
    can_index = to_index and pagefind.is_installed()
    built = engine.build(
        digest, folder, today(), drafts=drafts, cards=cards, only=partial(belongs, wanted=wanted, is_known=not digest.problems) if keys else None,
        spared=lambda path: can_index and pagefind.is_of_index(path), trail=trail,
    )  # fmt: skip
    done = built.report
    moved = not keys and not drafts and built.permalinks != digest.permalinks and _is_the_site(folder, digest.root)
    if moved:
        keep_permalinks(digest.root, built.permalinks)
    if can_index:
        done += pagefind.build_index(folder)
    shown = [head for head in built.archive.heads if not keys or f"{head.folder}/" in wanted]
    written = {path.partition("/")[0] for path in done.written}
    advice = {p for p in digest.advice if p.where.path.startswith(tuple(f"{head.folder}/" for head in shown if str(head.key) in written))}
    odd = advice.union(*(problems for key, problems in built.odd.items() if key in written))
    return Made(done, shown, () if keys else hidden, odd, moved, to_index and not can_index)


def _is_the_site(folder: Path, root: Path) -> bool:
    """Tell whether what has moved in a folder has moved for readers. A digest that has a site of its own is only tried out elsewhere."""
    from roundup.plan import TRAIL

    own = root / "site"
    return os.path.realpath(folder) == os.path.realpath(own) or not (own / TRAIL).exists()


def _tell_done(session: Session, folder: Path, done: Report, built: list[Head], seconds: float) -> None:
    for path in done.written:
        session.say(f"wrote {path}", 1)
    for path in done.removed:
        session.say(f"removed {path}", 1)
    for path in done.kept:
        session.remark(f"{folder / path} was made by an earlier build and changed since; it stays, remove it if it is not wanted")
    papers = sum(head.papers for head in built)
    session.say(
        f"{folder}: {count(len(built), 'issue')}, {count(papers, 'paper')}; {len(done.written):,} written, "
        f"{done.unchanged:,} unchanged, {len(done.removed):,} removed in {seconds:.2f} s"
    )


def tell_beside(session: Session, digest: Digest, made: Made) -> None:
    """Tell what an editor should know of a build beside its result."""
    if made.odd:
        session.remark(f'built, with {count(len(made.odd), "problem")} to look at; "roundup check" tells {"it" if len(made.odd) == 1 else "them"}')
    if made.unindexed:
        session.remark('search finds nothing: its index needs Pagefind; pip install "roundup-digest[search]", and build again')
    if made.moved:
        session.remark("permalinks.yaml says what has moved; keep it in the repository")
    if not (digest.root / "roundup.yaml").exists():
        session.remark("there is no roundup.yaml: the digest was built with defaults")
    if made.hidden:
        shown = ", ".join(str(issue.key) for issue in made.hidden)
        session.remark(f"left out: {count(len(made.hidden), 'draft')} ({shown}); build with --drafts to see {'it' if len(made.hidden) == 1 else 'them'}")
