"""What an archive holds -> the words by which each document is found. Pure and total.

How a text is cut into words stands here only: the first file of the index tells it to ``templates/search.js``, as RULES.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import chain

from msgspec import Struct

from roundup.text.folding import DRESS, LETTERS, folded
from roundup.text.stopwords import STOP_WORDS

# What is no letter, once a text is folded: controls, punctuation, capitals; modifiers; symbols; halves of characters and private ones; forms;
# pictures. Given as characters, not as Unicode's classes, so that every Python and every browser agree.
_NO_LETTER = (
    "\0-`{-\xbf\xd7\xf7\u02b0-\u02ff\u1680\u2000-\u2bff\u2e00-\u3004\u3006-\u303f\u30fb\ud800-\uf8ff\ufe00-\ufe6f\uff00-\uffff"
    "\U0001f000-\U0001ffff\U000e0000-\U0010ffff"
)
# Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese. Such a text is found by pairs of them.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_LONGEST = 30  # what is longer is cut
_LETTERS = f"[^{_NO_LETTER}{_SPACELESS}]{{1,{_LONGEST}}}"
# Digits are a word of their own: gpt4 is found as GPT-4 is.
_WORD = f"[0-9]{{1,{_LONGEST}}}|[{_SPACELESS}]+|{_LETTERS}"
# Endings that go: those of plurals, and the y that becomes one. What stays is how the word begins, so one half typed is found, too.
_ENDING = "(?:ies?|(?:(?<=ss)|(?<=x))es|y|(?<![suis])s)$"
_STEM = 3  # letters stay at least

RULES: Mapping[str, object] = {
    "word": _WORD, "spaceless": f"[{_SPACELESS}]", "longest": _LONGEST, "dress": DRESS, "letters": LETTERS, "ending": _ENDING, "stem": _STEM,
    "stop": STOP_WORDS,
}  # fmt: skip

_TOKEN = f"{_WORD}(?:-{_LETTERS})*"
_ASCII_TOKEN = re.compile(f"[0-9]{{1,{_LONGEST}}}|[a-z]{{1,{_LONGEST}}}(?:-[a-z]{{1,{_LONGEST}}})*")  # the same, where all is ASCII
_SPACES = str.maketrans({char: " " for char in map(chr, range(128)) if not char.isalnum() and char != "-"} | {"\u2010": "-"})
_ENDS = re.compile(_ENDING)
_STOP = frozenset(STOP_WORDS)

ABSTRACT, COMMENTARY, HEADING = range(3)  # where a word stands; the later counts more


class Searchable(Struct, frozen=True):
    """A paper, or a pick about something else, as it is found and shown. All but ``href`` are plain words."""

    href: str  # from the top of the site
    title: str
    authors: tuple[str, ...] = ()
    note: str = ""  # a short line, shown behind the authors
    tags: tuple[str, ...] = ()
    commentary: str = ""
    abstract: str = ""


def words_of(document: Searchable) -> str:
    """Return all words of a document, each once: a line of those in its abstract only, of those in commentary and not in the heading, of the others."""
    heading = _words("\n".join((document.title, *document.authors, *document.tags)))
    commentary, abstract = _words(document.commentary), _words(document.abstract)
    only = [word for word in abstract if word not in commentary and word not in heading]
    return "\n".join(map(" ".join, (only, [word for word in commentary if word not in heading], heading)))


def _words(text: str) -> Mapping[str, None]:
    """Return the words as they are looked up, each once."""
    found = dict.fromkeys(map(_known, folded(text).translate(_SPACES).split()))
    for several in [words for words in found if " " in words]:
        found |= dict.fromkeys(several.split())
        del found[several]
    found.pop("", None)
    return found


class _Known(dict[str, str]):
    """The words of what stands between two spaces, mostly one. Texts say most of it again and again: it is looked at once."""

    def __missing__(self, piece: str) -> str:
        if len(self) == 100_000:  # some 15 MB; what is common is soon there again
            self.clear()
        if piece.isalpha() and piece.isascii() and len(piece) <= _LONGEST:
            found = "" if piece in _STOP else _stem(piece)
        else:
            tokens = _ASCII_TOKEN if piece.isascii() else _late(_TOKEN)
            found = " ".join(chain.from_iterable(map(_read, tokens.findall(piece))))
        if len(piece) <= 2 * _LONGEST:  # but not the lines of a script without spaces
            self[piece] = found
        return found


@cache
def _late(pattern: str) -> re.Pattern[str]:
    """Return a pattern of all scripts, made when a text has use for it: that takes as long as an edit's other words together."""
    return re.compile(pattern)


_known = _Known().__getitem__


def _read(token: str) -> tuple[str, ...]:
    """Return each pair of letters of a script without spaces, and its last letter for who looks up one; else what hyphens join, without stop words.

    What one hyphen joins is a word, too. Who looks up two words next to each other is told of the one that they make: so pre-training and
    pretraining are found by each other's name, and the halves of a word that the end of a line broke (con-vergence) are no words of other papers.
    """
    if not token.isascii() and _late(f"[{_SPACELESS}]").match(token):
        return tuple(token[at : at + 2] for at in range(len(token)))
    parts = token.split("-")
    words = tuple(_stem(part) for part in parts if part not in _STOP)
    if len(words) == len(parts) == 2 and not token[0].isdigit() and len(token) <= _LONGEST + 1:
        return (*words, _stem("".join(parts)))
    return words


def _stem(word: str) -> str:
    ending = _ENDS.search(word, len(word) - 4) if word[-1] in "esy" else None
    return word[: ending.start()] if ending and ending.start() >= _STEM else word
