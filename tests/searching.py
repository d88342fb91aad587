"""What the tests of search share: archives of made-up and of real words, and a reader of the index that ranks as ``templates/search.js`` does."""

from __future__ import annotations

import io
import json
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from roundup.search import Searchable, entry, search_index
from roundup.text.folding import folded

TEMPLATE = Path(__file__).parent.parent / "templates/search.js"
BASE64 = f"{ascii_uppercase}{ascii_lowercase}{digits}+/"
WEIGHT, WORDS, SPREAD = (1, 2, 2.5), 8, 4  # as there


def files_of(documents: Iterable[Searchable]) -> dict[str, str]:
    """Return the text of each file of an index by its path."""
    return dict(search_index(map(entry, documents)))


class Index:
    """The files of an index, read back."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        (self.about,) = values(files["search/index.js"])
        self.first = [utf16(word) for word in self.about["first"]]

    def words(self, query: str) -> list[str]:
        """Return what a query is looked up by, by the rules of the index."""
        found: list[str] = []
        for word in re.findall(self.about["word"], folded(query)):
            if re.match(self.about["spaceless"], word):
                found += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
            elif word not in self.about["stop"]:
                found.append(self.stem(word))
        return list(dict.fromkeys(map(utf16, found)))

    def joined(self, query: str) -> list[tuple[str, str]]:
        """Return each word of a query that has a neighbour, with the word that they make."""
        found = []
        for pair in pairwise(re.findall(self.about["word"], folded(query))):
            if len("".join(pair)) <= self.about["longest"] and not any(re.match(f"{self.about['spaceless']}|[0-9]", part) or part in self.about["stop"] for part in pair):
                found += [(utf16(self.stem(part)), utf16(self.stem("".join(pair)))) for part in pair]
        return found

    def stem(self, word: str) -> str:
        ending = re.search(self.about["ending"], word)
        return word[: ending.start()] if ending and ending.start() >= self.about["stem"] else word

    @cache  # noqa: B019 - a few indexes, each for a module's tests
    def shard(self, number: int) -> dict[str, list[tuple[int, int]]]:
        """Return the words of a file with their places: the number of a document, and where in it."""
        scale, coded, packed = values(self.files[f"search/words-{number}.js"])
        found, word = {}, ""
        for part, text in zip(re.findall("[A-Z][^A-Z]*", utf16(coded)), packed.split(), strict=True):
            word = word[: ord(part[0]) - ord("A")] + part[1:]
            found[word] = list(places("".join(f"{BASE64.index(char):06b}" for char in text), scale))
        return found

    def row(self, number: int) -> list[str]:
        (rows,) = values(self.files[f"search/rows-{number // self.about['rows']}.js"])
        return rows[number % self.about["rows"] * 3 :][:3]

    def shard_of(self, word: str) -> int:
        return max([0, *(number for number, first in enumerate(self.first) if first <= word)])

    def places(self, word: str) -> list[tuple[int, int]]:
        return self.shard(self.shard_of(word)).get(word, []) if self.first else []

    def entries(self, word: str, *, begins: bool) -> dict[str, list[tuple[int, int]]]:
        start, end = self.shard_of(word), self.shard_of(f"{word}\uffff")
        if not begins or end - start >= SPREAD:
            return {word: self.places(word)} if self.places(word) else {}
        shards = (self.shard(number) for number in range(start, end + 1)) if self.first else ()
        return {entry: found for shard in shards for entry, found in shard.items() if entry.startswith(word)}

    def find(self, query: str) -> list[str]:
        """Return the links to what is found, best first."""
        total, wanted, joined = self.about["count"], self.words(query)[:WORDS], self.joined(query)
        looked = list(dict.fromkeys(both for _, both in sorted(joined, key=lambda pair: [part for part, _ in joined].index(pair[0]))))[: WORDS - len(wanted)]
        sums, hits = [0.0] * total, [0] * total
        for at, word in enumerate(wanted):
            entries = self.entries(word, begins=at == len(wanted) - 1)
            whole = [*filter(None, [entries.get(word)]), *(found for both in looked if (word, both) in joined and (found := self.places(both)))]
            scored = [(found, rarity(total, whole)) for found in whole] + [(found, rarity(total, entries.values()) / 2) for found in entries.values()]
            best: dict[int, float] = {}
            for found, weight in scored:
                for document, where in found:
                    best[document] = max(best.get(document, 0), weight * WEIGHT[where])
            for document, score in best.items():
                sums[document] += score
                hits[document] += 1
        most = max([1, *hits])
        return [self.row(number)[0] for number in sorted((n for n in range(total) if hits[n] == most), key=lambda n: (-sums[n], -n))]


def rarity(total: int, found: Iterable[Sequence[object]]) -> float:
    return math.log(1 + total / max(map(len, found)))


def values(script: str) -> list[Any]:
    """Return what a file hands over behind its name; it is one call of plain JSON in ASCII."""
    assert script.isascii()
    match = re.fullmatch(r"roundupSearch\((.*)\);\n", script)
    assert match
    return list(json.loads(f"[{match[1]}]"))[1:]


def utf16(text: str) -> str:
    """Return a text as a browser counts it, in units of 16 bits."""
    return "".join(map(chr, memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")))


def places(bits: str, scale: int) -> Iterator[tuple[int, int]]:
    narrower = bits.index("0")
    width, document = max(0, (11 * scale // 16).bit_length() - 1) - narrower, -1
    for ones, low, where in re.findall(f"(1*)0([01]{{{width}}})(0|1[01])", bits[narrower + 1 :]):
        document += 1 + (len(ones) << width) + int(f"0{low}", 2)
        yield document, 1 if where == "0" else 2 * int(where[1])


# ---- archives ----


def made_up(count: int, *, commentary: int, abstract: int, seed: int = 5) -> Iterator[Searchable]:
    """Yield documents of so many words each, drawn from 30,000 as often as words of a language are (Zipf, Mandelbrot)."""
    draw = random.Random(seed)
    syllables = [onset + vowel + coda for onset in "b c d f g l m n p r s t v pr st tr".split() for vowel in "aeiou" for coda in ("", "n", "r", "l", "s")]
    vocabulary = ["".join(draw.choices(syllables, k=1 + number % 4)) for number in range(30_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(30_000)))

    def text(length: int) -> str:
        return " ".join(draw.choices(vocabulary, cum_weights=weights, k=length))

    for number in range(count):
        authors = tuple(text(2).title() for _ in range(draw.randint(1, 8)))
        yield Searchable(f"papers/{number:05}.html", text(9).capitalize(), authors, f"20{number // 1000 + 10}-{number % 12 + 1} · cs.LG", (text(1),), text(commentary), text(abstract))


def real(shared: Path, count: int) -> list[Searchable]:
    """Return records of the shared corpus, oldest first, with sentences of other abstracts for commentary: 940 characters, as editors write."""
    import zstandard

    path, step = shared / "arxiv/records.jsonl.zst", 66_655 // (2 * count)
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as packed:
        lines = [line for number, line in enumerate(io.TextIOWrapper(packed, encoding="utf-8")) if number % step == 0]
    records = [json.loads(line) for line in lines[: 2 * count]]
    sentences = [sentence for record in records[1::2] for sentence in re.split(r"(?<=[.?!])\s+", record["abstract"])]
    random.Random(5).shuffle(sentences)
    return [searchable(record, commentary) for record, commentary in zip(records[::2], paragraphs(sentences), strict=False)]


def searchable(record: Mapping[str, Any], commentary: str) -> Searchable:
    name = record["id"].replace("/", "-")
    return Searchable(f"papers/{name}.html", record["title"], tuple(record["authors"]), record["primary_category"], tuple(record["categories"]), commentary, record["abstract"])


def paragraphs(sentences: Iterable[str]) -> Iterator[str]:
    text = ""
    for sentence in sentences:
        text += f"{sentence} "
        if len(text) >= 900:
            yield text
            text = ""
