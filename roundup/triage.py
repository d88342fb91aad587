"""What an editor decides of papers that were seen: taken into an issue, passed over, or kept for later; and taken back.

A pick's files are written before the decision is kept. A stop in between leaves files that say the same when the pick is made again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from roundup.errors import RefusedError
from roundup.issue import IssueKey, Link, Section
from roundup.learning import Learning
from roundup.paper import ArxivId, Paper
from roundup.ranking import Ranking, said
from roundup.ranking.groups import likes
from roundup.records.papers import dump_paper
from roundup.starter import new_pick, ordered
from roundup.store.beginning import stands
from roundup.store.inbox import LATER, PICKED, SKIPPED, Asked, Candidate, Decision, Inbox
from roundup.store.shelf import Shelf, Shelves
from roundup.store.writing import remove, settle
from roundup.yamltext import dump_scalar

UNDECIDED = ""
_MOST_RANKED = 5000
_MOST_COMPARED = 1000  # to find what is nearly the same: the papers of two weeks
_SPARE = 4  # times as many as are wanted are looked at, for some are withdrawn, or nearly the same
COVERED = "covered"
STATES = (UNDECIDED, PICKED, SKIPPED, LATER)


class Undone(Struct, frozen=True):
    """A decision that was taken back, and those of its files that stay, for somebody has written in them since."""

    decision: Decision
    stays: tuple[str, ...] = ()


class Desk:
    """The inbox beside the issues of its digest. The digest's lock has to be held by who decides."""

    def __init__(self, shelves: Shelves, inbox: Inbox, today: dt.date) -> None:
        self.shelves, self.inbox, self.today = shelves, inbox, today
        self.learning = Learning(shelves, inbox, today)
        self._holders = shelves.holders()
        self._shelf: dict[IssueKey, Shelf] = {}
        self._ranking: Ranking | None = None
        self._likes: dict[str, str] = {}

    def covered(self, paper: Paper) -> list[IssueKey]:
        """Return the issues with commentary that have the paper's record, newest first."""
        return self._covered(paper.id.name)

    def _covered(self, name: str) -> list[IssueKey]:
        return [key for key in self._holders.get(name, ()) if key not in self.learning.lists]

    def listed(self, asked: Asked, most: int | None = None) -> list[str]:
        """Return the names of the papers that are asked for, so many at most: of what waits the likeliest picks first, and ``why`` then tells of each why;
        of what is decided, or of all, what was seen last first.

        One that stands in an issue is not undecided, whoever put it there. Of very many, those that were seen last are ranked, and the others follow.
        """
        if not asked.states or not set(asked.states) <= {UNDECIDED, LATER}:
            return self.inbox.names(asked, most)
        standing = set(filter(self._covered, self._holders)) if asked.states == (UNDECIDED,) else set()
        slips = [slip for slip in self.inbox.slips(asked, _MOST_RANKED) if slip.name not in standing]
        self._ranking = self.learning.ranking(slips)
        names = self._ranking.ordered(slips)
        compared = names[: min(most or _MOST_COMPARED, _MOST_COMPARED)]  # the one that a paper is like stands before it
        self._likes = likes(list(self.inbox.known_as(compared).values()))
        if most is None or len(names) < most:
            standing.update(names)
            names += [name for name in self.inbox.names(asked) if name not in standing]
        return names[:most]

    def score(self, paper: Paper) -> float:
        """Return the number by which a paper was ranked; 0 where it was not."""
        return self._ranking.scores.get(paper.id.name, 0.0) if self._ranking else 0.0

    def like(self, paper: Paper) -> str:
        """Return the ID of the paper before this one in the listing that is nearly the same; nothing where there is none."""
        head = self.inbox.find(self._likes.get(paper.id.name, ""))
        return head.paper.id.base if head else ""

    def counts(self) -> dict[str, int]:
        """Return how many papers were seen, by what became of them; those that stand in an issue and were not decided here are COVERED."""
        found = self.inbox.counts()
        waiting = self.inbox.waiting(name for name in self._holders if self._covered(name))
        return found | {UNDECIDED: found.get(UNDECIDED, 0) - waiting, COVERED: waiting}

    def why(self, paper: Paper) -> str:
        """Return the reasons for which a paper stands where it does, in a few words; nothing where there are none."""
        return said(self._ranking.why(paper)) if self._ranking else ""

    def named(self, ids: Iterable[ArxivId]) -> list[Candidate]:
        """Return the papers of these IDs. RefusedError names all that were never seen."""
        found = {one: self.inbox.find(one.name) for one in ids}
        if missing := [str(one) for one, candidate in found.items() if candidate is None]:
            raise RefusedError(f"not in the inbox: {', '.join(missing)}; fetch it with: roundup fetch --inbox {' '.join(missing)}")
        return [one for one in found.values() if one]

    def pick(self, papers: Sequence[Paper], key: IssueKey, section: str = "") -> None:
        """Take papers into an issue: a record and a stub for each."""
        shelf = self._shelf.get(key) or self._shelf.setdefault(key, self.shelves.shelf(key))
        self.shelves.sweep(key)
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
            held = self._holders.setdefault(paper.id.name, [])
            held += [] if key in held else [key]

    def pick_links(self, links: Sequence[Link], key: IssueKey) -> int:
        """Make stubs of picks about links in an issue; return how many it did not have yet. That is no decision: such a stub is yours to remove."""
        shelf = self._shelf.get(key) or self._shelf.setdefault(key, self.shelves.shelf(key))
        self.shelves.sweep(key)
        made = sum(map(shelf.put_link, links))
        shelf.settle()
        return made

    def linked(self, addresses: Sequence[str]) -> list[Link]:
        """Return the links of these addresses. RefusedError names all that were never seen."""
        found = {url: self.inbox.link(url) for url in addresses}
        if missing := [url for url, link in found.items() if link is None]:
            raise RefusedError("\n".join(f"{url} is not in the inbox; roundup inbox --links shows what is" for url in missing))
        return [one for one in found.values() if one]

    def best(self, key: IssueKey, most: int, since: dt.date | None, *, by_votes: bool = True) -> list[Paper]:
        """Return papers for a list, at most so many: those with the most votes, or those that rank first; of nearly the same ones the first.

        None of them stands in another issue, or is withdrawn.
        """
        asked = Asked((UNDECIDED, LATER), since=since)
        enough = _SPARE * most + len(self._holders)
        listed = self.inbox.names(asked, enough, by_votes=True) if by_votes else self.listed(asked, enough)
        free = (one.paper for name in listed if set(self._holders.get(name, ())) <= {key} and (one := self.inbox.find(name)))
        papers = list(islice((paper for paper in free if not paper.withdrawn), _SPARE * most))
        again = likes(list(self.inbox.known_as(paper.id.name for paper in papers).values()))
        return [paper for paper in papers if paper.id.name not in again][:most]

    def fill(self, key: IssueKey, papers: Sequence[Paper]) -> None:
        """Put papers into a list. They stay undecided. RefusedError where the issue is no list."""
        shelf = self.shelves.shelf(key)
        if not shelf.is_list:
            raise RefusedError(f"{key} is an issue with commentary, and only a list is filled; begin one with: roundup new --list")
        self.shelves.sweep(key)
        for paper in papers:
            shelf.put(paper)
        shelf.settle()

    @property
    def pasted(self) -> list[str]:
        """The stubs that are to be pasted, where the digest wants them so."""
        return [stub for shelf in self._shelf.values() for stub in shelf.pasted]

    def pass_over(self, papers: Sequence[Paper], what: str) -> None:
        """Keep of papers that they were SKIPPED, or left for LATER."""
        self.inbox.decide([self._decision(paper, what) for paper in papers])

    def undo(self) -> Undone | None:
        """Take the last decision back, and a pick's files where nobody has written in them; None where nothing was decided."""
        last = self.inbox.last()
        if last is None:
            return None
        candidate = self.inbox.find(last.name)
        stays: list[str] = []
        for path in sorted(last.made):  # the stub first: where that stays, its record does, too
            if stays or not (candidate and self._take_away(path, candidate.paper)):
                stays.append(path)
        self.inbox.undo(last)
        if last.what == PICKED and not stays:
            self._holders[last.name] = [key for key in self._holders.get(last.name, []) if str(key) != last.issue]
        return Undone(last, tuple(stays))

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
        if not rows and key not in self.shelves.folders:
            raise RefusedError(f'there is no issue "{key}"; begin it with: roundup new {key}')
        headed = ([f"- section: {dump_scalar(section)}"] * bool(section) + rows[section] for section in sorted(rows, key=bool))
        return "".join(f"{row}\n" for part in headed for row in part)
