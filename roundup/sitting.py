"""One way through the inbox: a paper after the other, decided by a key each. What was decided is on the disk before the next one is shown.

It knows nothing of terminals: ``cli/screen.py`` and ``cli/lines.py`` show what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from roundup.errors import count
from roundup.issue import IssueKey
from roundup.paper import Paper, day
from roundup.store.inbox import LATER, PICKED, SKIPPED, Candidate
from roundup.text.drawn import plain
from roundup.text.filling import filled
from roundup.text.language import ENGLISH
from roundup.text.visible import isolated, visible
from roundup.triage import Desk

MOST_AUTHORS = 12


class Sitting:
    """The papers before an editor, and the place among them. ``alone`` holds the digest's lock while files are written."""

    def __init__(self, desk: Desk, names: Sequence[str], issue: IssueKey, alone: Callable[[], AbstractContextManager[None]]) -> None:
        self.desk, self.names, self.issue, self.alone = desk, names, issue, alone
        self.section = ""
        self.said = ""  # what became of the last key, for the editor to see
        self.done = dict.fromkeys((PICKED, SKIPPED, LATER), 0)
        self._history: list[tuple[int, str]] = []  # of this sitting: the place, and what was decided there
        self._at = self._place_of(desk.inbox.noted(_PLACE))
        self._skip_decided(1)

    def _place_of(self, name: str) -> int:
        return self.names.index(name) if name in self.names else 0

    @property
    def place(self) -> int:
        """Where the current paper stands among all, from 1 on."""
        return self._at + 1

    @property
    def current(self) -> Candidate | None:
        """The paper before the editor; None where none is left."""
        return self.desk.inbox.find(self.names[self._at]) if self._at < len(self.names) else None

    def around(self, number: int) -> list[Candidate]:
        """Return so many papers from the current one on."""
        found = (self.desk.inbox.find(name) for name in self.names[self._at : self._at + number])
        return [one for one in found if one]

    def decide(self, what: str) -> None:
        """Decide on the current paper, and go to the next one."""
        one = self.current
        if one is None:
            return
        if what == PICKED:
            with self.alone():
                self.desk.pick([one.paper], self.issue, self.section)
        else:
            self.desk.pass_over([one.paper], what)
        self.done[what] += 1
        self._history.append((self._at, what))
        self.said = f"{one.paper.id.base} {_SAID[what].format(issue=self.issue)}{f', {self.section}' if what == PICKED and self.section else ''}"
        self._at += 1
        self._skip_decided(1)

    def undo(self) -> None:
        """Take back what was decided last in this sitting, and go to that paper; what was decided before it is for ``roundup undo``."""
        if not self._history:
            self.said = "nothing was decided here yet"
            return
        at, what = self._history[-1]
        with self.alone():
            last = self.desk.inbox.last()
            if last is None or (last.name, last.what) != (self.names[at], what):
                self.said = "somebody else has decided since; take that back first, with: roundup undo"
                return
            undone = self.desk.undo()
        self._history.pop()
        self.done[what] -= 1
        self._at = at
        stays = f"; {undone.stays[0]} has words of yours and stays" if undone and undone.stays else ""
        self.said = f"{last.name}: {what} no more{stays}"

    def move(self, step: int) -> None:
        """Go to the next paper that is not decided, or to the one before, and leave this one as it is."""
        before = self._at
        self._at += step
        self._skip_decided(step)
        if not 0 <= self._at < len(self.names) and (step < 0 or self._at > len(self.names)):
            self._at = before
        self.said = ""

    def _skip_decided(self, step: int) -> None:
        """Pass by what was decided meanwhile, here or by somebody else."""
        while 0 <= self._at < len(self.names) and (one := self.desk.inbox.find(self.names[self._at])) and one.decided not in ("", LATER):
            self._at += step

    def close(self) -> None:
        """Remember the place for the next sitting."""
        self.desk.inbox.note(_PLACE, self.names[self._at] if 0 <= self._at < len(self.names) else "")

    def sections(self) -> list[str]:
        """Return the sections that the issue has, and those that were assigned."""
        return self.desk.sections(self.issue)

    def summary(self) -> str:
        """Return how far this sitting has come."""
        return ", ".join(f"{number:,} {what}" for what, number in self.done.items())

    def heading(self) -> str:
        """Return what stands above a paper."""
        at = f"{min(self.place, len(self.names)):,} of {len(self.names):,}"
        return f"{self.issue}{f' · {self.section}' if self.section else ''} · {at} · {self.summary()}"


_PLACE = "place"
_SAID = {PICKED: "picked into {issue}", SKIPPED: "skipped", LATER: "left for later"}


def paper_lines(one: Candidate, desk: Desk, width: int) -> list[str]:
    """Return a paper in lines of at most ``width`` columns: title, authors, facts, abstract."""
    paper = one.paper
    names = [_seen(author.name) for author in paper.authors]
    more = f" and {len(names) - MOST_AUTHORS:,} more" if len(names) > MOST_AUTHORS else ""
    lines = [*filled(_seen(paper.title), width), *filled(", ".join(names[:MOST_AUTHORS]) + more, width), *filled(" · ".join(facts(one, desk)), width)]
    return [*lines, "", *filled(_seen(paper.abstract) or "no abstract is known", width)]


def facts(one: Candidate, desk: Desk) -> list[str]:
    """Return what is known of a paper beside its words, the most telling first."""
    paper = one.paper
    found = [paper.id.base, " ".join(paper.categories), *_days(paper)]
    why = desk.why(paper)
    found += [count(paper.votes, "vote")] if paper.votes is not None and "vote" not in why else []
    found += [f"withdrawn: {_seen(paper.withdrawn.reason)}"] if paper.withdrawn else []
    found += [f"left for {one.decided}"] if one.decided == LATER else []
    found += [f"already covered in {', '.join(map(str, held))}"] if (held := desk.covered(paper)) else []
    found += [f"like {like}"] if (like := desk.like(paper)) else []
    found += [_seen(paper.comment)] if paper.comment else []
    return [*found, *([_seen(why)] if why else [])]


def title_line(one: Candidate, width: int) -> str:
    """Return a paper as a line of a list."""
    votes = f"{one.paper.votes:>4,}" if one.paper.votes is not None else "    "
    return filled(f"{one.paper.id.base:<16} {votes}  {_seen(one.paper.title)}".replace("  ", "\xa0\xa0"), width)[0]


def _days(paper: Paper) -> list[str]:
    moment = paper.submitted or paper.announced
    return [ENGLISH.short_day(day(moment))] if moment else []


def _seen(text: str) -> str:
    return isolated(visible(plain(text)).replace("\n", " "))
