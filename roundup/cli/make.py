"""``check`` and ``build``: tell what is wrong, make the site."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, today
from roundup.cli.wanted import belongs, blocking_problems, digest_of, folder_of, folders_of, key_of_folder, parse_key, refuse_drafts, site_of
from roundup.errors import Problem, SourceError, count, report

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.build import Report
    from roundup.issue import Head
    from roundup.plan import Output
    from roundup.store.reading import Digest


@command("roundup check 2023-8")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(session: Session, keys: tuple[str, ...], as_json: bool) -> None:
    """Tell every problem of every issue, or of the issues KEY, drafts included."""
    from roundup.check import Checks
    from roundup.pages.theme import unfit_templates
    from roundup.plan import plan

    digest = digest_of(session)
    wanted = folders_of(digest, keys)
    site = site_of(digest, drafts=True)
    planned = plan(site)
    checks = Checks(site, planned, today())
    found = {*digest.problems, *digest.advice, *unfit_templates(digest.theme), *planned.faults, *checks.of_site()}
    found |= {problem for issue in site.archive.issues for problem in checks.of(issue)}
    told = {parse_key(text) for text in keys}
    problems = sorted(p for p in found if not keys or not p.where.path.startswith("issues/") or key_of_folder(p.where.path.split("/")[1]) in told)
    if as_json:
        import json

        rows = [{"path": p.where.path, "line": p.where.line, "message": p.what} for p in problems]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
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
@click.option("--json", "as_json", is_flag=True, help="Print what was written and removed as JSON.")
def build(session: Session, keys: tuple[str, ...], drafts: bool, output: str | None, as_json: bool) -> None:
    """Build the site, or only the pages of the issues KEY."""
    from roundup import pagefind
    from roundup.build import build as build_site
    from roundup.build import last_built
    from roundup.check import Checks
    from roundup.moves import kept, parse_trail
    from roundup.pages import render
    from roundup.pages.theme import drawing
    from roundup.plan import TRAIL, plan
    from roundup.store.writing import keep_permalinks

    began = time.perf_counter()
    digest = digest_of(session)
    wanted = folders_of(digest, keys)
    site = site_of(digest, drafts=drafts)
    if site.config.url and not site.cards:
        session.say('no social cards: they need Pillow; pip install "roundup-digest[cards]"', 1)
    hidden = () if drafts else digest.archive.drafts()
    refuse_drafts(hidden, wanted)
    folder = folder_of(output, digest.root)
    site = site.keeping(kept(digest.permalinks, parse_trail(last_built(folder, TRAIL)), site.trail(), site.config))
    planned = plan(site)
    if blocking := blocking_problems({*digest.problems, *planned.faults}, digest, hidden, wanted):
        raise SourceError(blocking)
    ready = drawing(site.theme)
    checks = Checks(site, planned, today())
    odd: dict[str, set[Problem]] = {}  # by the key of the issue

    def draw(one: Output) -> bytes:
        session.say(f"drawing {one.path}", 2)
        if one.issue and (key := str(one.issue)) not in odd:
            odd[key] = set(checks.of(site.archive.issue(one.issue)))  # while what was parsed of it is at hand
        return (digest.root / one.source).read_bytes() if one.source else render(one, site, ready)

    to_index = site.config.search == "pagefind" and bool(site.archive.heads) and not keys
    can_index = to_index and pagefind.is_installed()
    done = build_site(
        tuple(o for o in planned.outputs if not keys or belongs(o, wanted)), draw, folder,
        spared=lambda path: bool(keys) or (can_index and pagefind.is_of_index(path)),
    )  # fmt: skip
    moved = not keys and not drafts and site.permalinks != digest.permalinks
    if moved:
        keep_permalinks(digest.root, site.permalinks)
    if can_index:
        done += pagefind.build_index(folder)
    if as_json:
        import json

        click.echo(json.dumps({"folder": str(folder), "written": done.written, "removed": done.removed, "kept": done.kept}, indent=2))
        return
    built = [head for head in site.archive.heads if not keys or f"{head.folder}/" in wanted]
    _tell_done(session, folder, done, built, time.perf_counter() - began)
    written = {path.partition("/")[0] for path in done.written}
    advice = {p for p in digest.advice if p.where.path.startswith(tuple(f"{i.folder}/" for i in built if str(i.key) in written))}
    _tell_odd(session, advice.union(*(problems for key, problems in odd.items() if key in written)))
    _tell_beside(session, digest, () if keys else hidden, moved=moved, unindexed=to_index and not can_index)


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
        f"{len(done.unchanged):,} unchanged, {len(done.removed):,} removed in {seconds:.2f} s"
    )


def _tell_beside(session: Session, digest: Digest, hidden: tuple[Head, ...], *, moved: bool, unindexed: bool) -> None:
    if unindexed:
        session.remark('search finds nothing: its index needs Pagefind; pip install "roundup-digest[search]", and build again')
    if moved:
        session.remark("permalinks.yaml says what has moved; keep it in the repository")
    if not (digest.root / "roundup.yaml").exists():
        session.remark("there is no roundup.yaml: the digest was built with defaults")
    if hidden:
        shown = ", ".join(str(issue.key) for issue in hidden)
        session.remark(f"left out: {count(len(hidden), 'draft')} ({shown}); build with --drafts to see {'it' if len(hidden) == 1 else 'them'}")


def _tell_odd(session: Session, found: set[Problem]) -> None:
    if found:
        session.remark(f'built, with {count(len(found), "problem")} to look at; "roundup check" tells {"it" if len(found) == 1 else "them"}')
