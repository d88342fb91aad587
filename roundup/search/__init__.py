"""What an archive holds -> the files in which ``templates/search.js`` finds it, in a reader's browser. Pure and total.

No server answers: the words stand in alphabetical order in as many files as the root of the number of documents, and what is shown of a
document in files of 32, so that a query loads the few files that it needs. Each is a script that calls one function, for a page that
is opened from the disk may read nothing else. How a text is cut into words stands here only: the first file tells it to the script.
"""

from __future__ import annotations

import json
import re
from array import array
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile
from math import isqrt
from struct import unpack

from roundup.text.folding import DRESS, LETTERS, folded

FOLDER = "search/"
ROWS = 32  # documents in a file: ten hits in ten files are some 30 kB, and 25,000 documents some 800 files
AUTHORS = 4  # as many are shown; all are found

# What is no letter, once a text is folded: controls, punctuation, capitals; modifiers; symbols; halves of characters and private ones; forms;
# pictures. Given as characters, not as Unicode's classes, so that every Python and every browser agree.
_NO_LETTER = (
    "\0-`{-\xbf\xd7\xf7\u02b0-\u02ff\u1680\u2000-\u2bff\u2e00-\u3004\u3006-\u303f\u30fb\ud800-\uf8ff\ufe00-\ufe6f\uff00-\uffff"
    "\U0001f000-\U0001ffff\U000e0000-\U0010ffff"
)
# Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese. Such a text is found by pairs of them.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_LETTERS = f"[^{_NO_LETTER}{_SPACELESS}]{{1,30}}"  # what is longer is cut
# Digits are a word of their own: gpt4 is found as GPT-4 is.
_WORD = f"[0-9]{{1,30}}|[{_SPACELESS}]+|{_LETTERS}"
# Endings that go: those of plurals, and the y that becomes one. What stays is how the word begins, so one half typed is found, too.
_ENDING = "(?:ies?|(?:(?<=ss)|(?<=x))es|y|(?<![suis])s)$"
_STEM = 3  # letters stay at least
_STOP = (
    "a about also although am an and any are as at be because been being between both but by can could did do does doing during each for from further had has"
    " have having he her here hers him his how however i if in into is it its itself just may me might more most much must my no nor not of on or our she"
    " should since so some such than that the their them then there therefore these they this those through thus to too until upon us use used uses using very"
    " via was we were what when where whether which while who whom whose why will with within would yet you your"
).split()

_TOKEN = re.compile(f"{_WORD}(?:-{_LETTERS})*")
_SPACES = str.maketrans({char: " " for char in map(chr, range(128)) if not char.isalnum() and char != "-"} | {"\u2010": "-"})
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_ENDS = re.compile(_ENDING)
_IS_STOP = frozenset(_STOP)
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

_ABSTRACT, _COMMENTARY, _HEADING = range(3)  # where a word stands; the later counts more
_WHERE = ("10", "0", "11")  # most stand in commentary


@dataclass(frozen=True, slots=True)
class Searchable:
    """A paper, or a pick about something else, as it is found and shown. All but ``href`` are plain words."""

    href: str  # from the top of the site
    title: str
    authors: tuple[str, ...] = ()
    note: str = ""  # a short line, shown behind the authors
    tags: tuple[str, ...] = ()
    commentary: str = ""
    abstract: str = ""


def search_files(count: int) -> tuple[str, ...]:
    """Return the paths of all files for so many documents."""
    shards, blocks = _shards(count), -(-count // ROWS)
    return (f"{FOLDER}index.js", *(f"{FOLDER}words-{n}.js" for n in range(shards)), *(f"{FOLDER}rows-{n}.js" for n in range(blocks)))


def _shards(count: int) -> int:
    return isqrt(count - 1) + 1 if count else 0


def search_index(documents: Iterable[Searchable]) -> dict[str, str]:
    """Return each file's text. Documents come oldest first, so that new ones change no file of rows but the last; none is kept in memory."""
    postings = _Postings()
    rows: list[str] = []
    for number, document in enumerate(documents):
        postings.add(number, document)
        rows += (document.href, document.title, _facts(document))
    postings.join()
    count = len(rows) // 3
    shards = _cut({_utf16(word): places for word, places in postings.places.items()}, count)
    reading = {"word": _WORD, "spaceless": f"[{_SPACELESS}]", "dress": DRESS, "letters": LETTERS, "ending": _ENDING, "stem": _STEM, "stop": _STOP}
    texts = [_call("index", {"count": count, "rows": ROWS, "first": _first(shards), **reading})]
    texts += [_call(f"words-{n}", count, _front_coded(shard), _packed(shard.values(), count)) for n, shard in enumerate(shards)]
    texts += [_call(f"rows-{n}", rows[3 * ROWS * n : 3 * ROWS * (n + 1)]) for n in range(-(-count // ROWS))]
    return dict(zip(search_files(count), texts, strict=True))


def _facts(document: Searchable) -> str:
    more = ("…",) if len(document.authors) > AUTHORS else ()
    return " · ".join(filter(None, (", ".join((*document.authors[:AUTHORS], *more)), document.note)))


# ---- words ----


def _all_words(text: str, known: Mapping[str, Iterable[str]]) -> Iterable[str]:
    """Yield the words as they are looked up, and for two that a hyphen joins also both as one, with the hyphen."""
    return chain.from_iterable(map(known.__getitem__, folded(text).translate(_SPACES).split()))


class _Known(dict[str, tuple[str, ...]]):
    """The words of what stands between two spaces. Texts say most of it again and again: it is looked at once."""

    def __missing__(self, piece: str) -> tuple[str, ...]:
        found = tuple(chain.from_iterable(map(_words_of, _TOKEN.findall(piece))))
        if len(piece) <= 30:  # but not the lines of a script without spaces
            self[piece] = found
        return found


def _words_of(token: str) -> tuple[str, ...]:
    """Return each pair of letters of a script without spaces, and its last letter for who looks up one; else what hyphens join, without stop words."""
    if _IS_SPACELESS.match(token):
        return tuple(token[at : at + 2] for at in range(len(token)))
    parts = tuple(_stem(part) for part in token.split("-") if part not in _IS_STOP)
    return (*parts, token) if len(parts) == 2 == token.count("-") + 1 else parts


def _stem(word: str) -> str:
    ending = _ENDS.search(word)
    return word[: ending.start()] if ending and ending.start() >= _STEM else word


class _Postings:
    """Where each word stands: the numbers of its documents, times 4, and where in the document."""

    def __init__(self) -> None:
        self.places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._known = _Known()

    def add(self, number: int, document: Searchable) -> None:
        found = dict.fromkeys(_all_words(document.abstract, self._known), _ABSTRACT)
        found |= dict.fromkeys(_all_words(document.commentary, self._known), _COMMENTARY)
        found |= dict.fromkeys(_all_words("\n".join((document.title, *document.authors, *document.tags)), self._known), _HEADING)
        places, place = self.places, 4 * number
        for word, where in found.items():
            places[word].append(place + where)

    def join(self) -> None:
        """Let pre-training be found as pretraining and the other way round, where the archive has both.

        A break that the end of a line left in a word (con-vergence) is rarer than the word; its halves are no words to find it by.
        """
        joined = defaultdict(list)
        for both in sorted(word for word in self.places if "-" in word):
            apart, one = self.places.pop(both), _stem(both.replace("-", ""))
            if one in self.places and len(self.places[one]) <= 20 * len(apart):
                joined[one].append(apart)
                for part in both.split("-"):
                    joined[_stem(part)].append(self.places[one])
        for word, others in joined.items():
            self.places[word] = _merged(self.places[word], *others)


def _merged(*places: array[int]) -> array[int]:
    return array("I", {place >> 2: place for place in sorted(chain(*places))}.values())


# ---- files ----

_Shard = dict[str, "array[int]"]


def _utf16(word: str) -> str:
    """Return the word as JavaScript counts, cuts and sorts it: halves in place of a character beyond U+FFFF."""
    return _ASTRAL.sub(lambda match: "".join(map(chr, unpack(">2H", match[0].encode("utf-16-be")))), word)


def _cut(places: Mapping[str, array[int]], count: int) -> list[_Shard]:
    """Return the words in order, in shards that are about as long as each other."""
    shards: list[_Shard] = [{} for _ in range(_shards(count))]
    lengths = {word: 40 + len(found) * (_width(count, len(found)) + 3) for word, found in sorted(places.items())}  # in bits, about
    whole, before = sum(lengths.values()), 0
    for word, length in lengths.items():
        shards[len(shards) * before // whole][word] = places[word]
        before += length
    return shards


def _first(shards: Sequence[_Shard]) -> list[str]:
    """Return the word from which on a shard is to be asked: the first one of it, or of the next that has any."""
    first, following = [], "\uffff"
    for shard in reversed(shards):
        following = next(iter(shard), following)
        first.append(following)
    return first[::-1]


def _front_coded(shard: Iterable[str]) -> str:
    """Return the words in order: a capital says how many letters a word has in common with the one before (A for none), the rest follow."""
    coded, before = [], ""
    for word in shard:
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word[:25], before, strict=False)))
        coded.append(chr(ord("A") + common) + word[common:])
        before = word
    return "".join(coded)


def _packed(found: Iterable[array[int]], count: int) -> str:
    """Return postings as bits in base64: of each word how many there are, then the gaps between documents, and where in each it stands.

    The number is in Elias' gamma code; gaps are in Rice's, of a width that fits their mean. Of what was weighed this is the shortest
    once compressed: 12 % below characters that gzip squeezes itself.
    """
    bits: list[str] = []
    codes: dict[int, _Codes] = {}
    for places in found:
        number = f"{len(places):b}"
        bits.append("0" * (len(number) - 1) + number)
        width, expected = _width(count, len(places)), 0
        code = codes.setdefault(width, _Codes(width))
        for place in places:
            bits.append(code[place - expected])
            expected = (place | 3) + 1  # the next document
    row = "".join(bits)
    whole = int("1" + row + "0" * (-len(row) % 8), 2).to_bytes((len(row) + 15) // 8, "big")
    return b64encode(whole[1:]).decode()


class _Codes(dict[int, str]):
    """The bits of a gap, times 4, and where the word stands behind it."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __missing__(self, place: int) -> str:
        gap, low = place >> 2, (1 << self.width) - 1
        self[place] = bits = "1" * (gap >> self.width) + "0" + f"{gap & low | low + 1:b}"[1:] + _WHERE[place & 3]
        return bits


def _width(count: int, documents: int) -> int:
    """Return how many bits of a gap stand as they are, where so many documents of all have the word."""
    return max(0, (11 * count // (16 * documents)).bit_length() - 1)


def _call(name: str, *values: object) -> str:
    """Return a script that hands the values over. ASCII, so that no page's encoding matters, and nothing in a text can end it."""
    return f"roundupSearch({','.join(json.dumps(value, separators=(',', ':')) for value in (name, *values))});\n"
