"""Papers -> the groups of those that are nearly the same: one title, or nearly one text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from roundup.paper import Paper
from roundup.ranking.terms import words_in

Text = frozenset[str | tuple[str, str]]  # its words, and its pairs of words

_SAME = 0.7  # of the words and pairs of words of two texts together, the share that both have; versions of one abstract have more
_RAREST = 6  # pairs of words by which a text is looked up; a pair that stands in more texts than these is no mark of any
_MOST_WITH_PAIR = 20


def groups(papers: Sequence[Paper]) -> list[tuple[Paper, ...]]:
    """Return the papers in groups, each group at the place of its first paper, which is its head; most stand alone."""
    heads = list(range(len(papers)))
    for first, second in sorted(_near(papers)):
        head, other = sorted((_head(heads, first), _head(heads, second)))
        heads[other] = head
    found: dict[int, list[Paper]] = {}
    for place, paper in enumerate(papers):
        found.setdefault(_head(heads, place), []).append(paper)
    return [tuple(group) for group in found.values()]


def _head(heads: list[int], place: int) -> int:
    while heads[place] != place:
        place = heads[place]
    return place


def _near(papers: Sequence[Paper]) -> Iterator[tuple[int, int]]:
    """Yield the places of any two papers that are nearly the same, the lower one first."""
    titles: dict[tuple[str, ...], int] = {}
    for place, paper in enumerate(papers):
        title = words_in(paper.title)
        if len(title) > 1 and titles.setdefault(title, place) != place:  # of one word alone, as "Erratum", many are called
            yield titles[title], place
    texts: list[Text] = [frozenset((*words, *pairwise(words))) for words in (words_in(paper.abstract) for paper in papers)]
    for first, second in _worth_a_look(texts):
        if len(texts[first] & texts[second]) >= _SAME * len(texts[first] | texts[second]):
            yield first, second


def _worth_a_look(texts: Sequence[Text]) -> set[tuple[int, int]]:
    """Return the places of any two texts that have one of the rarest pairs of words of either in common."""
    found = Counter(pair for text in texts for pair in text if isinstance(pair, tuple))
    with_pair: dict[tuple[str, str], list[int]] = {}
    for place, text in enumerate(texts):
        pairs = sorted((found[pair], pair) for pair in text if isinstance(pair, tuple) and 1 < found[pair] <= _MOST_WITH_PAIR)
        for _, pair in pairs[:_RAREST]:
            with_pair.setdefault(pair, []).append(place)
    return {two for places in with_pair.values() for two in combinations(places, 2)}
