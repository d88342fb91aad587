"""``send``: an issue to its subscribers."""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import click

from roundup.cli.door import Session, command, is_terminal, now, print_json, today
from roundup.cli.outgoing import edition_of, issue_of, mailbox_of, site_needs
from roundup.cli.secret import secret
from roundup.cli.services import SERVICES, hand_over
from roundup.cli.services import needs as service_needs
from roundup.cli.wanted import parse_key, root_of
from roundup.errors import Problem, PublishError, RefusedError, SourceError, count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from roundup.config import Config, Smtp
    from roundup.issue import Issue
    from roundup.mailing.ledger import Entry, Ledger
    from roundup.mailing.message import Message
    from roundup.mailing.send import Pace
    from roundup.mailing.smtp import Server
    from roundup.mailing.subscribers import Subscriber, Subscribers
    from roundup.site import Site

_MOST_NAMED = 10  # addresses that failed; --csv has all


@command("roundup send 2023-8 --test me@example.org")
@click.argument("key", metavar="KEY")
@click.option("--test", metavar="ADDRESS", help="Send it to ADDRESS alone, and note down nothing; a draft may be sent so.")
@click.option("--dry-run", is_flag=True, help="Tell what would be sent to how many; ask no server.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Send to N subscribers at most, and go on with --resume.")
@click.option("--resume", is_flag=True, help="Go on with a sending that was stopped; and send to who joined since.")
@click.option("--resend", multiple=True, metavar="ADDRESS", help="Send to ADDRESS again, of which nobody knows, or which the server did not take.")
@click.option("--via", type=click.Choice(SERVICES), help="Hand it to a service that mails it, as a draft; and again, as long as it is one.")
@click.option("--now", "start", is_flag=True, help="With --via: have the service send it.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--json", "as_json", is_flag=True, help="Print the books as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print what became of each subscriber as CSV.")
def send(
    session: Session, key: str, test: str | None, dry_run: bool, limit: int | None, resume: bool, resend: tuple[str, ...],
    via: str | None, start: bool, yes: bool, as_json: bool, as_csv: bool,
) -> None:  # fmt: skip
    """Send issue KEY to the subscribers, a message each.

    A ledger says what became of every one.

    A sending can be stopped at any moment, and taken up with --resume: nobody gets it twice, and nobody is forgotten.
    With --via, a service that has the list gets it as a draft, to be looked at and sent there.
    """
    from roundup.mailing.ledger import Ledger
    from roundup.mailing.send import queue
    from roundup.mailing.subscribers import Subscriber
    from roundup.store.lock import alone

    _refuse_together(test, bool(limit or resume or resend or as_csv), via, start)
    root = root_of(session)
    issue, site = _read(session, root, key, via, draft=bool(test))
    if issue.date and issue.date > today() and not test:
        session.remark(f"{issue.key} is dated {issue.date}, a day to come, and says so to whoever reads it; mend its date, or send it then")
    if via:
        hand_over(session, root, issue, site, via, start=start, test=test, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    config = site.config
    message, told = _message(issue, site)
    if test:
        mailbox = mailbox_of(test)
        if not dry_run:
            _send_one(_server(config, root), message, config, Subscriber(mailbox.address, mailbox.name))
        session.say(f"{told}\na test of it {'would go' if dry_run else 'went'} to {mailbox.address}")
        return
    people = _subscribers(config, root)
    ledger = Ledger(root, str(issue.key))
    if not dry_run:
        click.get_current_context().with_resource(alone(root, session.remark, what="sending from this digest"))
    begun, entries = ledger.read()
    named = _named(resend, people, entries, begun)
    waiting = queue(people.active, entries, named, limit)
    if not (as_json or as_csv):
        session.say(told)
        session.say(_plan(config, people, len(waiting)))
    if begun and not (resume or named) and not dry_run:
        done = "go on with --resume" if waiting else "--resume sends it to who joins later"
        raise RefusedError(f"sending {issue.key} was begun before: {_told(_books(people, entries))}; {done}")
    if waiting and not dry_run:
        if not yes and is_terminal(sys.stdin) and not click.confirm(f"Send {issue.key} to {count(len(waiting), 'subscriber')}?", err=True):
            raise RefusedError("nothing was sent")
        _send_all(session, waiting, message, config, _server(config, root), ledger)
        begun, entries = ledger.read()
    _report(session, str(issue.key), people, entries, as_json=as_json, as_csv=as_csv, limited=limit is not None, dry_run=dry_run)


def _refuse_together(test: str | None, only_smtp: bool, via: str | None, start: bool) -> None:
    """Refuse options that do not go together."""
    if test and (only_smtp or start):
        raise click.UsageError("--test is for one message; leave the other options out")
    if via and only_smtp:
        raise click.UsageError("--via leaves to the service who gets it; leave --limit, --resume, --resend and --csv out")
    if start and not via:
        raise click.UsageError("--now is for --via; leave it out")


def _read(session: Session, root: Path, key: str, via: str | None, *, draft: bool) -> tuple[Issue, Site]:
    """Return an issue that can be sent, and the site that it stands in."""
    from roundup.engine import Engine
    from roundup.jobs import site_of, with_catalogue
    from roundup.store.lock import alone
    from roundup.workers import Workers

    with alone(root, session.remark, must=False):  # nobody fetches while it is read
        engine = Engine(root, Workers(1))
        digest = engine.read()
        needs = service_needs(digest.config, via) if via else _needs(digest.config)
        issue = issue_of(digest, parse_key(key), draft=draft, needs=needs)
        return issue, with_catalogue(site_of(digest, drafts=issue.is_draft, cards=""), digest, engine.memory, engine.workers)


def _needs(config: Config) -> dict[str, tuple[object, str]]:
    """Return what roundup.yaml has to say before an issue can be sent from here."""
    mail = config.mail
    return {
        **site_needs(config),
        '"from" of "mail"': (mail.sender, "write whom the mail comes from, as Ann Example <ann@example.org>"),
        '"unsubscribe" of "mail"': (mail.ways_out, "write how one leaves the list, as mailto:leave@example.org"),
        '"subscribers" of "mail"': (mail.subscribers, "name the CSV file with their addresses"),
        '"smtp" of "mail"': (mail.smtp, "write host: and what else it takes to send"),
    }


def _message(issue: Issue, site: Site) -> tuple[Message, str]:
    """Return an issue ready for its subscribers, and what can be told of it."""
    from roundup.mailing.address import Mailbox
    from roundup.mailing.message import Letterhead, Message

    config, edition = site.config, edition_of(issue, site)
    mail, date = config.mail, issue.date or today()
    head = Letterhead(str(issue.key), issue.title, date, mail.sender or Mailbox(""), mail.reply_to, config.title, config.list_id, mail.ways_out)
    return Message(head, edition.html, edition.text, now), edition.told


def _smtp(config: Config) -> Smtp:
    if config.mail.smtp is None:
        raise ValueError("a mail needs a server")
    return config.mail.smtp


def _server(config: Config, root: Path) -> Server:
    from roundup.mailing.smtp import Server

    smtp = _smtp(config)
    whose = f"{smtp.user} at {smtp.host}"
    return Server(smtp, secret("ROUNDUP_SMTP_PASSWORD", smtp.password_file, "password_file", whose, root) if smtp.user else "")


def _subscribers(config: Config, root: Path) -> Subscribers:
    from roundup.mailing.subscribers import read_subscribers
    from roundup.store.disk import reason

    path = root / os.path.expanduser(config.mail.subscribers)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SourceError([Problem(config.at("mail"), f'subscribers "{config.mail.subscribers}" cannot be read: {reason(error)}; mend its path')]) from error
    except UnicodeDecodeError as error:
        raise SourceError([Problem(config.at("mail"), f'subscribers "{config.mail.subscribers}" is no UTF-8; save it as that')]) from error
    problems: list[Problem] = []
    people = read_subscribers(text, config.mail.subscribers, problems)
    if problems:
        raise SourceError(problems)
    return people


def _named(resend: Sequence[str], people: Subscribers, entries: Mapping[str, Entry], begun: bool) -> list[str]:
    """Return who is to get the issue again. RefusedError for whom nobody is in doubt of."""
    from roundup.mailing.ledger import FAILED, SUPPRESSED, UNCERTAIN

    listed = {one.key for one in people.active}
    for address in resend:
        key = address.strip().lower()
        if key not in listed:
            raise RefusedError(f"{address} is not on the list; add the address there first")
        state = entries[key].state if key in entries else "not sent yet"
        if not begun or state not in (UNCERTAIN, FAILED, SUPPRESSED):
            raise RefusedError(f"{address} is {state}; only what is {UNCERTAIN}, {FAILED} or {SUPPRESSED} is sent again")
    return [address.strip().lower() for address in resend]


def _plan(config: Config, people: Subscribers, waiting: int) -> str:
    mail, sender = config.mail, config.mail.sender
    smtp = _smtp(config)
    pace = f"{mail.per_second} a second" if mail.per_second else "as fast as it takes them"
    beside = [f"{count(people.repeated, 'row')} said the same again"] if people.repeated else []
    beside += [f"{people.left:,} left"] if people.left else []
    of_the_list = f" ({', '.join(beside)})" if beside else ""
    return (
        f"from {sender.address if sender else ''} through {smtp.host}:{smtp.port}, {pace}\n"
        f"to {waiting:,} of {count(len(people.active), 'subscriber')} in {mail.subscribers}{of_the_list}"
    )


def _send_all(session: Session, waiting: Sequence[Subscriber], message: Message, config: Config, server: Server, ledger: Ledger) -> None:
    from roundup.cli.progress import Progress
    from roundup.mailing.send import run

    pace = _pace(config)
    progress = Progress(session, len(waiting), pace.every_s, "")
    sender = config.mail.sender
    with closing(ledger), closing(server):
        message.to(max(waiting, key=lambda one: len(one.address) + len(one.unsubscribe)))  # what cannot be written is told before anything is begun
        server.open()  # nor is it where there is no server to log in to
        if ledger.begin(os.urandom(8).hex(), today().isoformat(), message.digest):
            session.remark(f"{ledger.issue} is not as it was when sending it was begun; who waits gets it as it is now")
        try:
            run(waiting, message.to, sender.address if sender else "", server, ledger, pace, lambda n: progress.show(n, f"{n:,} of {len(waiting):,}"))
        except (KeyboardInterrupt, PublishError) as stop:
            progress.clear()
            advice = f'what was sent is noted; go on with "roundup send {ledger.issue} --resume"'
            if isinstance(stop, PublishError):
                session.remark(advice)
            else:
                stop.add_note(advice)
            raise
        progress.clear()


def _pace(config: Config) -> Pace:
    from roundup.mailing.send import Pace

    every_s = 1 / config.mail.per_second if config.mail.per_second else 0
    return Pace(every_s, time.monotonic, time.sleep)


def _send_one(server: Server, message: Message, config: Config, to: Subscriber) -> None:
    from roundup.mailing.smtp import TAKEN

    with closing(server):
        outcome = server.send(config.mail.sender.address if config.mail.sender else "", to.address, message.to(to))
    if outcome.kind != TAKEN:
        raise PublishError(f"{server.name} did not take the test to {to.address}: {outcome.answer}")


def _books(people: Subscribers, entries: Mapping[str, Entry]) -> dict[str, int]:
    from roundup.mailing.ledger import books

    return books((one.key for one in people.active), entries)


def _told(books: Mapping[str, int]) -> str:
    return f"{count(sum(books.values()), 'subscriber')}: " + ", ".join(f"{number:,} {state}" for state, number in books.items())


def _report(
    session: Session, key: str, people: Subscribers, entries: Mapping[str, Entry], *, as_json: bool, as_csv: bool, limited: bool, dry_run: bool,
) -> None:  # fmt: skip
    """Tell the books, and by name who may have the issue or not."""
    from roundup.mailing.ledger import FAILED, PENDING, UNCERTAIN, Entry
    from roundup.mailing.subscribers import dump_table

    books = _books(people, entries)
    doubtful = [one.address for one in people.active if one.key in entries and entries[one.key].state == UNCERTAIN]
    if as_json:
        print_json({"issue": key, "list": len(people.active), **books, "doubtful": doubtful})
    elif as_csv:
        known = ((one.address, entries.get(one.key, Entry(PENDING))) for one in people.active)
        click.echo(dump_table(("email", "state", "answer"), ((address, entry.state, entry.answer) for address, entry in known)), nl=False)
    else:
        session.say(f"{key}: {_told(books)}")
        failed = [(one.address, entries[one.key].answer) for one in people.active if one.key in entries and entries[one.key].state == FAILED]
        for address, answer in failed[:_MOST_NAMED]:
            session.remark(f"{address} failed: {answer}")
        if len(failed) > _MOST_NAMED:
            session.remark(f"and {len(failed) - _MOST_NAMED:,} more; --csv tells of each")
        for address in doubtful:
            session.remark(f"{address} may have it or not: the answer was lost; to send it once more: roundup send {key} --resend {address}")
    if not dry_run and (doubtful or (books[PENDING] and not limited)):
        if books[PENDING] and not as_json and not as_csv:
            session.remark(f'{count(books[PENDING], "message")} still to go: "roundup send {key} --resume" tries again')
        raise click.exceptions.Exit(PublishError.exit_code)
