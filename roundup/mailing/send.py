"""An issue to each of its subscribers, once: the plan, and the run, which can be stopped and taken up at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from roundup.errors import PublishError
from roundup.mailing.ledger import FAILED, ON_ITS_WAY, PENDING, SENT, UNCERTAIN, Entry, Ledger
from roundup.mailing.smtp import DENIED, LATER, LOST, REFUSED, TAKEN, Outcome
from roundup.mailing.subscribers import Subscriber
from roundup.store.lock import unbroken

# So many in a row, and something is wrong with more than these: messages that are not taken, mailboxes of which none exists, answers that are lost.
MOST_IN_A_ROW = {LATER: 10, DENIED: 10, REFUSED: 20, LOST: 3}


class Line(Protocol):
    """What messages go through: a mail server."""

    def send(self, sender: str, address: str, message: bytes) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before each message; clock and sleep are the door's."""

    every_s: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def queue(people: Sequence[Subscriber], entries: Mapping[str, Entry], again: Iterable[str] = (), limit: int | None = None) -> tuple[Subscriber, ...]:
    """Return to whom messages go now, in the order of the list: to those of whom nothing is known, or those named ``again``, and to no others."""
    named = set(again)
    if named:
        return tuple(one for one in people if one.key in named)[:limit]
    return tuple(one for one in people if one.key not in entries or entries[one.key].state == PENDING)[:limit]


def run(
    waiting: Sequence[Subscriber], compose: Callable[[Subscriber], bytes], sender: str, line: Line, ledger: Ledger, pace: Pace, tell: Callable[[int], None],
) -> None:  # fmt: skip
    """Send to all who wait. ``tell`` hears after each how many had their turn.

    A stop comes between two messages; each then has an outcome in the ledger. PublishError where the server is gone, or takes nothing any more.
    """
    due, any_taken, before = pace.clock(), False, TAKEN
    row: list[str] = []  # whose messages ended in the same way, and not well
    done: tuple[tuple[str, Entry], ...] = ()  # what became of the last one, where that is not written down yet
    try:
        for number, subscriber in enumerate(waiting, 1):
            if (wait := due - pace.clock()) > 0:
                ledger.note(*done)
                done = ()
                pace.sleep(wait)
            due = max(due, pace.clock()) + pace.every_s
            message = compose(subscriber)
            with unbroken():
                ledger.note(*done, (subscriber.key, Entry(ON_ITS_WAY)))  # both at once: it is the disk that takes the time
                done = ((subscriber.key, Entry(PENDING)),)  # where there is no line to the server
                outcome = line.send(sender, subscriber.address, message)
                done = ((subscriber.key, _entry(outcome)),)
                if outcome.kind == REFUSED:
                    ledger.note(*done, suppress=True)
                    done = ()
            tell(number)
            any_taken |= outcome.kind == TAKEN
            row = [*(row if outcome.kind == before else ()), subscriber.key]
            before = outcome.kind
            if len(row) >= MOST_IN_A_ROW.get(before, len(row) + 1) and not (before == REFUSED and any_taken):
                if before != LOST:
                    ledger.note(*done)
                    done = ()
                    ledger.forgive(row)
                raise PublishError(f"{len(row)} messages in a row were not taken ({outcome.answer}); nothing more was sent")
    finally:
        if done:
            ledger.note(*done)


def _entry(outcome: Outcome) -> Entry:
    state = {TAKEN: SENT, REFUSED: FAILED, DENIED: FAILED, LATER: PENDING, LOST: UNCERTAIN}[outcome.kind]
    return Entry(state, outcome.answer)
