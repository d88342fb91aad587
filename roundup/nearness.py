"""Which papers of an archive stand near each other: by what editors referred to, by tags, and by the rarer of their words. Pure."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterator, Sequence

from roundup.catalogue import Coverage
from roundup.paper import pick_name
from roundup.text.drawn import plain
from roundup.text.folding import folded

_REFERENCE = re.compile(r"\[\[([^\[\]\n]+)\]\]")
_WORD = re.compile(r"[^\W\d_]{3,}")
# A term in many papers tells little and costs much: the work for a paper is bounded by these.
MOST_PAPERS = 200
ABSTRACT_WORDS = 12  # the rarest that another paper has, too
# What a term in common is worth beside one of the title: an editor's reference and tag are meant, an abstract's word may be chance.
_WORTH = {"reference": 4.0, "tag": 2.0, "title": 1.0, "abstract": 0.4}


class Nearness:
    """Ready for all papers of an archive."""

    def __init__(self, coverages: Sequence[Coverage], most: int) -> None:
        self.coverages, self.most = coverages, most
        self.terms = [dict(_terms(coverage)) for coverage in coverages]
        self.papers: dict[str, list[int]] = {}
        for number, terms in enumerate(self.terms):
            for term in terms:
                self.papers.setdefault(term, []).append(number)
        self.numbers = {coverage: number for number, coverage in enumerate(coverages)}
        self._known: dict[Coverage, tuple[Coverage, ...]] = {}

    def near(self, coverage: Coverage) -> tuple[Coverage, ...]:
        """Return the papers nearest to one, at most ``most``, the nearest first; none that have no more than a word in common."""
        if coverage not in self._known:
            self._known[coverage] = self._nearest(self.numbers[coverage])
        return self._known[coverage]

    def _nearest(self, here: int) -> tuple[Coverage, ...]:
        scores: dict[int, float] = {}
        shared: dict[int, int] = {}
        for term, worth in self._telling(self.terms[here]):
            for other in self.papers[term]:
                if other != here:
                    scores[other] = scores.get(other, 0.0) + worth
                    shared[other] = shared.get(other, 0) + (2 if term[0] in "[#" else 1)
        best = heapq.nsmallest(self.most, (number for number in scores if shared[number] > 1), key=lambda number: (-round(scores[number], 9), number))
        return tuple(self.coverages[number] for number in best)

    def _telling(self, terms: dict[str, str]) -> Iterator[tuple[str, float]]:
        """Yield a paper's terms that others have, too, but not too many others, each with its worth."""
        most = min(MOST_PAPERS, max(2, len(self.coverages) // 4))
        known = sorted((len(self.papers[term]), term) for term in terms if 1 < len(self.papers[term]) <= most)
        in_abstract = 0
        for count, term in known:
            kind = terms[term]
            in_abstract += kind == "abstract"
            if kind != "abstract" or in_abstract <= ABSTRACT_WORDS:
                yield term, _WORTH[kind] * math.log(len(self.coverages) / count)


def _terms(coverage: Coverage) -> Iterator[tuple[str, str]]:
    """Yield each term and where it stands; of a term that stands in several places, the last that is yielded counts."""
    abstract, title = (coverage.paper.abstract if coverage.paper else ""), coverage.title
    yield from ((word, "abstract") for word in _words(abstract))
    yield from ((word, "title") for word in _words(title))
    yield from ((f"#{folded(tag)}", "tag") for tag in coverage.tags)
    yield f"[{coverage.name}", "reference"
    for standing in coverage.standings:
        yield from ((f"[{pick_name(name)}", "reference") for name in _REFERENCE.findall(standing.pick.commentary.text))


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(folded(plain(text) if "$" in text or "\\" in text else text)):
        yield word[:-1] if word.endswith("s") and not word.endswith("ss") else word
