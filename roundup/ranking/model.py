"""What editors took up and what they passed over -> how much any paper is like the former. Pure.

Each paper is a vector of its words (TF-IDF), and a logistic regression weighs the words. Its sums are made in the order of texts and IDs,
so that the same papers give the same bits everywhere.
"""

from __future__ import annotations

import datetime as dt
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, pairwise
from typing import Protocol

from msgspec import Struct, field

from roundup.paper import Paper
from roundup.ranking.sketch import NUMBERS, Sketch, number_of, number_of_pair, sketched
from roundup.ranking.terms import AUTHOR, CATEGORY, name_words, words_in

# Chosen on topics that are not in the table of docs/ranking.md.
_TRUST = 1.3  # how far a pick can pull; the regression's C, less of which makes it the mean of all picks
_ROUNDS = 3  # over all examples; more change no order that can be seen
_TOO_COMMON = 0.3  # a share of all papers; a word in more of them tells nothing
_LEAST = 500  # papers, fewer of which do not say what is usual
_UNSAID = 0.2  # of what a usual paper says, given to each: a title without abstract is not taken at its word (pivoted length)
_PAIR = 0.5  # what the square of a pair's worth is taken for, beside a word's, for its words count already
_STILL = 0.02  # a step that is not worth its time
_LONGEST = 1.0  # no row's square is more, for no term is worth more


class Known(Struct, frozen=True, eq=False):
    """What ranking knows of a paper: its sketch, its votes, the day of its news. ``read`` gives all of it, to a model that wants its text."""

    name: str
    sketch: Sketch
    read: Callable[[], Paper]
    votes: int | None = None
    news: dt.date | None = None


class Example(Struct, frozen=True):
    """A paper to learn from: whether it was taken up, and how much that counts beside others of its kind."""

    paper: Known
    taken: bool
    weight: float = 1.0


class Usual(Struct, frozen=True):
    """How many papers there are, how long they are together, and how many of them have each term, by its number."""

    papers: int = 0
    length: int = 0
    found: array[int] = field(default_factory=lambda: array("I", bytes(4 * NUMBERS)))

    def changed(self, gained: Iterable[Sketch], lost: Iterable[Sketch] = ()) -> Usual:
        """Return the same with the papers of some sketches, and without those of others."""
        papers, length, found = self.papers, self.length, self.found[:]
        for sketches, sign in ((gained, 1), (lost, -1)):
            for sketch in sketches:
                papers += sign
                length += sign * _length(sketch)
                for number in sketch.once:
                    found[number] += sign
        return Usual(papers, length, found)


class Model(Protocol):
    """What learns."""

    def fit(self, examples: Sequence[Example], usual: Usual, others: Sequence[Known]) -> None:
        """Learn from examples, of which at least one was taken up; ``others`` are papers that may be anything."""

    def values(self, papers: Sequence[Known]) -> list[float]:
        """Return how much each paper is like those taken up, from below 0 to above."""

    def terms(self, paper: Paper) -> list[tuple[str, float]]:
        """Return the terms of a paper with what each adds to its value, where it is known."""


Learner = Callable[[], Model]


class Regression:
    """Our own model. Terms are numbers in it; those of pairs of words follow those of all other terms."""

    def __init__(self) -> None:
        self.phrases: dict[int, int] = {}
        self.weights: list[float] = []
        self.learned: list[int] = []  # the numbers of the terms that may have a weight
        self.unsaid = 0.0

    def fit(self, examples: Sequence[Example], usual: Usual, others: Sequence[Known]) -> None:
        ordered = sorted(examples, key=lambda example: (example.paper.name, example.taken))
        sketches = [example.paper.sketch for example in ordered]
        taken = dict.fromkeys(chain.from_iterable(sketch.pairs for sketch, example in zip(sketches, ordered, strict=True) if example.taken))
        self.phrases = dict(zip(taken, count(NUMBERS)))
        self.unsaid = _UNSAID * usual.length / max(1, usual.papers)
        said = [self._phrases_of(sketch) for sketch in sketches]
        square_of = _Squares(usual.papers).__getitem__
        square_of_phrase = _Squares(len(sketches), _PAIR).__getitem__
        often = Counter(chain.from_iterable(said)).__getitem__
        rows = []
        for sketch, phrases in zip(sketches, said, strict=True):
            terms = [*sketch.once, *sketch.more]
            squares = [*map(square_of, map(usual.found.__getitem__, terms)), *map(square_of_phrase, map(often, phrases))]
            rows.append(_Row([*terms, *phrases], squares, self._divisor(sketch)))
        self.weights = _learned(rows, ordered, NUMBERS + len(self.phrases))
        self.learned = sorted(set(chain.from_iterable(row.numbers for row in rows)))

    def values(self, papers: Sequence[Known]) -> list[float]:
        return [self._value(one.sketch) for one in papers]

    def terms(self, paper: Paper) -> list[tuple[str, float]]:
        divisor = self._divisor(sketched(paper))
        found: dict[str, float] = {}
        for term, number in self._named(paper):
            found[term] = found.get(term, 0.0) + self.weights[number] / divisor
        return list(found.items())

    def _divisor(self, sketch: Sketch) -> float:
        return math.sqrt(_length(sketch) + self.unsaid) or 1.0

    def _value(self, sketch: Sketch) -> float:
        weight = self.weights.__getitem__
        return sum(map(weight, chain(sketch.once, sketch.more, self._phrases_of(sketch)))) / self._divisor(sketch)

    def _phrases_of(self, sketch: Sketch) -> list[int]:
        return list(map(self.phrases.__getitem__, filter(self.phrases.__contains__, sketch.pairs)))

    def _named(self, paper: Paper) -> Iterator[tuple[str, int]]:
        """Yield the terms of a paper as often as they count, each with its number."""
        title, abstract = words_in(paper.title), words_in(paper.abstract)
        often = Counter(abstract)
        once = chain((CATEGORY + name for name in paper.categories), (AUTHOR + name_words(author.name) for author in paper.authors), title, often)
        for term in dict.fromkeys(once):
            for _ in range(1 + (often[term] > 1) + (often[term] > 0 and term in title)):
                yield term, number_of(term)
        for first, second in dict.fromkeys(chain(pairwise(title), pairwise(abstract))):
            if (pair := number_of_pair(first, second)) in self.phrases:
                yield f"{first} {second}", self.phrases[pair]


def dump_regression(model: Regression) -> bytes:
    """Return what was learned, to be kept."""
    numbers = array("I", [len(model.phrases), *model.phrases, *model.learned]).tobytes()
    return numbers + array("d", [model.unsaid, *map(model.weights.__getitem__, model.learned)]).tobytes()


def parse_regression(kept: bytes) -> Regression:
    """Return what was learned; ValueError for what cannot be that."""
    (phrases,) = array("I", kept[:4])
    terms, rest = divmod(len(kept) - 12 - 4 * phrases, 12)
    numbers, values = array("I", kept[4 : -8 * (terms + 1)]), array("d", kept[-8 * (terms + 1) :])
    if rest or len(numbers) != phrases + terms:
        raise ValueError("not what was learned")
    model = Regression()
    model.phrases = dict(zip(numbers[:phrases], count(NUMBERS)))
    model.unsaid, model.learned = values[0], list(numbers[phrases:])
    model.weights = [0.0] * (NUMBERS + phrases)
    for number, weight in zip(model.learned, values[1:], strict=True):
        model.weights[number] = weight
    return model


def _length(sketch: Sketch) -> int:
    """Return the square of a paper's length, all terms being worth the same: of one that counts twice it is four times that of one."""
    return len(sketch.once) + 3 * len(sketch.more)


class _Squares(dict[int, float]):
    """The square of what a term is worth that so many papers have: the more, the fewer they are, up to ``most``; nothing where they are very many."""

    def __init__(self, papers: int, most: float = 1.0) -> None:
        super().__init__()
        self.papers, self.most = papers, most

    def __missing__(self, found: int) -> float:
        is_common = found > max(2, _TOO_COMMON * self.papers)
        self[found] = 0.0 if is_common else self.most * (1 - math.log1p(found) / math.log1p(max(self.papers, _LEAST))) ** 2
        return self[found]


class _Row(Struct, frozen=True):
    """A paper to learn from: the numbers of its terms, each as often as it counts; the squares of their worths; what their sum is divided by."""

    numbers: list[int]
    squares: list[float]
    divisor: float


def _learned(rows: Sequence[_Row], examples: Sequence[Example], numbers: int) -> list[float]:
    """Return the weight of each term, times its worth: a logistic regression by stochastic dual coordinate ascent, in the order of the examples.

    Source: Shalev-Shwartz and Zhang, 2013, https://jmlr.org/papers/v14/shalev-shwartz13a.html, section 6.2
    """
    trusts = _trusts(examples)
    weights = [0.0] * numbers
    weight = weights.__getitem__
    pulls = [0.0] * len(rows)  # from 0 to 1, how far an example is from being understood; times its trust it is a dual variable
    for _ in range(_ROUNDS):
        for place, (row, example, trust) in enumerate(zip(rows, examples, trusts, strict=True)):
            side = 1.0 if example.taken else -1.0
            wrong = 1 / (1 + math.exp(min(side * sum(map(weight, row.numbers)) / row.divisor, 700.0)))
            step = (wrong - pulls[place]) / max(1.0, 0.25 + _LONGEST * trust)
            if abs(step) < _STILL:
                continue
            pulls[place] += step
            share = side * trust * step / row.divisor
            for number, square in zip(row.numbers, row.squares, strict=True):
                weights[number] += share * square
    return weights


def _trusts(examples: Sequence[Example]) -> list[float]:
    """Return how far each example can pull: all that was taken up as much as all that was passed over."""
    kinds = {taken: [example.weight for example in examples if example.taken is taken] for taken in (True, False)}
    each = {taken: _TRUST * len(kinds[True]) / (sum(weights) or 1.0) for taken, weights in kinds.items()}
    return [each[example.taken] * example.weight for example in examples]
