"""The door: commands read, call one function, write and report. Heavy imports stand inside the command that needs them."""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from roundup import __version__
from roundup.errors import Problem, RefusedError, RoundupError, SourceError, count, printable, report

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.issue import IssueKey
    from roundup.plan import Output, Site
    from roundup.store import Digest

EXIT_INTERRUPTED = 130


class Session:
    """What the options before the command's name say: where to work, and how much to tell (-1 quiet, 1 or more: all)."""

    def __init__(self) -> None:
        self.start = "."
        self.verbosity = 0

    def say(self, text: str, level: int = 0) -> None:
        """Print a result; nothing when quiet."""
        if self.verbosity >= level:
            click.echo(printable(text))

    def remark(self, text: str) -> None:
        """Tell something beside the result, on stderr."""
        if self.verbosity >= 0:
            click.echo(printable(text), err=True)


def today() -> dt.date:
    """Return the day; the one place that looks at the clock."""
    return dt.datetime.now(dt.timezone.utc).date()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; turn what went wrong into words and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no UTF-8 is no reason to fail
    try:
        sys.exit(cli.main(arguments, prog_name="roundup", standalone_mode=False) or 0)  # click gives back the code of an Exit
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing is half-written, run it again to go on", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except RoundupError as error:
        click.echo(printable(str(error)), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; so do we
        sys.exit(1)


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).verbosity = -1


def _verbose(context: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        context.ensure_object(Session).verbosity = value


def manners(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that stand before a command's name as well as behind it."""
    quiet = click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Print problems only.")
    verbose = click.option("-v", "--verbose", count=True, expose_value=False, callback=_verbose, help="Print what is done, too.")
    return quiet(verbose(function))


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog='Begin with "roundup init my-digest".')
@click.option("-C", "start", default=".", metavar="DIR", help="Work on the digest in DIR.")
@manners
@click.version_option(__version__, message="roundup %(version)s")
@click.pass_context
def cli(context: click.Context, start: str) -> None:
    """A literature digest: papers and commentary in YAML, every edition of an issue out."""
    context.ensure_object(Session).start = start


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command whose help ends with an example."""

    def wrap(function: Callable[..., None]) -> click.Command:
        return cli.command(epilog=f"Example: {example}")(manners(click.pass_obj(function)))

    return wrap


@command("roundup init my-digest")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--title", help="What the digest is called; the folder's name by default.")
@click.option("--cadence", type=click.Choice(["monthly", "weekly", "daily"]), default="monthly", show_default=True, help="How often an issue comes out.")
def init(session: Session, folder: str, title: str | None, cadence: str) -> None:
    """Make a new digest in DIR: configuration, a first issue, a workflow."""
    import shlex
    from pathlib import Path

    from roundup.starter import new_digest
    from roundup.store import create

    root = Path(session.start) / folder
    name = title or root.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize() or "Roundup"
    if outer := next((up for up in root.resolve().parents if (up / "roundup.yaml").is_file()), None):
        session.remark(f"{root} lies inside another digest, {outer}")
    files = new_digest(name, cadence, today(), __version__)
    kept = [path for path in files if path.startswith(".") and (root / path).exists()]  # those of a repository that was there before
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
def new(session: Session, key: str | None) -> None:
    """Begin the next issue by the digest's cadence, or issue KEY."""
    from roundup.issue import key_of
    from roundup.starter import new_issue
    from roundup.store import create

    digest = _digest(session)
    if unsound := [problem for problem in digest.problems if problem.where.path == "roundup.yaml"]:
        raise SourceError(unsound)
    newest = max((issue.key for issue in digest.archive.issues), default=None)
    current = key_of(today(), digest.config.cadence)
    wanted = _key(key) if key else current if newest is None or newest < current else _next(newest, digest.config.cadence)
    if there := [folder for folder in _folders(digest) if _key_of(folder) == wanted]:
        raise RefusedError(f"{digest.root / 'issues' / there[0]} is there already; nothing was changed")
    files = new_issue(wanted, today())
    create(digest.root, files)
    session.say(f"issue {wanted} is a draft in {', '.join(files)}")


@command("roundup check 2023-8")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(session: Session, keys: tuple[str, ...], as_json: bool) -> None:
    """Tell every problem of every issue, or of the issues KEY, drafts included."""
    from roundup import check as rules
    from roundup.pages.theme import unfit_templates
    from roundup.plan import plan

    digest = _digest(session)
    wanted = _issues(digest, keys)
    site = _site(digest, drafts=True)
    planned = plan(site)
    found = {*digest.problems, *digest.advice, *unfit_templates(digest.theme), *planned.faults, *rules.problems(site, planned, today(), site.archive.issues)}
    told = {_key(text) for text in keys}
    problems = sorted(p for p in found if not keys or not p.where.path.startswith("issues/") or _key_of(p.where.path.split("/")[1]) in told)
    if as_json:
        import json

        rows = [{"path": p.where.path, "line": p.where.line, "message": p.what} for p in problems]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif problems:
        click.echo(report(problems))  # they are the result; quiet keeps them
    else:
        session.say(f"no problems in {count(len(wanted or digest.archive.issues), 'issue')}")
    if problems:
        raise click.exceptions.Exit(SourceError.exit_code)


@command("roundup build --drafts")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--drafts", is_flag=True, help="Build issues without a date, too.")
@click.option("--output", metavar="DIR", help="Where the site goes; site/ in the digest by default.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written and removed as JSON.")
def build(session: Session, keys: tuple[str, ...], drafts: bool, output: str | None, as_json: bool) -> None:
    """Build the site, or only the pages of the issues KEY."""
    from pathlib import Path

    from roundup import check as rules
    from roundup.build import build as build_site
    from roundup.pages import render
    from roundup.pages.theme import drawing
    from roundup.plan import plan

    began = time.perf_counter()
    digest = _digest(session)
    wanted = _issues(digest, keys)
    site = _site(digest, drafts=drafts)
    _refuse_drafts(digest, site, wanted)
    planned = plan(site)
    blocking = _blocking({*digest.problems, *planned.faults}, digest, site, wanted)
    if blocking:
        raise SourceError(blocking)
    outputs = tuple(o for o in planned.outputs if not keys or _belongs(o, wanted))
    ready = drawing(site.theme)

    def draw(one: Output) -> bytes:
        session.say(f"drawing {one.path}", 2)
        return (digest.root / one.source).read_bytes() if one.source else render(one, site, ready)

    folder = Path(output) if output else digest.root / "site"
    _refuse_inside_sources(folder, digest.root)
    done = build_site(outputs, draw, folder, partly=bool(keys))
    if as_json:
        import json

        click.echo(json.dumps({"folder": str(folder), "written": done.written, "removed": done.removed, "kept": done.kept}, indent=2))
        return
    for path in done.written:
        session.say(f"wrote {path}", 1)
    for path in done.removed:
        session.say(f"removed {path}", 1)
    for path in done.kept:
        session.remark(f"{folder / path} was made by an earlier build and changed since; it stays, remove it if it is not wanted")
    built = [issue for issue in site.archive.issues if not keys or f"{issue.folder}/" in wanted]
    papers = sum(1 for issue in built for pick in issue.picks if pick.paper)
    session.say(
        f"{folder}: {count(len(built), 'issue')}, {count(papers, 'paper')}; {len(done.written):,} written, "
        f"{len(done.unchanged):,} unchanged, {len(done.removed):,} removed in {time.perf_counter() - began:.2f} s"
    )
    written = {path.partition("/")[0] for path in done.written}
    fresh = [issue for issue in built if str(issue.key) in written]
    odd = {p for p in digest.advice if p.where.path.startswith(tuple(f"{issue.folder}/" for issue in fresh))}
    if found := {*odd, *rules.problems(site, planned, today(), fresh)} if fresh else odd:
        session.remark(f'built, with {count(len(found), "problem")} to look at; "roundup check" tells {"it" if len(found) == 1 else "them"}')
    if not (digest.root / "roundup.yaml").exists():
        session.remark("there is no roundup.yaml: the digest was built with defaults")
    waiting = [str(issue.key) for issue in digest.archive.issues if issue not in site.archive.issues]
    if waiting and not keys:
        session.remark(f"left out: {count(len(waiting), 'draft')} ({', '.join(waiting)}); build with --drafts to see {'it' if len(waiting) == 1 else 'them'}")


# ---- what the commands share ----


def _digest(session: Session) -> Digest:
    from pathlib import Path

    from roundup.store import find_root, read_digest

    if not os.path.isdir(session.start):
        raise RefusedError(f"{session.start} is no folder; name one with -C")
    return read_digest(find_root(Path(session.start)))


def _site(digest: Digest, *, drafts: bool) -> Site:
    from roundup.plan import Site

    archive = digest.archive if drafts else digest.archive.published()
    return Site(digest.config, archive, digest.theme, digest.assets)


def _issues(digest: Digest, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of the issues that ``keys`` name, each with a slash at its end."""
    from roundup.errors import nearest

    folders = {issue.key: f"{issue.folder}/" for issue in digest.archive.issues}
    broken = {p.where.path.split("/")[1]: f"issues/{p.where.path.split('/')[1]}/" for p in digest.problems if p.where.path.startswith("issues/")}
    found = []
    for text in keys:
        key = _key(text)
        folder = folders.get(key) or broken.get(text)
        if folder is None:
            raise RefusedError(f'there is no issue "{key}"{nearest(str(key), map(str, folders)) or f"; begin it with: roundup new {key}"}')
        found.append(folder)
    return tuple(found)


def _refuse_drafts(digest: Digest, site: Site, wanted: tuple[str, ...]) -> None:
    """A draft goes into the site only when asked for by its option; its name alone may be a slip."""
    for issue in digest.archive.issues:
        if issue.is_draft and issue not in site.archive.issues and f"{issue.folder}/" in wanted:
            raise RefusedError(f"{issue.key} is a draft; give it a date, or build with --drafts")


def _refuse_inside_sources(folder: Path, root: Path) -> None:
    for name in ("issues", "templates", "assets", ".roundup", ".git"):
        if folder.resolve().is_relative_to(root / name):
            raise RefusedError(f"{folder} lies among the digest's own files; choose another folder with --output")


def _key(text: str) -> IssueKey:
    from roundup.issue import parse_issue_key

    try:
        return parse_issue_key(text.removeprefix("issues/").rstrip("/"))
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _key_of(folder: str) -> IssueKey | None:
    """Return the key that a folder's name spells, or None."""
    from roundup.issue import parse_issue_key

    try:
        return parse_issue_key(folder)
    except ValueError:
        return None


def _folders(digest: Digest) -> list[str]:
    issues = digest.root / "issues"
    return sorted(os.listdir(issues)) if issues.is_dir() else []


def _next(newest: IssueKey, cadence: str) -> IssueKey:
    from roundup.issue import key_of

    try:
        return newest.next() if newest.cadence == cadence else key_of(newest.last_day + dt.timedelta(days=1), cadence)
    except OverflowError:
        raise RefusedError(f"the calendar ends with {newest}; name the issue to begin") from None


def _blocking(problems: Iterable[Problem], digest: Digest, site: Site, wanted: tuple[str, ...]) -> list[Problem]:
    """Return what stands against this build: problems of the issues that it shows, and of what they share.

    A draft that is not built may be in any state; an issue that could not be read at all is nobody's draft.
    """
    drafts = {issue.folder for issue in digest.archive.issues if issue not in site.archive.issues} - digest.unsure

    def blocks(problem: Problem) -> bool:
        folder = "/".join(problem.where.path.split("/")[:2])
        if not problem.where.path.startswith("issues/"):
            return True
        return f"{folder}/" in wanted if wanted else folder not in drafts

    return [problem for problem in problems if blocks(problem)]


def _belongs(output: Output, wanted: tuple[str, ...]) -> bool:
    """Tell whether an output is of one of the wanted issues, or one that their pages cannot do without."""
    if output.issue:
        return f"{output.issue.folder}/" in wanted
    return output.kind == "stylesheet" or output.source.startswith(wanted)
