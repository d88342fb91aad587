"""What roundup.yaml says the editors look for, and what readers voted for -> what that gives a paper. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from roundup.config import Interests
from roundup.names import parse_name
from roundup.paper import Paper
from roundup.ranking.reason import Reason
from roundup.ranking.terms import name_words, words_in

# A followed author outweighs all else that is said here: words give less than 2 together, categories and votes at most a half each.
_AUTHOR = 3.0
_WORD = 1.0  # the first that is found; each further one half as much as the one before
_PRIMARY, _CROSS_LIST = 0.5, 0.25
_VOTES, _HALF_OF_THEM = 0.5, 20  # 20 votes are half as good as all the votes in the world


class Wishes:
    """The interests of a digest, read once for all papers."""

    def __init__(self, interests: Interests) -> None:
        self.words = [(word, f" {' '.join(words)} ") for word in interests.words if (words := words_in(word))]
        self.authors = {name_words(name): name for name in interests.authors}
        self.categories = frozenset(interests.categories)

    def reasons(self, paper: Paper) -> Iterator[Reason]:
        """Yield what is wished for of a paper, and what readers made of it."""
        for author in paper.authors if self.authors else ():
            if self._is_followed(name_words(author.name)):
                yield Reason(parse_name(author.name).family, _AUTHOR)
                break  # two of them are no more than one
        yield from self._found_words(paper)
        if wanted := [name for name in paper.categories if name in self.categories]:
            yield Reason(wanted[0], _PRIMARY if wanted[0] == paper.categories[0] else _CROSS_LIST)
        if paper.votes:
            yield Reason(f"{paper.votes} votes" if paper.votes > 1 else "1 vote", _VOTES * paper.votes / (paper.votes + _HALF_OF_THEM))

    def _is_followed(self, name: str) -> bool:
        """Tell whether a name is followed, in full or with initials on either side: N. Houlsby is Neil Houlsby."""
        return name in self.authors or any(_is_short_for(name, followed) or _is_short_for(followed, name) for followed in self.authors)

    def _found_words(self, paper: Paper) -> Iterator[Reason]:
        if not self.words:
            return
        text = f" {' '.join(words_in(paper.title))} . {' '.join(words_in(paper.abstract))} "
        for place, word in enumerate(word for word, wanted in self.words if wanted in text):
            yield Reason(word, _WORD / 2**place)


def _is_short_for(short: str, name: str) -> bool:
    initial, _, last = short.partition(" ")
    return len(initial) == 1 and name.startswith(initial) and last != "" and name.partition(" ")[2] == last
