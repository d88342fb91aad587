"""An issue to each of its subscribers, once: the plan, and the run, which can be stopped and taken up at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

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


class Pace(Struct, frozen=True):
    """How long to wait before each message; clock and sleep are the door's."""

    every_s: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def queue(people: Sequence[Subscriber], entries: Mapping[str, Entry], again: Iterable[str] = (), limit: int | None = None) -> tuple[Subscriber, ...]:
    """Return to whom messages go now: to those of whom nothing is known, or those named ``again``, and to no others.

    In the order of the list, but those whom the server did not take before come last: they keep nobody waiting.
    """
    named = set(again)
    if named:
        return tuple(one for one in people if one.key in named)[:limit]
    waiting = [one for one in people if one.key not in entries or entries[one.key].state == PENDING]
    return tuple(sorted(waiting, key=lambda one: one.key in entries))[:limit]


def run(
    waiting: Sequence[Subscriber], compose: Callable[[Subscriber], bytes], sender: str, line: Line, ledger: Ledger, pace: Pace, tell: Callable[[int], None],
) -> None:  # fmt: skip
    """Send to all who wait. ``tell`` hears after each how many had their turn.

    A stop comes between two messages; each then has an outcome in the ledger. PublishError where the server is gone, or takes nothing any more.
    """
    going, due = _Run(compose, sender, line, ledger), pace.clock()
    try:
        for number, subscriber in enumerate(waiting, 1):
            if (wait := due - pace.clock()) > 0:
                going.settle()
                pace.sleep(wait)
            due = max(due, pace.clock()) + pace.every_s
            with unbroken():
                outcome = going.send(subscriber)
            tell(number)
            going.stop_when_all_fail(subscriber, outcome)
    finally:
        going.settle()


class _Run:
    """One message after the other; what became of the last one may wait until the next is on its way, for it is the disk that takes the time."""

    def __init__(self, compose: Callable[[Subscriber], bytes], sender: str, line: Line, ledger: Ledger) -> None:
        self.compose, self.sender, self.line, self.ledger = compose, sender, line, ledger
        self.done: tuple[tuple[str, Entry], ...] = ()  # what is not written down yet
        self.row: list[str] = []  # whose messages ended in the same way
        self.kind, self.any_taken = TAKEN, False

    def settle(self) -> None:
        """Write down what became of the last message."""
        done, self.done = self.done, ()
        if done:
            self.ledger.note(*done)

    def send(self, subscriber: Subscriber) -> Outcome:
        try:
            message = self.compose(subscriber)
        except ValueError as error:
            raise PublishError(f"{error}; nothing more was sent") from error
        self.ledger.note(*self.done, (subscriber.key, Entry(ON_ITS_WAY)))
        self.done = ()  # should anything happen that nobody thought of, it stays on its way, and nobody knows
        try:
            outcome = self.line.send(self.sender, subscriber.address, message)
        except PublishError:  # there is no line to send it over
            self.done = ((subscriber.key, Entry(PENDING)),)
            raise
        self.done = ((subscriber.key, Entry(_STATES[outcome.kind], outcome.answer)),)
        if outcome.kind == REFUSED:
            done, self.done = self.done, ()
            self.ledger.note(*done, suppress=True)
        return outcome

    def stop_when_all_fail(self, subscriber: Subscriber, outcome: Outcome) -> None:
        """End the run after so many messages in a row that end alike, and not well; what is no single one's fault is held against none."""
        self.any_taken |= outcome.kind == TAKEN
        self.row = [*(self.row if outcome.kind == self.kind else ()), subscriber.key]
        self.kind = outcome.kind
        if len(self.row) < MOST_IN_A_ROW.get(self.kind, len(self.row) + 1) or (self.kind == REFUSED and self.any_taken):
            return
        if self.kind != LOST:
            self.settle()
            self.ledger.forgive(self.row)
        raise PublishError(f"{len(self.row)} messages in a row were not taken ({outcome.answer}); nothing more was sent")


_STATES = {TAKEN: SENT, REFUSED: FAILED, DENIED: FAILED, LATER: PENDING, LOST: UNCERTAIN}
