"""Papers that wait for a decision -> the same, the likeliest picks first, each with the reasons. Pure: the same input gives the same bytes.

What editors decided is learned from (``model``), what roundup.yaml says they look for is added (``wishes``). Where there is neither, votes decide,
and then what is newest.
"""

from __future__ import annotations

import datetime as dt
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.config import Interests
from roundup.errors import RefusedError
from roundup.names import parse_name
from roundup.paper import Paper
from roundup.ranking.model import Example, Known, Learner, Model, Regression, Usual
from roundup.ranking.reason import OTHER_WORDS, Reason, said
from roundup.ranking.sketch import Sketch, dump_sketch, parse_sketch, sketched
from roundup.ranking.terms import AUTHOR, CATEGORY, name_words
from roundup.ranking.wishes import Wishes

__all__ = [
    "PASSED", "PICKED", "SKIPPED", "Known", "Lesson", "Ranking", "Sketch", "Usual", "dump_sketch", "learned", "learner", "parse_sketch", "said", "sketched",
]  # fmt: skip

PICKED, SKIPPED, PASSED = "picked", "skipped", "passed"  # taken into an issue; turned down by name; seen, and left when its issue was done
_VERDICTS = (PICKED, SKIPPED, PASSED)  # of two on one day the first here counts
_HALF_LIFE_DAYS, _MOST_HALF_LIVES = 365.0, 10.0  # a decision of a year ago counts half; one of ages ago is not quite forgotten
_SKIP = 3.0  # what turning down counts beside leaving
_MOST_PICKS, _MOST_LEFT, _LEFT_TO_A_PICK = 200, 400, 8  # what is learned from: the newest, for what was long ago counts little
_LIKENESS = 6.0  # what is learned beside what is wished for: with fifty picks, a paper like them has about 1 by its words
_NAMED = 4  # words that are told one by one


def learner(interests: Interests) -> Learner:
    """Return who learns, as roundup.yaml says. RefusedError where that is not installed."""
    if interests.ranking == "own":
        return Regression
    try:
        from roundup.ranking.scikit import LinearSvm  # 200 MB and 2 s, which only those have who ask for it
    except ModuleNotFoundError as error:
        raise RefusedError('"ranking: scikit-learn" needs scikit-learn; pip install "roundup-digest[ranking]", or write own') from error
    return LinearSvm


class Lesson(Struct, frozen=True):
    """What editors made of a paper, and on which day: ``PICKED``, ``SKIPPED`` or ``PASSED``."""

    paper: Known
    verdict: str
    day: dt.date


class Placed(Protocol):
    """What decides between papers of one score."""

    @property
    def name(self) -> str: ...
    @property
    def votes(self) -> int | None: ...
    @property
    def news(self) -> dt.date | None: ...


class Ranking(Struct, frozen=True):
    """What was learned and what is wished for, and the scores of papers by name; asked for any of them, the reasons, whose sum the score is."""

    model: Model | None
    wishes: Wishes
    scores: dict[str, float] = field(default_factory=dict)

    def scored(self, papers: Sequence[Known]) -> Ranking:
        """Return the same with the scores of some more papers. That of a paper is the same, whatever else is asked for."""
        values = self.model.values(papers) if self.model else [0.0] * len(papers)
        scores = {paper.name: round(_LIKENESS * value + self.wishes.value(paper), 6) for paper, value in zip(papers, values, strict=True)}
        return replace(self, scores=self.scores | scores)

    def ordered(self, papers: Iterable[Placed]) -> list[str]:
        """Return the names of papers that have scores, the likeliest pick first; at the same score the one with more votes, then the newer one, then by ID."""
        return [name for *_, name in sorted(map(self._place, papers))]

    def _place(self, paper: Placed) -> tuple[float, int, int, str]:
        return (-self.scores[paper.name], -(paper.votes or 0), -paper.news.toordinal() if paper.news else 0, paper.name)

    def why(self, paper: Paper) -> tuple[Reason, ...]:
        """Return what the score of a paper is made of; ``OTHER_WORDS`` stands for all words that are not told. Nothing for a paper that was not ranked."""
        if paper.id.name not in self.scores:
            return ()
        wished = tuple(self.wishes.reasons(paper))
        named = tuple(self._words(paper))
        others = round(self.scores[paper.id.name] - sum(reason.weight for reason in (*named, *wished)), 6)
        return (*named, *((Reason(OTHER_WORDS, others),) if others and self.model else ()), *wished)

    def _words(self, paper: Paper) -> Iterator[Reason]:
        """Yield the words that tell most."""
        telling = heapq.nsmallest(_NAMED, self.model.terms(paper) if self.model else (), key=lambda term: (-abs(term[1]), term[0]))
        return (Reason(_shown(term, paper), round(_LIKENESS * weight, 6)) for term, weight in telling if round(_LIKENESS * weight, 6))


def learned(
    history: Iterable[Lesson], interests: Interests, today: dt.date, usual: Usual, learner: Learner = Regression, others: Sequence[Known] = (),
) -> Ranking:  # fmt: skip
    """Return what is to be learned from decisions; without one that took a paper up, nothing says what is liked. ``others`` are papers that may be anything."""
    examples = list(_examples(list(history), today))
    model = learner() if any(example.taken for example in examples) else None
    if model:
        model.fit(examples, usual, others)
    return Ranking(model, Wishes(interests))


def _shown(term: str, paper: Paper) -> str:
    if not term.startswith(AUTHOR):
        return term.removeprefix(CATEGORY)
    return next((parse_name(author.name).family for author in paper.authors if AUTHOR + name_words(author.name) == term), term)


def _examples(history: Sequence[Lesson], today: dt.date) -> Iterator[Example]:
    """Yield what is learned from: the newest picks, and the newest of what was turned down or left, eight to a pick."""
    newest: dict[str, Lesson] = {}
    for lesson in sorted(history, key=lambda lesson: (-lesson.day.toordinal(), _VERDICTS.index(lesson.verdict), lesson.paper.name)):
        newest.setdefault(lesson.paper.name, lesson)
    picks = [lesson for lesson in newest.values() if lesson.verdict == PICKED][:_MOST_PICKS]
    left = sorted((lesson for lesson in newest.values() if lesson.verdict != PICKED), key=lambda lesson: lesson.verdict != SKIPPED)
    for lesson in (*picks, *left[: min(_MOST_LEFT, _LEFT_TO_A_PICK * len(picks))]):
        yield Example(lesson.paper, lesson.verdict == PICKED, _weight(lesson, today))


def _weight(lesson: Lesson, today: dt.date) -> float:
    """Return what a decision counts on a day: half of it is lost every year, and a paper turned down counts more than one that was left."""
    half_lives = min(max(0, (today - lesson.day).days) / _HALF_LIFE_DAYS, _MOST_HALF_LIVES)
    return (_SKIP if lesson.verdict == SKIPPED else 1.0) * math.exp2(-half_lives)
