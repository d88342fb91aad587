"""What roundup.yaml says the editors look for, and what readers voted for -> what that gives a paper. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from roundup.config import Interests
from roundup.names import parse_name
from roundup.paper import Paper
from roundup.ranking.model import Known
from roundup.ranking.reason import Reason
from roundup.ranking.sketch import number_of, number_of_pair, number_of_short
from roundup.ranking.terms import AUTHOR, CATEGORY, name_words, shortened, words_in

# A followed author outweighs all else that is said here: words give less than 2 together, categories and votes at most a half each.
_AUTHOR = 3.0
_WORD = 1.0  # the first that is found; each further one half as much as the one before
_PRIMARY, _CROSS_LIST = 0.5, 0.25
_VOTES, _HALF_OF_THEM = 0.5, 20  # 20 votes are half as good as all the votes in the world


class Wishes:
    """The interests of a digest, read once for all papers."""

    def __init__(self, interests: Interests) -> None:
        self.words = [(word, words) for word in interests.words if (words := words_in(word))]
        self.authors = {name_words(name) for name in interests.authors} - {""}
        self.initials = {shortened(name) for name in self.authors} - {""}
        self.shorts = self.authors & self.initials  # names that are given with an initial
        self.categories = frozenset(interests.categories)
        # The same as numbers. A phrase of three words or more is taken to be where each two neighbours are.
        self._singles = [number_of(words[0]) for _, words in self.words if len(words) == 1]
        self._pairs = [[number_of_pair(*two) for two in pairwise(words)] for _, words in self.words if len(words) > 1]
        self._authors = {number_of(AUTHOR + name) for name in self.authors | self.initials}
        self._shorts = {number_of_short(name) for name in self.shorts}
        self._categories = {number_of(CATEGORY + name) for name in self.categories}

    def value(self, paper: Known) -> float:
        """Return the sum of all reasons of a paper, from its sketch."""
        value = _voted(paper.votes)
        if not (self.words or self._authors or self._categories):
            return value
        sketch = paper.sketch
        if not self._authors.isdisjoint(sketch.authors) or not self._shorts.isdisjoint(sketch.shorts):
            value += _AUTHOR
        found = sum(number in sketch.once for number in self._singles) + sum(all(_stands(pair, sketch.pairs) for pair in pairs) for pairs in self._pairs)
        value += 2 * _WORD * (1 - 0.5**found)
        if not self._categories.isdisjoint(sketch.categories):
            value += _PRIMARY if sketch.categories[0] in self._categories else _CROSS_LIST
        return value

    def reasons(self, paper: Paper) -> Iterator[Reason]:
        """Yield what is wished for of a paper, and what readers made of it."""
        for author in paper.authors if self.authors else ():
            if self._is_followed(name_words(author.name)):
                yield Reason(parse_name(author.name).family, _AUTHOR)
                break  # two of them are no more than one
        yield from self._found_words(paper)
        if wanted := [name for name in paper.categories if name in self.categories]:
            yield Reason(wanted[0], _PRIMARY if wanted[0] == paper.categories[0] else _CROSS_LIST)
        if voted := _voted(paper.votes):
            yield Reason(f"{paper.votes} votes" if paper.votes != 1 else "1 vote", voted)

    def _is_followed(self, name: str) -> bool:
        """Tell whether a name is followed, in full or with initials on either side: N. Houlsby is Neil Houlsby."""
        return name in self.authors or name in self.initials or shortened(name) in self.shorts

    def _found_words(self, paper: Paper) -> Iterator[Reason]:
        if not self.words:
            return
        parts = (words_in(paper.title), words_in(paper.abstract))
        singles, pairs = {word for part in parts for word in part}, {two for part in parts for two in pairwise(part)}
        found = (word for word, words in self.words if (set(pairwise(words)) <= pairs if len(words) > 1 else words[0] in singles))
        for place, word in enumerate(found):
            yield Reason(word, _WORD / 2**place)


def _stands(number: int, numbers: Sequence[int]) -> bool:
    """Tell whether a number is among others that are in their order."""
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number


def _voted(votes: int | None) -> float:
    return _VOTES * votes / (votes + _HALF_OF_THEM) if votes and votes > 0 else 0.0
