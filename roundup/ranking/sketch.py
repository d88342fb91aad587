"""A paper -> the numbers by which it is compared with others, as bytes that can be kept: it is read once, and ranked often. Pure, and total.

A word is known by a hash, so that there is no list of words to keep. Two words have the same number so seldom that no order shows it.
Source: Weinberger et al., 2009, https://arxiv.org/abs/0902.2206
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from roundup.paper import Paper
from roundup.ranking.terms import AUTHOR, CATEGORY, name_words, shortened, terms_of

NUMBERS = 1 << 20  # of terms; pairs of words are so many that they have all of a hash
_SHORT = "~"  # what a name begins with that is shortened
_PRIME, _ALL = 0x9E3779B1, 0xFFFFFFFF
_HEAD = 6  # numbers before the parts: the title's, and how many each part but the last has


@dataclass(frozen=True, slots=True)
class Sketch:
    """The numbers of a paper's terms: each stands once in ``once``, which begins with its categories and its authors, and again in ``more`` as often as
    it counts more. ``shorts`` are its authors with an initial for what comes first, ``pairs`` the neighbours among its words, the lowest number first.
    ``title`` is a hash of its title; 0 for one of a word alone, as "Erratum", which many have.
    """

    title: int
    categories: Sequence[int]
    authors: Sequence[int]
    once: Sequence[int]
    more: Sequence[int]
    shorts: Sequence[int]
    pairs: Sequence[int]


class _Hashes(dict[str, int]):
    """What a term is in 32 bits. Papers say most words again and again: each is hashed once."""

    def __missing__(self, term: str) -> int:
        if len(self) == 200_000:  # some 20 MB
            self.clear()
        self[term] = found = crc32(term.encode("utf-8", "surrogatepass"))
        return found


_hash = _Hashes().__getitem__


def number_of(term: str) -> int:
    """Return the number of a word, or of an author or a category with its mark before it."""
    return _hash(term) % NUMBERS


def number_of_short(name: str) -> int:
    """Return the number of a shortened name."""
    return number_of(_SHORT + name)


def number_of_pair(first: str, second: str) -> int:
    """Return the number of two words that stand side by side."""
    return (_hash(first) * _PRIME + _hash(second)) & _ALL


def pairs_of(words: Sequence[str]) -> list[int]:
    """Return the numbers of all neighbours."""
    return [(first * _PRIME + second) & _ALL for first, second in pairwise(map(_hash, words))]


def sketched(paper: Paper) -> bytes:
    """Return the sketch of a paper, to be kept. What it says must not change but with the release of what keeps it."""
    terms = terms_of(paper)
    categories = [number_of(CATEGORY + name) for name in dict.fromkeys(paper.categories)]
    names = list(dict.fromkeys(name_words(author.name) for author in paper.authors))
    authors = [number_of(AUTHOR + name) for name in names]
    words = [_hash(word) % NUMBERS for word in terms.once]
    more = [_hash(word) % NUMBERS for word in terms.more]
    shorts = [number_of_short(short) for short in dict.fromkeys(map(shortened, names)) if short]
    pairs = sorted({*pairs_of(terms.title), *pairs_of(terms.abstract)})
    title = crc32(" ".join(terms.title).encode("utf-8", "surrogatepass")) if len(terms.title) > 1 else 0
    head = (title, len(categories), len(authors), len(words), len(more), len(shorts))
    return array("I", [*head, *categories, *authors, *words, *more, *shorts, *pairs]).tobytes()


def sketch_from(kept: bytes) -> Sketch:
    """Return the sketch that was kept."""
    all_of = array("I", kept)
    title, categories, authors, words, more, shorts = all_of[:_HEAD]
    to_authors = _HEAD + categories
    to_words = to_authors + authors
    to_more = to_words + words
    to_shorts = to_more + more
    to_pairs = to_shorts + shorts
    return Sketch(
        title, all_of[_HEAD:to_authors], all_of[to_authors:to_words], all_of[_HEAD:to_more], all_of[to_more:to_shorts], all_of[to_shorts:to_pairs],
        all_of[to_pairs:],
    )  # fmt: skip
