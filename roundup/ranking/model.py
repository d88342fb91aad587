"""What editors took up and what they passed over -> how much any paper is like the former. Pure.

Each paper is a vector of its words (TF-IDF), and a logistic regression weighs the words. Its sums are made in the order of texts and IDs,
so that the same papers give the same bits everywhere.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, pairwise
from typing import Protocol

from roundup.paper import Paper
from roundup.ranking.terms import terms_of

# Chosen on topics that are not in the table of docs/ranking.md.
_TRUST = 0.45  # how far a pick can pull; the regression's C, less of which makes it the mean of all picks
_ROUNDS = 4  # over all examples; more change no order that can be seen
_TOO_COMMON = 0.3  # a share of all papers; a word in more of them tells nothing
_UNSAID = 0.4  # of what a usual paper says, given to each: a title without abstract is not taken at its word (pivoted length)
_LONGEST = 3.0  # no row's square is more, for no term counts more than three times
_BREAK = -1  # between title and abstract, so that no phrase goes from one into the other
_TELLING = 500  # words and phrases that explanations may name


@dataclass(frozen=True, slots=True)
class Example:
    """A paper to learn from: whether it was taken up, and how much that counts beside others of its kind."""

    paper: Paper
    taken: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a paper is like what was taken up, from below 0 to above; and what of that each of its telling terms gives."""

    value: float
    terms: tuple[tuple[str, float], ...] = ()


class Model(Protocol):
    """What learns. It is made with all papers that there are, learned from or not."""

    def fit(self, examples: Sequence[Example]) -> None:
        """Learn anew from these examples, of which there is one of either kind."""

    def score(self, papers: Sequence[Paper]) -> list[Likeness]:
        """Return for each of these papers, in their order, how it is like those taken up."""


Learner = Callable[[Sequence[Paper]], Model]


class Regression:
    """Our own model. Terms are numbers in it, in the order in which they are met; papers are read once, whatever is learned of them."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        number = numbers.__getitem__
        self.single: dict[str, list[int]] = {}
        self.texts: dict[str, list[int]] = {}
        found: Counter[int] = Counter()
        for paper in papers:
            terms = terms_of(paper)
            once = list(map(number, terms.once))
            found.update(once)
            self.single[paper.id.name] = [*once, *map(number, terms.more)]
            self.texts[paper.id.name] = [*map(number, terms.title), _BREAK, *map(number, terms.abstract)]
        self.words = list(numbers)
        self.squares = self._squares(found, range(len(numbers)))
        self.rows: dict[str, Row] = {}
        self.names: list[str] = []
        self.weights: list[float] = []

    def fit(self, examples: Sequence[Example]) -> None:
        ordered = sorted(examples, key=lambda example: (example.paper.id.name, example.taken))
        phrases = self._phrases(example.paper.id.name for example in ordered)
        known = {name: [phrases[pair] for pair in pairwise(text) if pair in phrases] for name, text in self.texts.items()}
        found = Counter(chain.from_iterable(map(set, known.values())))
        squares = self.squares + self._squares(found, phrases.values())
        terms = {name: single + known[name] for name, single in self.single.items()}
        sizes = {name: sum(map(squares.__getitem__, row)) for name, row in terms.items()}
        unsaid = _UNSAID * math.fsum(sizes.values()) / len(sizes)
        self.rows = {name: Row(row, math.sqrt(sizes[name] + unsaid) or 1.0) for name, row in terms.items()}
        self.names = self.words + [f"{self.words[first]} {self.words[second]}" for first, second in phrases]
        self.weights = _learned([self.rows[example.paper.id.name] for example in ordered], ordered, squares)

    def score(self, papers: Sequence[Paper]) -> list[Likeness]:
        telling = {number for _, number in heapq.nlargest(_TELLING, zip(map(abs, self.weights), count()))}
        return [self._likeness(self.rows[paper.id.name], telling) for paper in papers]

    def _phrases(self, names: Iterable[str]) -> dict[tuple[int, int], int]:
        """Return the pairs of words that stand next to each other more than once in these papers, numbered behind the words."""
        pairs = Counter(chain.from_iterable(pairwise(self.texts[name]) for name in names))
        return dict(zip((pair for pair, often in pairs.items() if often > 1 and _BREAK not in pair), count(len(self.words))))

    def _squares(self, found: Mapping[int, int], numbers: Iterable[int]) -> list[float]:
        """Return the square of each term's worth, which is the greater the fewer papers have it; a term of one paper, or of very many, has none."""
        papers = len(self.texts)
        most = max(2, _TOO_COMMON * papers)
        worth = [math.log((1 + papers) / (1 + number)) ** 2 if 1 < number <= most else 0.0 for number in range(papers + 1)]
        return [worth[found[number]] for number in numbers]

    def _likeness(self, row: Row, telling: Collection[int]) -> Likeness:
        terms: dict[str, float] = {}
        for number in filter(telling.__contains__, row.terms):
            terms[self.names[number]] = terms.get(self.names[number], 0.0) + self.weights[number] / row.length
        return Likeness(_dot(row, self.weights), tuple(terms.items()))


@dataclass(frozen=True, slots=True)
class Row:
    """A paper as a vector: its terms, each as often as it counts, and the length by which their sum is divided."""

    terms: list[int]
    length: float


def _dot(row: Row, weights: Sequence[float]) -> float:
    return sum(map(weights.__getitem__, row.terms)) / row.length


def _learned(rows: Sequence[Row], examples: Sequence[Example], squares: Sequence[float]) -> list[float]:
    """Return the weight of each term, times its worth: a logistic regression by stochastic dual coordinate ascent, in the order of the examples.

    Source: Shalev-Shwartz and Zhang, 2013, https://jmlr.org/papers/v14/shalev-shwartz13a.html, section 6.2
    """
    trusts = _trusts(examples)
    weights = [0.0] * len(squares)
    pulls = [0.0] * len(rows)  # from 0 to 1, how far an example is from being understood; times its trust it is a dual variable
    for _ in range(_ROUNDS):
        for place, (row, example, trust) in enumerate(zip(rows, examples, trusts, strict=True)):
            side = 1.0 if example.taken else -1.0
            wrong = 1 / (1 + math.exp(min(side * _dot(row, weights), 700.0)))
            step = (wrong - pulls[place]) / max(1.0, 0.25 + _LONGEST * trust)
            pulls[place] += step
            share = side * trust * step / row.length
            for number in row.terms:
                weights[number] += share * squares[number]
    return weights


def _trusts(examples: Sequence[Example]) -> list[float]:
    """Return how far each example can pull: all that was taken up as much as all that was passed over."""
    kinds = {taken: [example.weight for example in examples if example.taken is taken] for taken in (True, False)}
    each = {taken: _TRUST * len(kinds[True]) / (sum(weights) or 1.0) for taken, weights in kinds.items()}
    return [each[example.taken] * example.weight for example in examples]
