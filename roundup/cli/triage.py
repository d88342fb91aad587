"""``inbox``, ``pick``, ``skip``, ``later``, ``undo`` and ``triage``: what was seen, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, is_terminal, print_json, today
from roundup.cli.wanted import a_day, parse_key, root_of
from roundup.errors import RefusedError, count, printable

if TYPE_CHECKING:
    from roundup.issue import Link
    from roundup.paper import ArxivId
    from roundup.store.inbox import Candidate
    from roundup.triage import Desk

_MANY = 1_000_000  # papers: arXiv has three times that, and no inbox
_STATES = {"new": "", "picked": "picked", "skipped": "skipped", "later": "later"}


@contextmanager
def _desk(session: Session, *, deciding: bool) -> Iterator[Desk]:
    from roundup.store.inbox import Inbox
    from roundup.store.lock import alone
    from roundup.store.shelf import Shelves
    from roundup.triage import Desk

    root = root_of(session)
    shelves = Shelves(root)
    inbox = Inbox(root)
    try:
        with alone(root, session.remark) if deciding else nullcontext():
            yield Desk(shelves, inbox, today())
    finally:
        inbox.close()


@command("roundup inbox soft experts --category cs.LG")
@click.argument("words", nargs=-1)
@click.option("--state", type=click.Choice((*_STATES, "all")), default="new", show_default=True, help="Which papers to show.")
@click.option("--revised", is_flag=True, help="Only papers that were decided, and have a newer version since.")
@click.option("--category", default="", metavar="NAME", help="Only papers of this category, as cs.LG, cross-lists among them.")
@click.option("--since", "since", callback=a_day, metavar="DATE", help="Only papers that were first seen from this day on.")
@click.option("--max", "most", type=click.IntRange(1, _MANY), default=30, show_default=True, metavar="N", help="Show so many at most.")
@click.option("--order", "key", metavar="KEY", help="Print what was picked into this issue, by section, to be pasted below order: in its issue.yaml.")
@click.option("--links", "links", is_flag=True, help="Show the posts of feeds instead, the newest first; pick takes one by its address.")
@click.option("--json", "as_json", is_flag=True, help="Print the papers, or the links, as JSON.")
def inbox(
    session: Session, words: tuple[str, ...], state: str, revised: bool, category: str, since: dt.date | None, most: int, key: str | None, links: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Show what was fetched and is not decided yet.

    With WORDS, what has them in its title, authors or abstract.
    """
    from roundup.store.inbox import Asked
    from roundup.triage import COVERED, STATES

    with _desk(session, deciding=False) as desk:
        if key:
            rows = desk.order(parse_key(key))
            click.echo(printable(rows), nl=False)
            if not rows:
                session.remark(f"nothing of the inbox was picked into {parse_key(key)}")
            return
        if links:
            _tell_links(session, desk.inbox.links(most, since), as_json)
            return
        states = () if revised or state == "all" else (_STATES[state],)
        asked = Asked(states, " ".join(words), category, since, revised)
        found = desk.inbox.found(desk.listed(asked, most))
        counts = desk.counts()
        if as_json:
            _print_listing([_row(one, desk) for one in found], counts)
            return
        for one in found:
            session.say("\n".join(_lines(one, desk)))
    named = [(counts.get(one, 0), one or "not decided") for one in STATES]
    named += [(counts[COVERED], "in issues by other ways")] if counts[COVERED] else []
    session.say(f"{sum(counts.values()):,} seen: " + ", ".join(f"{number:,} {name}" for number, name in named))


def _tell_links(session: Session, links: list[Link], as_json: bool) -> None:
    if as_json:
        print_json([{"url": one.url, "title": one.title, "source": one.source} for one in links])
        return
    from roundup.text.visible import one_line

    for one in links:
        session.say(f"{one.url}\n    {' · '.join(filter(None, (one_line(one.title), one_line(one.source))))}")
    session.say(count(len(links), "link"))


def _lines(one: Candidate, desk: Desk) -> Iterator[str]:
    from roundup.text.drawn import plain

    paper = one.paper
    yield f"{paper.id.base:<16} {plain(paper.title)}"
    names = [plain(author.name) for author in paper.authors]
    parts = [", ".join(names[:3]) + (" …" if len(names) > 3 else ""), paper.primary_category]
    held = desk.covered(paper)
    why = "" if held else desk.why(paper)
    parts += [count(paper.votes, "vote")] if paper.votes is not None and "vote" not in why else []
    parts += [f"{one.decided}, {f'now version {paper.id.version}' if one.is_revised else 'decided'}"] if one.decided else []
    parts += [f"already covered in {', '.join(map(str, held))}"] if held else []
    parts += [f"like {like}"] if (like := desk.like(paper)) else []
    parts += [why] if why else []
    yield f"{'':<16} {' · '.join(parts)}"


def _row(one: Candidate, desk: Desk) -> dict[str, object]:
    paper = one.paper
    return {
        "id": paper.id.base, "version": paper.id.version, "title": paper.title, "authors": [author.name for author in paper.authors],
        "categories": paper.categories, "votes": paper.votes, "first_seen": one.first_seen.isoformat(), "state": one.decided or "new",
        "revised": one.is_revised, "issues": [str(key) for key in desk.covered(paper)],
        "score": round(desk.score(paper), 3), "why": desk.why(paper),
        "like": desk.like(paper),
    }  # fmt: skip


def _print_listing(rows: list[dict[str, object]], counts: dict[str, int]) -> None:
    named = {**{name: counts.get(state, 0) for name, state in _STATES.items()}, "covered": counts["covered"]}
    print_json({"papers": rows, "counts": named})


_papers = click.argument("ids", nargs=-1, required=True, metavar="ID...")


@command('roundup pick 2308.00951 --issue 2023-8 --section "Tool use"')
@_papers
@click.option("--issue", "key", metavar="KEY", help="The issue to take them into; the current draft by default.")
@click.option("--section", default="", metavar="TITLE", help="The section that they are for, as inbox --order prints it.")
def pick(session: Session, ids: tuple[str, ...], key: str | None, section: str) -> None:
    """Take papers of the inbox into an issue.

    Each gets a record there, and a stub for your words; a post of a feed, which is named by its address, a stub.
    """
    from roundup.text.visible import one_line

    addresses = [text for text in ids if _is_post(text)]
    named = _ids([text for text in ids if text not in addresses])
    with _desk(session, deciding=True) as desk:
        issue = parse_key(key) if key else desk.shelves.draft()
        papers, links = [one.paper for one in desk.named(named)], desk.linked(addresses)
        for paper in papers:
            if others := [key for key in desk.covered(paper) if key != issue]:
                session.remark(f"{paper.id.base} stands in {', '.join(map(str, others))}, too; say what is new, or take this back with: roundup undo")
        desk.pick(papers, issue, one_line(section))
        made = desk.pick_links(links, issue)
        pasted = desk.pasted
    for stub in pasted:
        click.echo(printable(f"{stub}\n"))  # they are the result; quiet keeps them
    told = [count(number, noun) for number, noun in ((len(papers), "paper"), (made, "link")) if number] or ["nothing new"]
    session.say(f"{' and '.join(told)} picked into {issue}")


@command("roundup skip 2308.00675 2308.01320")
@_papers
def skip(session: Session, ids: tuple[str, ...]) -> None:
    """Pass papers of the inbox over: they do not come back as new."""
    _pass_over(session, ids, "skipped")


@command("roundup later 2308.00675")
@_papers
def later(session: Session, ids: tuple[str, ...]) -> None:
    """Leave papers of the inbox for later.

    inbox --state later shows them.
    """
    _pass_over(session, ids, "later")


@command("roundup fill 2024-1-12 --top 30 --since 2024-01-12 --out")
@click.argument("key")
@click.option("--top", "most", type=click.IntRange(1, _MANY), default=30, show_default=True, metavar="N", help="So many papers at most.")
@click.option("--since", "since", callback=a_day, metavar="DATE", help="Only papers that were first seen from this day on.")
@click.option("--by", type=click.Choice(("votes", "ranking")), default="votes", show_default=True, help="Those with the most votes, or those that rank first.")
@click.option("--out", is_flag=True, help="Date a list that is begun by this, so that the next build shows it.")
def fill(session: Session, key: str, most: int, since: dt.date | None, by: str, out: bool) -> None:
    """Fill the list KEY from the inbox, the most voted first.

    The list is begun where there is none. With --by ranking it has what you would pick first.

    What stands in an issue already is left out, and so is what is nearly the same as another one.
    Done again, it keeps what is there, with the votes of now, and adds what is missing.
    """
    from roundup.starter import new_issue
    from roundup.store.beginning import create

    issue = parse_key(key)
    with _desk(session, deciding=True) as desk:
        root, is_new = desk.shelves.root, issue not in desk.shelves.folders
        if out and issue.first_day > today():
            raise RefusedError(f"{issue} is still to come; fill it without --out, and give it a date when it goes out")
        if is_new and not desk.inbox.counts():
            raise RefusedError("the inbox is empty; roundup fetch --inbox fills it")
        papers = desk.best(issue, most, since, by_votes=by == "votes")
        if is_new and not papers:
            session.say(f"there is no paper for {issue}; nothing was begun")
            return
        if is_new:
            create(root, new_issue(issue, today(), is_list=True, is_out=out))
    with _desk(session, deciding=True) as desk:
        desk.fill(issue, papers)
    begun = " is begun, and" if is_new else ""
    session.say(f"list {issue}{begun} has {count(len(papers), 'paper')}, those {'with the most votes' if by == 'votes' else 'that rank first'}")


def _pass_over(session: Session, ids: tuple[str, ...], what: str) -> None:
    with _desk(session, deciding=True) as desk:
        found = desk.named(_ids(ids))
        papers = [one.paper for one in found]
        desk.pass_over(papers, what)
        for one in found:
            if one.decided == "picked" and (held := desk.covered(one.paper)):
                session.remark(f"{one.paper.id.base} still stands in {', '.join(map(str, held))}; remove its files there if it should not")
    session.say(f"{count(len(papers), 'paper')} {'left for later' if what == 'later' else what}")


@command("roundup undo")
def undo(session: Session) -> None:
    """Take the last decision back.

    Of a pick's files, those go in which nobody has written.
    """
    with _desk(session, deciding=True) as desk:
        undone = desk.undo()
    if undone is None:
        raise RefusedError("nothing was decided that could be taken back")
    session.say(f"{undone.decision.name}: {undone.decision.what} no more")
    for number, path in enumerate(undone.stays):
        session.remark(f"{path} was changed since; it stays, remove it if it is not wanted" if number == 0 else f"{path} stays with it")


@command("roundup triage --category cs.LG")
@click.option("--issue", "key", metavar="KEY", help="The issue that picks go into; the current draft by default.")
@click.option("--category", default="", metavar="NAME", help="Only papers of this category, as cs.LG, cross-lists among them.")
@click.option("--later", "and_later", is_flag=True, help="Also papers that were left for later.")
@click.option("--plain", is_flag=True, help="Line by line, for a screen reader; so it is, too, where there is no terminal.")
def triage(session: Session, key: str | None, category: str, and_later: bool, plain: bool) -> None:
    """Go through the inbox, and decide each paper by a key.

    What you decide is on the disk before the next paper is shown. Where you stop, the next sitting begins.
    """
    from roundup.sitting import Sitting
    from roundup.store.inbox import Asked
    from roundup.store.lock import alone

    whole = not plain and is_terminal(sys.stdin) and is_terminal(sys.stdout)
    if whole and find_spec("prompt_toolkit") is None:
        raise RefusedError('a whole screen needs prompt_toolkit; pip install "roundup-digest[triage]", or go line by line with --plain')
    with _desk(session, deciding=False) as desk:
        issue = parse_key(key) if key else desk.shelves.draft()
        desk.shelves.shelf(issue)  # what is wrong with the issue is told before anything is decided
        states = ("", "later") if and_later else ("",)
        root = desk.shelves.root
        sitting = Sitting(desk, desk.listed(Asked(states, category=category)), issue, lambda: alone(root, None))
        if not sitting.names:
            session.say("nothing is left to decide; fetch more with: roundup fetch")
            return
        try:
            if whole:
                from roundup.cli.screen import Screen

                Screen(sitting).run()
            else:
                from roundup.cli.lines import sit

                sit(sitting)
        finally:
            sitting.close()
        for stub in desk.pasted:
            click.echo(printable(f"{stub}\n"))
    session.say(f"{sitting.summary()}; the picks are in {issue}")


def _is_post(text: str) -> bool:
    """Tell whether an address is that of something else than a paper."""
    from roundup.paper import ArxivId
    from roundup.references import parse_reference
    from roundup.text.links import is_web

    try:
        return is_web(text) and not isinstance(parse_reference(text), ArxivId)
    except ValueError:
        return False


def _ids(texts: Sequence[str]) -> list[ArxivId]:
    """Return the papers that are named, each once, whatever version."""
    from roundup.paper import ArxivId
    from roundup.references import parse_reference

    found, faults = [], []
    for text in texts:
        try:
            one = parse_reference(text)
        except ValueError as error:
            if any(char.isdigit() for char in text):  # meant as an ID
                faults.append(str(error))
                continue
            one = None
        if isinstance(one, ArxivId):
            found.append(one.latest)
        else:
            faults.append(f'"{text}" names no paper; give its arXiv ID, as 2308.00951: roundup inbox shows them')
    if faults:
        raise RefusedError("\n".join(faults))
    return list(dict.fromkeys(found))
