"""A paper -> the numbers by which it is compared with others, as bytes that can be kept: it is read once, and ranked often. Pure, and total.

A word is known by a hash, so that there is no list of words to keep. Two words have the same number so seldom that no order shows it.
Source: Weinberger et al., 2009, https://arxiv.org/abs/0902.2206
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice, repeat
from operator import add, mul
from typing import NamedTuple
from zlib import crc32

from roundup.paper import Paper
from roundup.ranking.terms import AUTHOR, CATEGORY, compared, name_words, shortened, written_in

NUMBERS = 1 << 20  # of terms
_STEP = 1024  # makes 30 bits of the numbers of two words: pairs are many more than words
_SHORT = "~"  # what a name begins with that is shortened
_HEAD = 6  # numbers before the parts: the title's, and how many each part but the last has


class Sketch(NamedTuple):
    """The numbers of a paper's terms: each stands once in ``once``, which begins with its categories and its authors, and again in ``more`` as often as
    it counts more. ``shorts`` are its authors with an initial for what comes first, ``pairs`` the neighbours among its words, in the order of numbers.
    ``title`` is a hash of its title; 0 for one of a word alone, as "Erratum", which many have.
    """

    title: int
    categories: Sequence[int]
    authors: Sequence[int]
    once: Sequence[int]
    more: Sequence[int]
    shorts: Sequence[int]
    pairs: Sequence[int]


def number_of(term: str) -> int:
    """Return the number of a word, or of an author or a category with its mark before it."""
    return crc32(term.encode("utf-8", "surrogatepass")) % NUMBERS or 1


class _Written(dict[str | bytes, int]):
    """The numbers of words as they are written; 0 for a word that tells nothing. Papers say most words again and again: each is looked at once."""

    def __missing__(self, written: str | bytes) -> int:
        if len(self) == 200_000:  # some 20 MB
            self.clear()
        word = compared(written.decode() if isinstance(written, bytes) else written)
        self[written] = found = number_of(word) if word else 0
        return found


_number_of_written = _Written().__getitem__


def numbers_in(text: str) -> list[int]:
    """Return the numbers of the words of a text in their order."""
    return list(filter(None, map(_number_of_written, written_in(text))))


def number_of_short(name: str) -> int:
    """Return the number of a shortened name."""
    return number_of(_SHORT + name)


def number_of_pair(first: str, second: str) -> int:
    """Return the number of two words that stand side by side."""
    return number_of(first) * _STEP + number_of(second)


def pairs_in(numbers: Sequence[int]) -> Iterator[int]:
    """Yield the numbers of all neighbours among words of these numbers."""
    return map(add, map(mul, numbers, repeat(_STEP)), islice(numbers, 1, None))  # half the time of a loop, of which there are a hundred a paper


def sketched(paper: Paper) -> Sketch:
    """Return the sketch of a paper."""
    title, abstract = numbers_in(paper.title), numbers_in(paper.abstract)
    counts = Counter(abstract)
    more = [word for word, often in counts.items() if often > 1] + [word for word in dict.fromkeys(title) if word in counts]
    names = list(dict.fromkeys(map(name_words, (author.name for author in paper.authors))))
    categories = [number_of(CATEGORY + name) for name in dict.fromkeys(paper.categories)]
    authors = [number_of(AUTHOR + name) for name in names]
    shorts = [number_of_short(short) for short in dict.fromkeys(map(shortened, names)) if short]
    heading = crc32(array("I", title).tobytes()) if len(title) > 1 else 0
    once = [*categories, *authors, *dict.fromkeys(chain(title, counts))]
    return Sketch(heading, categories, authors, once, more, shorts, sorted({*pairs_in(title), *pairs_in(abstract)}))


def dump_sketch(sketch: Sketch) -> bytes:
    """Return a sketch as it is kept. What this gives for a paper must not change but with the release of what keeps it."""
    title, categories, authors, once, more, shorts, pairs = sketch
    words = len(once) - len(categories) - len(authors)
    return array("I", [title, len(categories), len(authors), words, len(more), len(shorts), *once, *more, *shorts, *pairs]).tobytes()


def parse_sketch(kept: bytes) -> Sketch:
    """Return the sketch that was kept."""
    numbers = array("I", kept)
    title, categories, authors, words, more, shorts = numbers[:_HEAD]
    to_authors = _HEAD + categories
    to_words = to_authors + authors
    to_more = to_words + words
    to_shorts = to_more + more
    to_pairs = to_shorts + shorts
    return Sketch(
        title, numbers[_HEAD:to_authors], numbers[to_authors:to_words], numbers[_HEAD:to_more], numbers[to_more:to_shorts], numbers[to_shorts:to_pairs],
        numbers[to_pairs:],
    )  # fmt: skip
