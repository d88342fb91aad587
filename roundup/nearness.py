"""Which papers of an archive stand near each other: by what editors referred to, by tags, and by the rarer of their words. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence

from roundup.outline import Taken
from roundup.outlining import words_of
from roundup.paper import pick_name
from roundup.text.folding import folded

MOST_NEAR = 5
# A term in many papers tells little and costs much: the work for a paper is bounded by these.
MOST_PAPERS = 200  # that a tag, or a reference, brings together
MOST_WITH_WORD = 50
ABSTRACT_WORDS = 12  # the rarest that another paper has, too
# What a term in common is worth beside one of the title: an editor's reference and tag are meant, an abstract's word may be chance.
_WORTH = {"reference": 4.0, "tag": 2.0, "title": 1.0, "abstract": 0.4}


def nearest_of(taken: Sequence[Sequence[Taken]]) -> list[list[int]]:
    """Return for each thing that was picked, given by all its picks, the places of the papers nearest to it, the nearest first.

    Nothing is near what is no paper, and no paper to one with which it has but a word in common.
    """
    papers = [place for place, picks in enumerate(taken) if picks[0].is_paper]
    near = _Nearness(_terms(taken[place]) for place in papers)
    found: list[list[int]] = [[] for _ in taken]
    for number, place in enumerate(papers):
        found[place] = [papers[other] for other in near.of(number)]
    return found


class _Nearness:
    def __init__(self, papers: Iterable[Iterable[tuple[str, str]]]) -> None:
        same: dict[str, str] = {}  # each term is held once, and those of a paper in tuples: 200 MiB less for 25,000 papers
        self.terms: list[tuple[tuple[str, ...], tuple[str, ...]]] = []  # of each paper, and what each of them is
        self.papers: dict[str, list[int]] = {}
        for number, terms in enumerate(papers):
            known = {same.setdefault(term, term): kind for term, kind in terms}
            self.terms.append((tuple(known), tuple(known.values())))
            for term in known:
                self.papers.setdefault(term, []).append(number)

    def of(self, here: int) -> Iterable[int]:
        scores: dict[int, float] = {}
        several: set[int] = {here}
        for term, worth in self._telling(*self.terms[here]):
            if term[0] in "[#":
                several.update(self.papers[term])
            for other in self.papers[term]:
                if other in scores:
                    scores[other] += worth
                    several.add(other)
                else:
                    scores[other] = worth
        several.discard(here)
        return heapq.nsmallest(MOST_NEAR, several & scores.keys(), key=lambda number: (-round(scores[number], 9), number))

    def _telling(self, terms: tuple[str, ...], kinds: tuple[str, ...]) -> Iterator[tuple[str, float]]:
        """Yield a paper's terms that others have, too, but not too many others, each with its worth."""
        few = max(2, len(self.terms) // 4)
        counts = ((len(self.papers[term]), term, kind) for term, kind in zip(terms, kinds, strict=True))
        known = sorted(one for one in counts if 1 < one[0] <= min(MOST_PAPERS if one[1][0] in "[#" else MOST_WITH_WORD, few))
        in_abstract = 0
        for count, term, kind in known:
            in_abstract += kind == "abstract"
            if kind != "abstract" or in_abstract <= ABSTRACT_WORDS:
                yield term, _WORTH[kind] * math.log(len(self.terms) / count)


def _terms(taken: Sequence[Taken]) -> Iterator[tuple[str, str]]:
    """Yield each term of a paper and where it stands; of a term that stands in several places, the last that is yielded counts."""
    newest = max(taken, key=lambda pick: pick.version)
    yield from ((word, "abstract") for word in newest.words.split())
    yield from ((word, "title") for word in words_of(taken[0].title or newest.record_title))
    yield from ((f"#{folded(tag)}", "tag") for pick in taken for tag in pick.tags)
    yield f"[{taken[0].name}", "reference"
    yield from ((f"[{pick_name(name)}", "reference") for pick in taken for name in pick.references)
