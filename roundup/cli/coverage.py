"""``coverage``: what arXiv announced and what became of it, day by day; and out of how many papers an issue was chosen."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, print_json, today
from roundup.cli.wanted import a_day, parse_key, root_of
from roundup.errors import RefusedError, SourceError, count, printable

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.issue import IssueKey
    from roundup.ledger import Entry


@command("roundup coverage --since 2024-01-08")
@click.argument("key", required=False)
@click.option("--since", "since", callback=a_day, metavar="DATE", help="Only announcements from this day on.")
@click.option("--json", "as_json", is_flag=True, help="Print the ledger as JSON.")
def coverage(session: Session, key: str | None, since: dt.date | None, as_json: bool) -> None:
    """Tell which days of arXiv's announcements are missing or odd.

    For each day and category it tells what arXiv announced and what became of it. With KEY it counts the papers that were seen for that
    issue, those of the issue before it aside, as a line for its issue.yaml.
    """
    root = root_of(session)
    if key:
        _count(session, root, parse_key(key), since, as_json)
        return
    entries = [one for one in _entries(root) if not since or one.day >= since]
    if as_json:
        print_json([_row(one) for one in entries])
    else:
        _tell(session, entries)
    if any(one.faults for one in entries):
        raise click.exceptions.Exit(SourceError.exit_code)


def _entries(root: Path) -> list[Entry]:
    from roundup.ledger import ledger
    from roundup.store.inbox import Inbox

    with closing(Inbox(root)) as inbox:
        return ledger(inbox.batches(), inbox.seen(), today(), inbox.counted(), inbox.searched())


def _row(one: Entry) -> dict[str, object]:
    return {
        "day": one.day.isoformat(), "category": one.category, "announced": one.announced, "counted": one.counted, "quiet": one.is_quiet,
        "searched": one.is_searched, "states": {state or "new": number for state, number in one.states}, "faults": one.faults,
    }  # fmt: skip


def _tell(session: Session, entries: list[Entry]) -> None:
    from roundup.triage import STATES

    for one in entries:
        parts = [f"{dict(one.states)[state]:,} {state or 'not decided'}" for state in STATES if state in dict(one.states)]
        said = "nothing, says arXiv" if one.is_quiet else f"{one.announced:,} announced" + (f": {', '.join(parts)}" if parts else "")
        said = (f"{said}; " if parts else "") + "searched for" if one.is_searched else said
        if parts or one.is_quiet or not one.faults:
            session.say(f"{one.day:%Y-%m-%d %a}  {one.category:<12} {said}")
        for fault in one.faults:
            click.echo(printable(f"{one.day:%Y-%m-%d %a}  {one.category:<12} {fault}"))
    faults, days = sum(len(one.faults) for one in entries), len({one.day for one in entries})
    session.say(f"{count(days, 'day')}, {count(faults, 'fault')}" if entries else "no announcement was read yet; roundup fetch reads them")


def _count(session: Session, root: Path, key: IssueKey, since: dt.date | None, as_json: bool) -> None:
    """Tell how many papers were seen for an issue: in the inbox since the one before it, and those that it has besides."""
    from roundup.store.inbox import Inbox
    from roundup.store.reading import read_issue
    from roundup.store.shelf import Shelves

    shelves = Shelves(root)
    file = shelves.issue_file(key)
    read = read_issue(root, (shelves.folders[key].partition("/")[2], key), shelves.config)
    if read.issue is None or read.issue.unread:
        raise SourceError(read.problems)  # nobody knows how many papers stand in it
    kept = {pick.paper.id.name for pick in read.issue.picks if pick.paper}
    before = next((one for one in shelves.folders if one.last_day < key.first_day and shelves.is_list(one) == file.is_list), None)
    first = since or (before.last_day + dt.timedelta(days=1) if before else None)
    if first and first > key.last_day:
        raise RefusedError(f"--since {first} is after {key} ends ({key.last_day}); name an earlier day")
    days = f"from {first} to {key.last_day}" if first else f"up to {key.last_day}"
    with closing(Inbox(root)) as inbox:
        seen = inbox.seen_between(first, key.last_day)
    if not seen:
        raise RefusedError(f"the inbox has no paper that was seen {days}; roundup fetch --inbox fills it")
    seen |= kept
    if as_json:
        span = {"since": first.isoformat() if first else None, "until": key.last_day.isoformat()}
        print_json({"issue": str(key), **span, "seen": len(seen), "kept": read.issue.kept})
        return
    click.echo(f"seen: {len(seen)}")  # it is the result; quiet keeps it
    session.remark(f"{count(len(seen), 'paper')} seen {days}, {read.issue.kept:,} kept; the line above is for {file.where.path}")
