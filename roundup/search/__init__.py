"""What an archive holds -> the files in which ``templates/search.js`` finds it, in a reader's browser. Pure and total.

No server answers: the words stand in alphabetical order in many files, and what is shown of a document in files of 32, so that a query loads
the few files that it needs. A document that changes, changes the files of the words that it gains or loses: these alone are made again, and become
what they would be were all made.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from roundup.search.cuts import cuts, scale_of
from roundup.search.files import ROWS, File, Row, index_file, index_path, read_rows, read_words, rows_file, rows_path, utf16, words_file, words_path
from roundup.search.postings import packed, repacked
from roundup.search.words import Searchable, words_of

__all__ = ["Changes", "Entry", "Searchable", "entry", "patched", "search_files", "search_index"]

AUTHORS = 4  # as many are shown; all are found


class Entry(NamedTuple):
    """A document as the index has it: what is shown of it, and its words, each once: a line of those that stand in its abstract only, one of those in
    commentary but not in its heading, one of those in the heading: title, names, tags.
    """

    row: Row
    words: str


Changes = Mapping[int, tuple[Entry | None, Entry | None]]  # of documents by their number: what each was, and what it is; None where there is none


def entry(document: Searchable) -> Entry:
    """Return a document as the index has it. This is most of the work, and looks at no other document."""
    more = ("…",) if len(document.authors) > AUTHORS else ()
    facts = " · ".join(filter(None, (", ".join((*document.authors[:AUTHORS], *more)), document.note)))
    return Entry((document.href, document.title, facts), words_of(document))


def search_files(count: int) -> tuple[str, ...]:
    """Return the paths of all files for so many documents, in the order in which they are made."""
    return (*map(rows_path, range(-(-count // ROWS))), *map(words_path, range(len(cuts(scale_of(count))))), index_path())


def search_index(entries: Iterable[Entry]) -> Iterator[File]:
    """Yield all files. Entries come oldest first, so that new ones change few files of rows; none is kept, but for the places where its words stand."""
    places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    rows: list[Row] = []
    count = 0
    for one in entries:
        for place, line in enumerate(one.words.split("\n"), 4 * count):
            for word in line.split():
                places[word].append(place)
        rows.append(one.row)
        count += 1
        if len(rows) == ROWS:
            yield rows_file(count // ROWS - 1, rows)
            rows.clear()
    if rows:
        yield rows_file(count // ROWS, rows)
    for word in [word for word in places if not word.isascii()]:
        places[utf16(word)] = places.pop(word)
    yield from _words_files(places, scale_of(count))
    yield index_file(count)


def _words_files(places: dict[str, array[int]], scale: int) -> Iterator[File]:
    """Yield all files of words; what is in one is forgotten before the next is made."""
    words = sorted(places)
    starts = [bisect_left(words, first) for first in cuts(scale)]
    for number, (start, end) in enumerate(pairwise((*starts, len(words)))):
        part = words[start:end]
        yield words_file(number, scale, part, packed(map(places.pop, part), scale))


def patched(changes: Changes, before: int, after: int, get: Callable[[str], str | None]) -> dict[str, str] | None:
    """Return by its path the text of each file that differs after changes: what ``search_index`` would now give.

    So many documents there were, and so many there are. ``get`` gives the text of a file as it was; None where it is lost. Then, and where the number of
    documents is one of those by which all files change, the answer is None, too: the whole index is to be made.
    """
    scale = scale_of(after)
    if scale_of(before) != scale:
        return None
    words, rows = _changed_words(changes, cuts(scale)), _changed_rows(changes, after)
    old = {path: get(path) for path in (*map(words_path, words), *(rows_path(number) for number in rows if ROWS * number < before))}
    known = {path: text for path, text in old.items() if text is not None}
    if len(known) < len(old):
        return None
    new = [_patched_words(number, scale, known[words_path(number)], changed) for number, changed in words.items()]
    new += [_patched_rows(number, known.get(rows_path(number), ""), changed, after) for number, changed in rows.items()]
    if before != after:
        new.append(index_file(after))
    return {path: text for path, text in new if text != known.get(path)}


_Moves = dict[str, dict[int, int | None]]  # by word and document: where in it the word now stands; None for nowhere


def _changed_words(changes: Changes, first: tuple[str, ...]) -> dict[int, _Moves]:
    """Return by file what becomes of words."""
    changed: defaultdict[int, _Moves] = defaultdict(lambda: defaultdict(dict))
    for number, (was, now) in changes.items():
        old, new = _standing(was), _standing(now)
        for word in sorted(dict(old.items() ^ new.items())):
            read = utf16(word)
            changed[bisect_right(first, read) - 1][read][number] = new.get(word)
    return dict(sorted(changed.items()))


def _standing(one: Entry | None) -> dict[str, int]:
    return {word: where for where, line in enumerate(one.words.split("\n")) for word in line.split()} if one else {}


def _patched_words(number: int, scale: int, text: str, moves: _Moves) -> File:
    found = read_words(text)
    found |= {word: repacked(found.get(word, ""), scale, moved) for word, moved in moves.items()}
    words = sorted(word for word, places in found.items() if places)
    return words_file(number, scale, words, map(found.__getitem__, words))


def _changed_rows(changes: Changes, count: int) -> dict[int, dict[int, Row]]:
    """Return by file what is newly shown of documents; no file that goes."""
    changed: defaultdict[int, dict[int, Row]] = defaultdict(dict)
    for number, (was, now) in changes.items():
        if now and (was is None or was.row != now.row):
            changed[number // ROWS][number] = now.row
        elif now is None and number // ROWS * ROWS < count:
            changed[number // ROWS] |= {}
    return changed


def _patched_rows(number: int, text: str, changed: Mapping[int, Row], count: int) -> File:
    rows = {**dict(enumerate(read_rows(text) if text else (), ROWS * number)), **changed}
    return rows_file(number, (rows[document] for document in range(ROWS * number, min(ROWS * (number + 1), count))))
