"""``figures``: what a paper's page shows, and the chosen ones as files of an issue."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, print_json
from roundup.cli.network import gathering_of, pace_of
from roundup.cli.wanted import parse_key, root_of
from roundup.errors import FetchError, RefusedError, count, printable

if TYPE_CHECKING:
    from roundup.copying import Copied
    from roundup.issue import IssueKey
    from roundup.paper import ArxivId, Paper
    from roundup.sources.gather import Missing, Sources
    from roundup.sources.htmlpages import Picture
    from roundup.store.shelf import Shelf, Shelves
    from roundup.terms import Terms


@command("roundup figures 2308.00951 --fetch 3")
@click.argument("paper", metavar="ID")
@click.option("--fetch", "keys", multiple=True, metavar="NUMBER", help="Fetch this figure; more of them by more of these.")
@click.option("--issue", "key", metavar="KEY", help="The issue to fetch them into; the current draft by default.")
@click.option("--delay", type=float, metavar="SECONDS", help="Seconds between requests; 3 by arXiv's terms, less only for a server on this machine.")
@click.option("--dry-run", is_flag=True, help="Tell what would be asked for; ask nobody and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def figures(session: Session, paper: str, keys: tuple[str, ...], key: str | None, delay: float | None, dry_run: bool, as_json: bool) -> None:
    """List the figures of a paper, or fetch some into an issue.

    They are those of its HTML page at arXiv.

    For each that was fetched, the line of Markdown that shows it is printed, for you to paste: with number, source and licence.
    """
    from contextlib import nullcontext

    from roundup.copying import chosen, copied, paper_of, refuse_unfit, refuse_withdrawn
    from roundup.store.lock import alone
    from roundup.store.shelf import Shelves
    from roundup.terms import terms_of

    wanted = _paper(paper)
    if keys and find_spec("PIL") is None:
        raise RefusedError('figures are drawn anew by Pillow before they are kept; pip install "roundup-digest[figures]"')
    root = root_of(session)
    shelves = Shelves(root)
    pace_s = pace_of(delay, shelves.config)
    issue = parse_key(key) if key else shelves.draft() if keys else None
    shelf = shelves.shelf(issue) if issue else None
    record = _record(wanted, shelves, issue)
    if dry_run:
        requests = len(keys) + (1 if record and record.license else 2)
        _tell_plan(session, record.id if record and not wanted.version else wanted, keys, issue, requests, pace_s, as_json)
        return
    missing: list[Missing] = []
    with alone(root, session.remark) if keys else nullcontext(), gathering_of(session, root, shelves.config, pace_s, lambda: None) as (gathering, _):
        sources = gathering.sources
        found = paper_of(wanted, record, sources)
        refuse_withdrawn(found)
        terms = terms_of(found.license)
        if keys:
            refuse_unfit(found, terms, may_copy_all=shelves.config.figure_licenses == "warn")
        pictures = sources.html.pictures(found.id)
        if not keys or shelf is None:
            _tell_listed(session, found, terms, pictures, sources, as_json)
            return
        take = chosen(pictures, keys, found.id)
        _remark(session, found, terms)
        shelves.sweep(shelf.key)
        done = []
        for one in copied(found, terms, take, shelf, sources, missing):
            done.append(one)
            if not as_json:
                click.echo(printable(one.markdown))  # they are the result; quiet keeps them
    _tell_copied(session, found, terms, done, missing, shelf, as_json)


def _paper(text: str) -> ArxivId:
    from roundup.paper import ArxivId
    from roundup.references import parse_reference

    try:
        found = parse_reference(text)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    if not isinstance(found, ArxivId):
        raise RefusedError(f'"{text}" is no paper of arXiv by its ID; write it as 2308.04079 or hep-th/9901001')
    return found


def _record(wanted: ArxivId, shelves: Shelves, issue: IssueKey | None) -> Paper | None:
    """Return the paper's record: that of the issue, else that of the newest issue which has one."""
    holders = shelves.holders().get(wanted.name, [])
    keys = [one for one in holders if one == issue] or holders
    return next((paper for one in keys if (paper := shelves.record(f"{shelves.folders[one]}/papers/{wanted.name}.yaml"))), None)


def _remark(session: Session, paper: Paper, terms: Terms) -> None:
    if not terms.may_copy:
        session.remark(f"{paper.id} stands under {terms.name}, which lets nobody copy its figures; they are copied all the same, as roundup.yaml says")
    elif terms.remark:
        session.remark(f"{terms.name} lets figures be copied {terms.remark}")


def _tell_plan(session: Session, paper: ArxivId, keys: tuple[str, ...], issue: IssueKey | None, requests: int, pace_s: float, as_json: bool) -> None:
    if as_json:
        print_json({"paper": str(paper), "figures": keys, "into": str(issue) if keys else None, "requests": requests})
        return
    named = f", and for {count(len(keys), 'figure')} of it into {issue}" if keys else ""
    session.say(f"would ask for the page of {paper}{named}, in about {count(requests, 'request')}, {(requests - 1) * pace_s:.0f} s")


def _tell_listed(session: Session, paper: Paper, terms: Terms, pictures: tuple[Picture, ...], sources: Sources, as_json: bool) -> None:
    from roundup.text.drawn import plain
    from roundup.text.filling import filled, prefixed

    if as_json:
        print_json({**_head(paper, terms), "figures": [_row(paper, one, sources) for one in pictures]})
        return
    for one in pictures:
        told = " ".join(filter(None, (f"{one.label or 'no number'}:", _said(one), "" if one.path else "[no file of its own]")))
        session.say("\n".join(prefixed(filled(told, 92), f"{one.key:<7} ", " " * 8)))
    may = f"may be copied under {terms.name}" if terms.may_copy else f"may not be copied: it stands under {terms.name}"
    only = f", {terms.remark}" if terms.remark else ""
    session.say(f"{paper.id}, {plain(paper.title)}: {count(len(pictures), 'picture')}, which {may}{only}")


def _tell_copied(session: Session, paper: Paper, terms: Terms, done: list[Copied], missing: list[Missing], shelf: Shelf, as_json: bool) -> None:
    if as_json:
        rows = [{"key": one.picture.key, "path": one.path, "state": one.state, "markdown": one.markdown} for one in done]
        print_json({**_head(paper, terms), "into": str(shelf.key), "fetched": rows, "missing": [{"asked": one.asked, "why": one.why} for one in missing]})
    elif done:
        then = "paste what stands above into your commentary, and say between the brackets what it shows"
        session.remark(f"{count(len(done), 'figure')} in {shelf.folder}/figures; {then}")
    if missing:
        click.echo(printable("\n".join(f"not fetched: {one.asked}: {one.why}" for one in missing)), err=True)
        raise click.exceptions.Exit(FetchError.exit_code)


def _head(paper: Paper, terms: Terms) -> dict[str, object]:
    licence = {"name": terms.name, "url": terms.url, "may_copy": terms.may_copy}
    return {"paper": paper.id.base, "version": paper.id.version, "title": paper.title, "license": licence}


def _row(paper: Paper, one: Picture, sources: Sources) -> dict[str, object]:
    url = sources.html.picture_url(paper.id, one) if one.path else None
    return {"key": one.key, "figure": one.figure, "label": one.label, "caption": _said(one), "url": url}


def _said(one: Picture) -> str:
    from roundup.text.drawn import letters

    return letters(one.caption)
