"""``fetch`` and ``refresh``: papers from arXiv into records and stubs, and records read anew."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, now, print_json, today
from roundup.cli.network import gathering_of, pace_of
from roundup.cli.wanted import a_day, parse_key, root_of
from roundup.errors import FetchError, RefusedError, SourceError, count, printable

if TYPE_CHECKING:
    from roundup.fetch import Order, Refreshed
    from roundup.into import Into, Report
    from roundup.paper import Paper
    from roundup.references import Filters, Reference
    from roundup.sources.gather import Missing
    from roundup.store.shelf import Shelves



_delay = click.option("--delay", type=float, metavar="SECONDS", help="Seconds between requests; 3 by arXiv's terms, less only for a server on this machine.")
_licenses = click.option("--licenses", is_flag=True, help="Ask for licences, too: a request for each paper that has none.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
_dry_run = click.option("--dry-run", is_flag=True, help="Tell what would be asked for; ask nobody and write nothing.")


@command("roundup fetch 2308.00951 https://arxiv.org/abs/2308.00675")
@click.argument("what", nargs=-1)
@click.option("--issue", "key", metavar="KEY", help="The issue to fetch into; the current draft by default.")
@click.option("--inbox", is_flag=True, help="Fetch into the inbox, to be decided later.")
@click.option("--category", "categories", multiple=True, help="Search in this category, as cs.LG.")
@click.option("--author", "authors", multiple=True, help="Search for papers by this author.")
@click.option("--title", default="", help="Search for these words in a row in titles.")
@click.option("--since", callback=a_day, metavar="DATE", help="Search from this day of submission on.")
@click.option("--until", callback=a_day, metavar="DATE", help="Search up to this day.")
@click.option("--max", "most", type=click.IntRange(1, 10_000), default=100, show_default=True, metavar="N", help="So many of a search or a list at most.")
@click.option("--again", is_flag=True, help="Also papers that an earlier issue has.")
@_licenses
@_delay
@_dry_run
@_as_json
def fetch(
    session: Session, what: tuple[str, ...], key: str | None, inbox: bool, categories: tuple[str, ...], authors: tuple[str, ...], title: str,
    since: dt.date | None, until: dt.date | None, most: int, again: bool, licenses: bool, delay: float | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Fetch papers into an issue, or into the inbox.

    In an issue each is a record, with a stub for your words.

    WHAT is an arXiv ID or a link to a paper in any spelling, a DOI, the words of a title, a search in arXiv's language
    ("ti:experts AND cat:cs.LG"), a category (cs.LG) for what was announced there last, or the address of a feed.
    Without WHAT the sources of roundup.yaml are read, into the inbox.
    """
    from roundup.cli.progress import Progress
    from roundup.fetch import Order, fetch, requests_for, wanted_of
    from roundup.references import Filters
    from roundup.store.lock import alone
    from roundup.store.shelf import Shelves

    filters = Filters(_known_categories(categories), authors, title, since, until)
    wanted = _wanted(what)
    _refuse_misfits(wanted, filters, key, inbox)
    root = root_of(session)
    shelves = Shelves(root)
    if not wanted and not filters:
        wanted, inbox = wanted_of(shelves.config.sources), inbox or not key
        if not wanted:
            raise RefusedError('nothing is named to fetch, and roundup.yaml has no sources; give an ID, or add "sources:"')
    order = Order(wanted, filters, most, licenses)
    pace_s = pace_of(delay, shelves.config)
    if dry_run:
        _tell_plan(session, order, _into(shelves, key, inbox, again), pace_s, as_json)
        return
    with alone(root, session.remark):
        into = _into(shelves, key, inbox, again)
        into.begin()
        progress = Progress(session, requests_for(order, len(order.ids())), pace_s)
        with gathering_of(session, root, shelves.config, pace_s, progress.clear) as (gathering, asked):
            progress.show(0, "asking")
            try:
                report = fetch(order, gathering, into, lambda so_far: progress.show(asked(), count(len(so_far.kept), "paper")))
            finally:
                progress.clear()
                into.close()
    _tell(session, report, into, as_json)
    _end(report.missing, report.broken, "run the same command again: it asks only for what is missing")


def _into(shelves: Shelves, key: str | None, inbox: bool, again: bool) -> Into:
    from roundup.into import IntoInbox, IntoIssue
    from roundup.store.inbox import Inbox

    if inbox:
        return IntoInbox(Inbox(shelves.root), today())
    return IntoIssue(shelves.shelf(parse_key(key) if key else shelves.draft()), shelves.holders(), again=again)


@command("roundup refresh 2023-8")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@_licenses
@_delay
@_dry_run
@_as_json
def refresh(session: Session, keys: tuple[str, ...], licenses: bool, delay: float | None, dry_run: bool, as_json: bool) -> None:
    """Read records anew: new versions, venues, withdrawals.

    Those of all issues are read, or of the issues KEY.

    Your own words, and the order of your picks, are not touched.
    """
    from roundup.cli.progress import Progress
    from roundup.fetch import refresh
    from roundup.sources.query import PAGE
    from roundup.store.lock import alone
    from roundup.store.shelf import Shelves

    root = root_of(session)
    shelves = Shelves(root)
    wanted = list(dict.fromkeys(parse_key(text) for text in keys)) or list(shelves.folders)
    if unknown := [one for one in wanted if one not in shelves.folders]:
        raise RefusedError(f'there is no issue "{unknown[0]}"; there are {", ".join(map(str, shelves.folders)) or "none"}')
    pace_s = pace_of(delay, shelves.config)
    names = {name for name, held in shelves.holders().items() if set(held) & set(wanted)}
    requests = -(-len(names) // PAGE)
    if dry_run and as_json:
        print_json({"ask": sorted(names), "requests": requests})
        return
    if dry_run:
        session.say(f"would ask for {count(len(names), 'paper')} in {count(requests, 'request')}, {_lasting(requests, pace_s)}")
        return
    with alone(root, session.remark):
        for one in wanted:
            shelves.sweep(one)
        progress = Progress(session, requests, pace_s)
        with gathering_of(session, root, shelves.config, pace_s, progress.clear) as (gathering, asked):
            gathering.again = True
            progress.show(0, "asking")
            try:
                done = refresh(shelves, wanted, gathering, licenses, lambda number: progress.show(asked(), "reading anew"))
            finally:
                progress.clear()
    _tell_refreshed(session, done, as_json)
    _end(done.missing, [SourceError(shelves.disk.problems)] if shelves.disk.problems else [], 'run "roundup refresh" again for these')


def _wanted(what: tuple[str, ...]) -> tuple[Reference, ...]:
    from roundup.references import parse_reference

    found, faults = [], []
    for text in what:
        try:
            found.append(parse_reference(text))
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise RefusedError("\n".join(faults))
    return tuple(found)


def _known_categories(names: tuple[str, ...]) -> tuple[str, ...]:
    from roundup.references import category_of

    if unknown := [name for name in names if not category_of(name)]:
        raise RefusedError("\n".join(f'"{name}" is no category of arXiv; write it as cs.LG or hep-th' for name in unknown))
    return tuple(category_of(name) for name in names)


def _refuse_misfits(wanted: tuple[Reference, ...], filters: Filters, key: str | None, inbox: bool) -> None:
    from roundup.references import Feed, Query, is_sound

    if inbox and key:
        raise RefusedError("a paper goes into an issue or into the inbox; leave out --issue or --inbox")
    if filters and wanted and not any(isinstance(one, Query) or (isinstance(one, Feed) and not filters.authors) for one in wanted):
        raise RefusedError("--category, --author, --title, --since and --until narrow a search; what is named here is none")
    empty = [f'--author "{name}"' for name in filters.authors] + ([f'--title "{filters.title}"'] if filters.title else [])
    if unsaid := [one for one in empty if not any(char.isalnum() for char in one.partition(" ")[2]) or not is_sound(one)]:
        raise RefusedError(f"{printable(unsaid[0])} names nothing that can be searched for; write letters or digits")
    if filters.since and filters.until and filters.since > filters.until:
        raise RefusedError(f"--since {filters.since} is after --until {filters.until}; change one of them")


def _tell_plan(session: Session, order: Order, into: Into, pace_s: float, as_json: bool) -> None:
    from roundup.fetch import requests_for

    elsewhere = {str(one): str(key) for one in order.ids() if (key := into.elsewhere(one))}
    left = [str(one) for one in order.ids() if not into.has(one) and str(one) not in elsewhere]
    requests = requests_for(order, len(left))
    if as_json:
        print_json({"into": into.name, "ask": left, "requests": requests, "elsewhere": elsewhere})
        return
    for paper, issue in elsewhere.items():
        session.say(f"{paper} is in {issue} already and would stay there; --again takes it up once more")
    named = [count(len(left), "paper")] if order.ids() else []
    others = [f"{count(len(order.steps()), 'list')} or search"] if order.steps() else []
    session.say(f"would ask for {' and '.join(named + others)} in up to {count(requests, 'request')}, {_lasting(requests, pace_s)}, into {into.name}")


def _lasting(requests: int, pace_s: float) -> str:
    seconds = max(0, requests - 1) * pace_s
    return f"about {seconds:.0f} s" if seconds >= 1 else "at once"


def _tell(session: Session, report: Report, into: Into, as_json: bool) -> None:
    from roundup.into import IntoIssue

    pasted = into.shelf.pasted if isinstance(into, IntoIssue) else []
    if as_json:
        rows = [(one.paper, one.state, one.path) for one in report.kept]
        print_json({
            "into": into.name,
            "papers": [{"id": p.id.base, "version": p.id.version, "title": p.title, "state": state, "path": path} for p, state, path in rows],
            "here": [one.base for one in report.here],
            "elsewhere": [{"id": one.base, "issue": str(key)} for one, key in report.elsewhere],
            "links": report.links,
            "stubs": pasted,
            "missing": [{"asked": one.asked, "why": one.why} for one in report.missing],
        })  # fmt: skip
        return
    for kept in report.kept:
        session.say(f"{kept.state} {kept.path or kept.paper.id.base}: {kept.paper.title}", 1)
        _warn(session, kept.paper)
    for remark in report.remarks:
        session.remark(remark)
    if report.elsewhere:
        stays = "stays" if len(report.elsewhere) == 1 else "stay"
        session.remark(f"what another issue has {stays} there; --again takes it up here, too")
    for stub in pasted:
        click.echo(printable(f"{stub}\n"))  # they are the result; quiet keeps them
    if summary := _summary(report, into.name):
        tell = session.remark if pasted else session.say
        tell(f"{summary}: paste the stubs above below order: in its issue.yaml" if pasted else summary)


def _warn(session: Session, paper: Paper) -> None:
    if paper.withdrawn:
        session.remark(f"{paper.id.base} is withdrawn: {paper.withdrawn.reason}")
    if isinstance(paper.submitted, dt.datetime) and paper.submitted > now() + dt.timedelta(days=1):
        session.remark(f"{paper.id.base} is dated {paper.submitted:%Y-%m-%d}, which is ahead of this machine's clock")


def _summary(report: Report, where: str) -> str:
    """Return ``24 papers: 22 new, 1 updated, 1 already in 2023-7-2``; nothing where nothing was had and something is missing."""
    states = [(report.count("new"), "new"), (report.count("updated"), "updated"), (report.count("unchanged") + len(report.here), f"already in {where}")]
    by_key: dict[str, int] = {}
    for _, key in report.elsewhere:
        by_key[str(key)] = by_key.get(str(key), 0) + 1
    states += [(number, f"already in {key}") for key, number in by_key.items()]
    total = sum(number for number, _ in states)
    parts = [f"{number:,} {state}" for number, state in states if number]
    links = f"{count(len(report.links), 'link')}" if report.links else ""
    papers = f"{count(total, 'paper')}: {', '.join(parts)}" if parts else ""
    if not papers and not links:
        return "" if report.missing or report.broken else f"nothing new for {where}"
    added = f", into {where}" if links or report.count("new") or report.count("updated") else ""
    return "; ".join(filter(None, (papers, links))) + added


def _tell_refreshed(session: Session, done: Refreshed, as_json: bool) -> None:
    from roundup.revisions import changes

    told = [(str(issue), kept, list(changes(kept.before, kept.paper))) for issue, kept in done.kept if kept.before]
    if as_json:
        print_json({
            "looked_at": done.looked_at,
            "changed": [{"issue": key, "id": kept.paper.id.base, "path": kept.path, "changes": lines} for key, kept, lines in told],
            "missing": [{"asked": one.asked, "why": one.why} for one in done.missing],
        })  # fmt: skip
        return
    for key, kept, lines in told:
        for line in lines or ["a detail of its record"]:
            session.say(f"{key} {kept.paper.id.base}: {line}")
    session.say(f"{count(done.looked_at, 'record')} read anew: {len(told):,} changed")


def _end(missing: list[Missing], broken: list[SourceError], mend: str) -> None:
    """Tell what was not had, and why, the same reason once; and leave with the exit code that it deserves."""
    by_reason: dict[str, list[str]] = {}
    for one in missing:
        by_reason.setdefault(one.why, []).append(one.asked)
    lines = [f"not fetched: {_listed(asked, why)}{why}" for why, asked in by_reason.items()]
    if missing:
        click.echo(printable("\n".join([*lines, mend] if any(one.later for one in missing) else lines)), err=True)
    if broken:
        raise SourceError(problem for error in broken for problem in error.problems)
    if missing:
        raise click.exceptions.Exit(FetchError.exit_code)


def _listed(asked: list[str], why: str) -> str:
    """Return what was asked for, as far as a line holds it; nothing where the reason begins with it."""
    if len(asked) == 1 and why.startswith(asked[0]):
        return ""
    more = f" and {len(asked) - 10:,} more" if len(asked) > 10 else ""
    return f"{', '.join(asked[:10])}{more}: "
