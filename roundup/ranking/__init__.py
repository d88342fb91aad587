"""Papers that wait for a decision -> the same, the likeliest picks first, each with the reasons. Pure: the same input gives the same bytes.

What editors decided is learned from (``model``), what roundup.yaml says they look for is added (``wishes``). Where there is neither, votes decide,
and then what is newest.
"""

from __future__ import annotations

import datetime as dt
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from roundup.config import Interests
from roundup.errors import RefusedError
from roundup.names import parse_name
from roundup.paper import Paper, day
from roundup.ranking.model import Example, Learner, Likeness, Regression
from roundup.ranking.reason import OTHER_WORDS, Reason, said
from roundup.ranking.terms import AUTHOR, CATEGORY, name_words
from roundup.ranking.wishes import Wishes

__all__ = ["PASSED", "PICKED", "SKIPPED", "Lesson", "Ranked", "learner", "rank", "said"]

PICKED, SKIPPED, PASSED = "picked", "skipped", "passed"  # taken into an issue; turned down by name; seen, and left when its issue was done
_VERDICTS = (PICKED, SKIPPED, PASSED)  # of two on one day the first here counts
_HALF_LIFE_DAYS, _MOST_HALF_LIVES = 365.0, 10.0  # a decision of a year ago counts half; one of ages ago is not quite forgotten
_SKIP = 3.0  # what turning down counts beside leaving
_MOST_PICKS, _MOST_LEFT, _LEFT_TO_A_PICK = 200, 800, 8  # what is learned from: the newest, for what was long ago counts little
_LIKENESS = 4.0  # what is learned beside what is wished for: with fifty picks, a paper like them has about 1 by its words
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


@dataclass(frozen=True, slots=True)
class Lesson:
    """What editors made of a paper, and on which day: ``PICKED``, ``SKIPPED`` or ``PASSED``."""

    paper: Paper
    verdict: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper with its score, which is the sum of the reasons; ``OTHER_WORDS`` among them stands for all words that are not told."""

    paper: Paper
    score: float
    why: tuple[Reason, ...]


def rank(
    candidates: Iterable[Paper], history: Iterable[Lesson], interests: Interests, today: dt.date, learner: Learner = Regression
) -> list[Ranked]:
    """Return the candidates, the likeliest pick first; at the same score the one with more votes, then the newer one, then by ID.

    Of two candidates with one name the first counts. A liked paper counts as a pick of today where it is among the candidates or in the history.
    """
    papers = sorted({paper.id.name: paper for paper in reversed(list(candidates))}.values(), key=lambda paper: paper.id.name)
    examples = list(_examples(papers, list(history), interests, today))
    wishes = Wishes(interests)
    likenesses = _likenesses(papers, examples, learner)
    return sorted((_ranked(paper, likeness, wishes) for paper, likeness in zip(papers, likenesses, strict=True)), key=_place)


def _place(ranked: Ranked) -> tuple[float, int, int, str]:
    paper = ranked.paper
    newest = paper.announced or paper.submitted
    return (-ranked.score, -(paper.votes or 0), -day(newest).toordinal() if newest else 0, paper.id.name)


def _ranked(paper: Paper, likeness: Likeness, wishes: Wishes) -> Ranked:
    why = (*_words(likeness, paper), *wishes.reasons(paper))
    return Ranked(paper, round(sum(reason.weight for reason in why), 6), why)


def _words(likeness: Likeness, paper: Paper) -> Iterator[Reason]:
    """Yield the words that tell most, and all others as one."""
    telling = heapq.nsmallest(_NAMED, likeness.terms, key=lambda term: (-abs(term[1]), term[0]))
    named = [Reason(_shown(term, paper), round(_LIKENESS * weight, 6)) for term, weight in telling if weight]
    yield from named
    if others := round(_LIKENESS * likeness.value - sum(reason.weight for reason in named), 6):
        yield Reason(OTHER_WORDS, others)


def _shown(term: str, paper: Paper) -> str:
    if not term.startswith(AUTHOR):
        return term.removeprefix(CATEGORY)
    return next((parse_name(author.name).family for author in paper.authors if AUTHOR + name_words(author.name) == term), term)


def _likenesses(papers: Sequence[Paper], examples: Sequence[Example], learner: Learner) -> list[Likeness]:
    if not any(example.taken for example in examples):  # nothing says what is liked
        return [Likeness(0.0)] * len(papers)
    known = {paper.id.name: paper for paper in chain(papers, (example.paper for example in examples))}
    model = learner([known[name] for name in sorted(known)])
    model.fit(examples)
    return model.score(papers)


def _examples(papers: Sequence[Paper], history: Sequence[Lesson], interests: Interests, today: dt.date) -> Iterator[Example]:
    """Yield what is learned from: the newest picks and likes, and the newest of what was turned down or left, eight to a pick."""
    newest: dict[str, Lesson] = {}
    for lesson in sorted(history, key=lambda lesson: (-lesson.day.toordinal(), _VERDICTS.index(lesson.verdict), lesson.paper.id.name)):
        newest.setdefault(lesson.paper.id.name, lesson)
    likes = set(interests.likes)
    liked = {paper.id.name: paper for paper in (*papers, *(lesson.paper for lesson in newest.values())) if paper.id.name in likes}
    yield from (Example(liked[name], taken=True) for name in sorted(liked))
    decided = [lesson for name, lesson in newest.items() if name not in liked]
    picks = [lesson for lesson in decided if lesson.verdict == PICKED][:_MOST_PICKS]
    left = sorted((lesson for lesson in decided if lesson.verdict != PICKED), key=lambda lesson: lesson.verdict != SKIPPED)
    for lesson in (*picks, *left[: min(_MOST_LEFT, _LEFT_TO_A_PICK * (len(picks) + len(liked)))]):
        yield Example(lesson.paper, lesson.verdict == PICKED, _weight(lesson, today))


def _weight(lesson: Lesson, today: dt.date) -> float:
    """Return what a decision counts on a day: half of it is lost every year, and a paper turned down counts more than one that was left."""
    half_lives = min(max(0, (today - lesson.day).days) / _HALF_LIFE_DAYS, _MOST_HALF_LIVES)
    return (_SKIP if lesson.verdict == SKIPPED else 1.0) * math.exp2(-half_lives)
