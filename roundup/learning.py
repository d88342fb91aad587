"""What the decisions of a digest teach its ranking. What was worked out is kept in the inbox until anything changes that it was made of.

What is kept says what it was made of. What does not fit is made anew: it may be of yesterday, of another roundup, or of files as they were.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import islice

from roundup.errors import SourceError
from roundup.issue import IssueKey
from roundup.paper import Paper
from roundup.ranking import PASSED, Known, Lesson, Ranking, dump_sketch, learned, learner, parse_sketch, sketched
from roundup.ranking.model import Regression, dump_regression, parse_regression
from roundup.ranking.wishes import Wishes
from roundup.starter import FIRST_PICK, SAMPLE
from roundup.store.beginning import stands
from roundup.store.inbox import PICKED, SKIPPED, Inbox, Slip
from roundup.store.shelf import Shelves

_RELEASE = 2  # of the ranking and its sketches: what an older one worked out says nothing of this one
_MOST_PICKS, _MOST_SKIPPED, _MOST_LEFT = 200, 800, 800
_MODEL, _SCORES = "ranking: model", "ranking: scores"  # under which they are kept, beside what is kept of files
_MOST_SCORES = 20_000
_LIST = b"list"


class Learning:
    """The issues of a digest and what was skipped of its inbox, as lessons; and what is learned of them."""

    def __init__(self, shelves: Shelves, inbox: Inbox, today: dt.date) -> None:
        self.shelves, self.inbox, self.today = shelves, inbox, today

    def ranking(self, slips: Sequence[Slip]) -> Ranking:
        """Return the ranking with the scores of these papers of the inbox."""
        interests = self.shelves.config.interests
        if interests.ranking != "own":
            known = list(self.inbox.known_as(slip.name for slip in slips).values())
            return learned(self.lessons(), interests, self.today, self.inbox.usual(), learner(interests), known).scored(known)
        made_of = self._made_of()
        kept = self._kept_ranking(made_of)
        ranking = kept or learned(self.lessons(), interests, self.today, self.inbox.usual())
        new = self.inbox.known_as(slip.name for slip in slips if slip.name not in ranking.scores)
        if new or not kept:
            ranking = ranking.scored(list(new.values()))
            self._keep(ranking, made_of, is_new=not kept)
        return ranking

    def _keep(self, ranking: Ranking, made_of: str, *, is_new: bool) -> None:
        model = zlib.compress(dump_regression(ranking.model), 1) if is_new and isinstance(ranking.model, Regression) else b""
        scores = json.dumps(dict(list(ranking.scores.items())[-_MOST_SCORES:])).encode()
        self.inbox.keep({_SCORES: (made_of, scores)} | ({_MODEL: (made_of, model)} if is_new else {}))

    def _kept_ranking(self, made_of: str) -> Ranking | None:
        """Return the ranking that was kept; None where there is none of this, or one that cannot be read."""
        kept = {name: value for name, (stamp, value) in self.inbox.kept((_MODEL, _SCORES)).items() if stamp == made_of}
        try:
            model = parse_regression(zlib.decompress(kept[_MODEL])) if kept[_MODEL] else None
            scores = {str(name): float(score) for name, score in dict(json.loads(kept[_SCORES])).items()}
        except (LookupError, ValueError, TypeError, zlib.error):
            return None
        return Ranking(model, Wishes(self.shelves.config.interests), scores)

    def _made_of(self) -> str:
        """Return what says of what a ranking was made: of papers, decisions, records, interests and the day."""
        records = [(path, self.shelves.disk.stamp(path)) for _, path in self._picks]
        decided = (records, self.inbox.last_skipped(_MOST_SKIPPED), self._left()[1])
        rows = [_RELEASE, self.today.isoformat(), repr(self.shelves.config.interests), self.inbox.changes(), *decided]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def lessons(self) -> Iterator[Lesson]:
        """Yield what there is to learn from, the newest first: what issues took up, what was skipped or left, and what is liked."""
        names = {path: path.rpartition("/")[2].removesuffix(".yaml") for _, path in self._picks}
        seen = self.inbox.known_as(names.values())
        sketches = self._said_by([path for path, name in names.items() if name not in seen], self._sketch)
        for key, path in self._picks:
            if known := seen.get(names[path]) or (sketches.get(path) and Known(names[path], parse_sketch(sketches[path]), partial(self._record, path))):
                yield Lesson(known, PICKED, key.last_day)
        yield from (Lesson(one, SKIPPED, day) for one, day in self.inbox.skipped(_MOST_SKIPPED))
        day, left = self._left()
        standing = self.shelves.holders() if left else {}
        yield from (Lesson(one, PASSED, day) for one in self.inbox.known_as(name for name in left if name not in standing).values())
        yield from (Lesson(one, PICKED, self.today) for one in self.inbox.known_as(self.shelves.config.interests.likes).values())

    def _left(self) -> tuple[dt.date, list[str]]:
        """Return what was seen when the newest issue that is over was made, and is not decided: it was passed over then. With the day on which that ended."""
        day = next((key.last_day for key, _ in self._picks if key.last_day < self.today), dt.date.min)
        return day, self.inbox.left(day, _MOST_LEFT) if day > dt.date.min else []

    @cached_property
    def _picks(self) -> list[tuple[IssueKey, str]]:
        """The records of the newest picks, with the issue of each."""
        records = ((key, path) for key in self.shelves.folders if key not in self.lists for path in self.shelves.record_paths(key))
        return list(islice(((key, path) for key, path in records if not self._is_sample(path)), _MOST_PICKS))

    def _is_sample(self, path: str) -> bool:
        """Tell whether a record is that of the paper which every digest begins with, and nobody has written about it."""
        pick = path.replace("/papers/", "/commentary/")
        return path.endswith(f"/{SAMPLE}.yaml") and stands(self.shelves.root / pick, FIRST_PICK)

    def _sketch(self, path: str) -> bytes:
        paper = self.shelves.record(path)
        return dump_sketch(sketched(paper)) if paper else b""

    def _record(self, path: str) -> Paper:
        paper = self.shelves.record(path)
        if paper is None:  # it was there a moment ago
            raise SourceError(self.shelves.disk.problems)
        return paper

    def _said_by(self, paths: Iterable[str], read: Callable[[str], bytes]) -> dict[str, bytes]:
        """Return what files say, as ``read`` does. What they said when they were read last is kept, for that takes a hundred times as long."""
        stamps = {path: f"{_RELEASE} {self.shelves.disk.stamp(path)}" for path in paths}
        kept = self.inbox.kept(stamps)
        new = {path: (stamp, read(path)) for path, stamp in stamps.items() if kept.get(path, ("",))[0] != stamp}
        if new:
            self.inbox.keep(new)
        return {path: value for path, (_, value) in (kept | new).items()}

    @cached_property
    def lists(self) -> frozenset[IssueKey]:
        """The issues that are lists, of which no paper was taken up by an editor. Each issue.yaml is read once, and what it says is kept until it changes."""
        paths = {f"{folder}/issue.yaml": key for key, folder in self.shelves.folders.items()}
        said = self._said_by(paths, lambda path: _LIST if self.shelves.is_list(paths[path]) else b"")
        return frozenset(key for path, key in paths.items() if said.get(path) == _LIST)
