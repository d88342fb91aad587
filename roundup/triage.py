"""What an editor decides of papers that were seen: taken into an issue, passed over, or kept for later; and taken back.

A pick's files are written before the decision is kept. A stop in between leaves files that say the same when the pick is made again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from roundup.errors import RefusedError
from roundup.issue import IssueKey, Section
from roundup.paper import ArxivId, Paper
from roundup.ranking import Lesson, Ranked, learner, rank, said
from roundup.records.papers import dump_paper
from roundup.starter import new_pick, ordered
from roundup.store.beginning import stands
from roundup.store.inbox import LATER, PICKED, SKIPPED, Asked, Candidate, Decision, Inbox
from roundup.store.shelf import Shelf, Shelves
from roundup.store.writing import remove, settle
from roundup.yamltext import dump_scalar

UNDECIDED = ""
_MOST_RANKED, _MOST_LESSONS = 5000, 200
STATES = (UNDECIDED, PICKED, SKIPPED, LATER)


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision that was taken back, and those of its files that stay, for somebody has written in them since."""

    decision: Decision
    stays: tuple[str, ...] = ()


class Desk:
    """The inbox beside the issues of its digest. The digest's lock has to be held by who decides."""

    def __init__(self, shelves: Shelves, inbox: Inbox, today: dt.date) -> None:
        self.shelves, self.inbox, self.today = shelves, inbox, today
        self._taken = {name: keys for name, held in shelves.holders().items() if (keys := [key for key in held if not shelves.is_list(key)])}
        self._shelf: dict[IssueKey, Shelf] = {}
        self.reasons: dict[str, Ranked] = {}  # by names of papers that were ranked

    def covered(self, paper: Paper) -> list[IssueKey]:
        """Return the issues with commentary that have the paper's record, newest first."""
        return self._taken.get(paper.id.name, [])

    def candidates(self, asked: Asked) -> Iterator[Candidate]:
        """Yield the papers that are asked for; one that stands in an issue is not undecided, whoever put it there."""
        for one in self.inbox.candidates(asked):
            if asked.states != (UNDECIDED,) or not self.covered(one.paper):
                yield one

    def ranked(self, asked: Asked) -> list[Candidate]:
        """Return the papers that are asked for, the likeliest picks first; ``reasons`` then tells of each why.

        Of very many, those with the most votes and the newest are ranked, and the others follow.
        """
        found = list(self.candidates(asked))
        by_name = {one.paper.id.name: one for one in found[:_MOST_RANKED]}
        interests = self.shelves.config.interests
        ranking = rank((one.paper for one in by_name.values()), self.lessons(), interests, self.today, learner(interests))
        self.reasons |= {one.paper.id.name: one for one in ranking}
        return [*(by_name[one.paper.id.name] for one in ranking), *found[_MOST_RANKED:]]

    def why(self, paper: Paper) -> str:
        """Return the reasons for which a paper stands where it does, in a few words; nothing where there are none."""
        return said(self.reasons[paper.id.name].why) if paper.id.name in self.reasons else ""

    def lessons(self) -> Iterator[Lesson]:
        """Yield what there is to learn from, the newest first: what issues took up, and what was skipped."""
        picks = (Lesson(paper, PICKED, key.last_day) for key in self.shelves.folders if not self.shelves.is_list(key) for paper in self.shelves.records(key))
        yield from islice(picks, _MOST_LESSONS)
        skipped = (one for one in self.inbox.decisions() if one.what == SKIPPED)
        for one in islice(skipped, _MOST_LESSONS * 4):
            if candidate := self.inbox.find(one.name):
                yield Lesson(candidate.paper, SKIPPED, one.day)

    def named(self, ids: Iterable[ArxivId]) -> list[Candidate]:
        """Return the papers of these IDs. RefusedError names all that were never seen."""
        found = {one: self.inbox.find(one.name) for one in ids}
        if missing := [str(one) for one, candidate in found.items() if candidate is None]:
            raise RefusedError(f"not in the inbox: {', '.join(missing)}; fetch it with: roundup fetch --inbox {' '.join(missing)}")
        return [one for one in found.values() if one]

    def pick(self, papers: Sequence[Paper], key: IssueKey, section: str = "") -> list[Decision]:
        """Take papers into an issue: a record and a stub for each. Return what is kept of it."""
        shelf = self._shelf.get(key) or self._shelf.setdefault(key, self.shelves.shelf(key))
        made = []
        for paper in papers:
            paths = [f"{shelf.folder}/{part}/{paper.id.name}.yaml" for part in ("papers", "commentary")]
            new = [path for path in paths if not (self.shelves.root / path).exists()]
            shelf.put(paper)
            made.append(tuple(path for path in new if (self.shelves.root / path).exists()))
        shelf.settle()
        decisions = [replace(self._decision(paper, PICKED), issue=str(key), section=section, made=new) for paper, new in zip(papers, made, strict=True)]
        self.inbox.decide(decisions)
        for paper in papers:
            held = self._taken.setdefault(paper.id.name, [])
            held += [] if key in held else [key]
        return decisions

    def fill(self, key: IssueKey, most: int, since: dt.date | None) -> list[Paper]:
        """Put the papers with the most votes that stand in no issue yet, at most so many, into a list. They stay undecided.

        RefusedError where the issue is no list.
        """
        shelf = self.shelves.shelf(key)
        if not shelf.is_list:
            raise RefusedError(f"{key} is an issue with commentary, and only a list is filled; begin one with: roundup new --list")
        holders = self.shelves.holders()
        wanted = (one.paper for one in self.inbox.candidates(Asked((UNDECIDED, LATER), since=since)))
        papers = list(islice((paper for paper in wanted if not paper.withdrawn and set(holders.get(paper.id.name, ())) <= {key}), most))
        for paper in papers:
            shelf.put(paper)
        shelf.settle()
        return papers

    @property
    def pasted(self) -> list[str]:
        """The stubs that are to be pasted, where the digest wants them so."""
        return [stub for shelf in self._shelf.values() for stub in shelf.pasted]

    def pass_over(self, papers: Sequence[Paper], what: str) -> list[Decision]:
        """Keep of papers that they were SKIPPED, or left for LATER."""
        decisions = [self._decision(paper, what) for paper in papers]
        self.inbox.decide(decisions)
        return decisions

    def undo(self) -> Undone | None:
        """Take the last decision back, and a pick's files where nobody has written in them; None where nothing was decided."""
        last = self.inbox.last()
        if last is None:
            return None
        candidate = self.inbox.find(last.name)
        stays = tuple(path for path in last.made if not (candidate and self._take_away(path, candidate.paper)))
        self.inbox.undo()
        if last.what == PICKED and not stays:
            self._taken[last.name] = [key for key in self._taken.get(last.name, []) if str(key) != last.issue]
        return Undone(last, stays)

    def _take_away(self, path: str, paper: Paper) -> bool:
        whole = self.shelves.root / path
        words = new_pick(paper) if "/commentary/" in path else dump_paper(paper)
        if not stands(whole, words):
            return not whole.exists()
        remove(whole)
        settle(whole.parent)
        return True

    def _decision(self, paper: Paper, what: str) -> Decision:
        return Decision(paper.id.name, what, paper.id.version, self.today)

    def sections(self, key: IssueKey) -> list[str]:
        """Return the sections of an issue: those that its order has, then others that picks were assigned."""
        written = [item.title for item in self.shelves.issue_file(key).order if isinstance(item, Section) and item.title]
        assigned = [one.section for one in self.inbox.decisions() if one.issue == str(key) and one.section]
        return list(dict.fromkeys([*written, *reversed(assigned)]))

    def order(self, key: IssueKey) -> str:
        """Return the picks of an issue as its ``order`` would have them, by the sections that they were assigned; to be pasted."""
        holding = {one.name: one for one in reversed(list(self.inbox.decisions()))}
        rows: dict[str, list[str]] = {}
        for one in holding.values():
            candidate = self.inbox.find(one.name) if one.what == PICKED and one.issue == str(key) else None
            if candidate:
                rows.setdefault(one.section, []).append(ordered(candidate.paper))
        headed = ([f"- section: {dump_scalar(section)}"] * bool(section) + rows[section] for section in sorted(rows, key=bool))
        return "".join(f"{row}\n" for part in headed for row in part)
