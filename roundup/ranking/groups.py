"""Papers -> those that are nearly the same as one before them: of one title, or nearly one text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from roundup.ranking.model import Known
from roundup.ranking.sketch import Sketch

_SAME = 0.7  # of the words and pairs of words of two texts together, the share that both have; versions of one abstract have more
_A_MARK_IN = 8  # pairs: a text is looked up by those whose number, which is a hash, is such a multiple; of nearly equal texts they are nearly equal, too
_MOST_WITH_MARK = 20  # a pair that stands in more texts than these is no mark of any


def likes(papers: Sequence[Known]) -> dict[str, str]:
    """Return, for the name of each paper that is nearly the same as one before it, the name of the first of those; most stand alone."""
    heads = list(range(len(papers)))
    for first, second in sorted(_near([paper.sketch for paper in papers])):
        head, other = sorted((_head(heads, first), _head(heads, second)))
        heads[other] = head
    return {paper.name: papers[_head(heads, place)].name for place, paper in enumerate(papers) if heads[place] != place}


def _head(heads: list[int], place: int) -> int:
    while heads[place] != place:
        place = heads[place]
    return place


def _near(sketches: Sequence[Sketch]) -> Iterator[tuple[int, int]]:
    """Yield the places of any two papers that are nearly the same, the lower one first."""
    titles: dict[int, int] = {}
    for place, sketch in enumerate(sketches):
        if sketch.title and titles.setdefault(sketch.title, place) != place:
            yield titles[sketch.title], place
    for first, second in _worth_a_look(sketches):
        one, other = _text(sketches[first]), _text(sketches[second])
        if len(one & other) >= _SAME * len(one | other):
            yield first, second


def _worth_a_look(sketches: Sequence[Sketch]) -> Iterator[tuple[int, int]]:
    """Yield the places of any two texts that have half the marks of either in common."""
    marks = [[pair for pair in sketch.pairs if not pair % _A_MARK_IN] for sketch in sketches]
    with_mark: dict[int, list[int]] = {}
    for place, found in enumerate(marks):
        for mark in found:
            with_mark.setdefault(mark, []).append(place)
    shared = Counter(chain.from_iterable(combinations(places, 2) for places in with_mark.values() if 1 < len(places) <= _MOST_WITH_MARK))
    return ((first, second) for (first, second), number in shared.items() if 2 * number >= max(len(marks[first]), len(marks[second])))


def _text(sketch: Sketch) -> frozenset[int]:
    """Return the words and the pairs of words of a paper, by whomever it is. A word's number is no pair's, but for chance."""
    return frozenset((*sketch.once[len(sketch.categories) + len(sketch.authors) :], *sketch.pairs))
