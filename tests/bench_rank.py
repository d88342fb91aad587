"""Measure the ranking over the shared corpus of real records: ``make bench-rank`` writes the table of docs/ranking.md.

A topic is a set of papers that an editor may have in mind; what gives it away (the category, the authors' names) is hidden from all contestants. Some of
its papers are picks of the past, eight others to each were passed over, and all that is left is ranked. Average precision: how near to the
top the rest of the topic comes. ``--tune`` takes other topics, and other papers: on these our settings were chosen.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Protocol

import bm25s
import zstandard
from msgspec.structs import replace

from roundup.paper import ArxivId, Author, Paper
from roundup.ranking.model import Example, Known, Regression, Usual
from roundup.ranking.scikit import LinearSvm
from roundup.ranking.sketch import Sketch, sketched
from roundup.text.stopwords import STOP_WORDS

SHARED = Path(__file__).parents[2] / "shared/arxiv"
PAGE = Path(__file__).parents[1] / "docs/ranking.md"
BEGIN, END = "<!-- make bench-rank writes from here -->", "<!-- to here -->"

SIZE, RELEVANT = 5_000, 120  # of a pool; of a topic in it at most, as many of a week's papers as an editor takes up
RUNS, LEFT_TO_A_PICK = 4, 8
QUERY_TERMS = 40
CATEGORIES = ("cs.RO", "cs.IR", "cs.CR", "stat.ML", "cs.GR")
SEEDS = ("Dacheng Tao", "Yu Qiao", "Luc Van Gool")
TUNING_CATEGORIES = ("cs.SE", "cs.SD", "math.DG", "cs.HC", "math.OC")
TUNING_SEEDS = ("Tat-Seng Chua", "Xuanjing Huang", "Ming-Hsuan Yang")
WEEKS = ("2306.", "2307.", "2308.")  # the months of our first two issues
WORD = re.compile(r"[a-z][a-z0-9]+")


@dataclass(frozen=True)
class Topic:
    """Papers of which some are meant, and how many picks of the past there are."""

    name: str
    papers: tuple[Paper, ...]
    meant: frozenset[str]
    picks: tuple[int, int]


@dataclass(frozen=True)
class Past:
    """What an editor did, and what waits now."""

    picks: tuple[Paper, ...]
    passed: tuple[Paper, ...]
    waiting: tuple[Paper, ...]


class Contestant(Protocol):
    """It is made with all papers of a pool."""

    def values(self, past: Past) -> Sequence[float]:
        """Return a number for each paper that waits, the higher the likelier it is to be picked."""


# ---- contestants ----


class Ours:
    def __init__(self, papers: Sequence[Paper]) -> None:
        self.known = {paper.id.name: Known(paper.id.name, sketched(paper), partial(replace, paper)) for paper in papers}
        self.usual = Usual().changed(one.sketch for one in self.known.values())

    def examples(self, past: Past) -> list[Example]:
        return [Example(self.known[paper.id.name], taken=paper in past.picks) for paper in (*past.picks, *past.passed)]

    def values(self, past: Past) -> Sequence[float]:
        model = Regression()
        model.fit(self.examples(past), self.usual, ())
        return model.values([self.known[paper.id.name] for paper in past.waiting])


NOTHING = Sketch(0, (), (), (), (), (), ())


class Scikit(Ours):
    def __init__(self, papers: Sequence[Paper]) -> None:
        self.known = {paper.id.name: Known(paper.id.name, NOTHING, partial(replace, paper)) for paper in papers}
        self.places = {name: place for place, name in enumerate(self.known)}
        self.model = LinearSvm()
        self.rows = self.model.read(papers)

    def values(self, past: Past) -> Sequence[float]:
        self.model.learn(self.rows, list(self.known), self.examples(past))
        return self.model.worth(self.rows[[self.places[paper.id.name] for paper in past.waiting]])


def words_of(paper: Paper) -> list[str]:
    text = " ".join((paper.title, paper.abstract, *(author.name for author in paper.authors)))
    return [word for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


class Search:
    """What is common to full-text searches: they look for the words that tell the picks from the rest."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.words = {paper.id.name: words_of(paper) for paper in papers}
        self.found = Counter(word for words in self.words.values() for word in set(words))
        self.places = {paper.id.name: place for place, paper in enumerate(papers)}
        self.index()

    def index(self) -> None:
        raise NotImplementedError

    def query(self, past: Past) -> list[str]:
        counts = Counter(word for paper in past.picks for word in self.words[paper.id.name])
        worth = {word: count * math.log(len(self.words) / self.found[word]) for word, count in counts.items()}
        return sorted(worth, key=lambda word: (-worth[word], word))[:QUERY_TERMS]


class Sqlite(Search):
    def index(self) -> None:
        self.file = sqlite3.connect(":memory:")
        self.file.execute("CREATE VIRTUAL TABLE papers USING fts5(name UNINDEXED, text, tokenize = 'porter')")
        self.file.executemany("INSERT INTO papers VALUES (?, ?)", ((name, " ".join(words)) for name, words in self.words.items()))

    def values(self, past: Past) -> Sequence[float]:
        rows = self.file.execute("SELECT name, -bm25(papers) FROM papers WHERE papers MATCH ?", (" OR ".join(f'"{word}"' for word in self.query(past)),))
        found = dict(rows.fetchall())
        return [found.get(paper.id.name, 0.0) for paper in past.waiting]


class Bm25s(Search):
    def index(self) -> None:
        self.search = bm25s.BM25()
        self.search.index(list(self.words.values()), show_progress=False)

    def values(self, past: Past) -> Sequence[float]:
        known = [word for word in self.query(past) if word in self.search.vocab_dict]
        values = self.search.get_scores(known)
        return [float(values[self.places[paper.id.name]]) for paper in past.waiting]


CONTESTANTS: dict[str, Callable[[Sequence[Paper]], Contestant]] = {"ours": Ours, "scikit-learn": Scikit, "SQLite FTS5": Sqlite, "bm25s": Bm25s}


# ---- topics ----


def lot(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


def records() -> list[Paper]:
    """Return all papers that have an abstract, in an order drawn by lot."""
    with (SHARED / "records.jsonl.zst").open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as packed:
        rows = [json.loads(line) for line in io.TextIOWrapper(packed, encoding="utf-8")]
    papers = (Paper(ArxivId(row["id"]), row["title"], tuple(map(Author, row["authors"])), tuple(row["categories"]), row["abstract"]) for row in rows)
    return sorted((paper for paper in papers if len(paper.abstract) > 200), key=lambda paper: lot(paper.id.base))


def category_topic(papers: Sequence[Paper], category: str) -> Topic:
    meant = [paper for paper in papers if paper.primary_category == category]
    others = [paper for paper in papers if paper.primary_category != category]
    return topic(category, meant, others, categories=())


def group_topic(papers: Sequence[Paper], seed: str) -> Topic:
    """The papers of an author, and those of at least two of the forty with whom that author writes most."""
    names = {paper.id: frozenset(author.name for author in paper.authors) for paper in papers}
    together = Counter(name for known in names.values() if seed in known for name in known - {seed})
    circle = frozenset(sorted(together, key=lambda name: (-together[name], name))[:40])
    meant = [paper for paper in papers if seed in names[paper.id] or len(circle & names[paper.id]) > 1]
    others = [paper for paper in papers if not (seed in names[paper.id] or len(circle & names[paper.id]) > 1)]
    return topic(f"the circle of {seed}", meant, others, authors=())


def topic(name: str, meant: Sequence[Paper], others: Sequence[Paper], **hidden: tuple[()]) -> Topic:
    chosen = meant[:RELEVANT]
    pool = tuple(replace(paper, **hidden) for paper in (*chosen, *others[: SIZE - len(chosen)]))
    return Topic(name, pool, frozenset(paper.id.name for paper in chosen), (10, 50))


def issues_topic(papers: Sequence[Paper]) -> Topic:
    """What our two issues took up among all records of their months. Of most picks there are no more than titles and authors, so nothing else is shown."""
    known = json.loads((SHARED / "issue_papers.json").read_text(encoding="utf-8"))
    rows = [row for key in ("2023-7-2", "2023-8") for row in known[key]]
    picks = {row["id"]: Paper(ArxivId(row["id"]), row["title"], tuple(map(Author, row["authors"])), ()) for row in rows}
    others = [replace(paper, categories=(), abstract="") for paper in papers if paper.id.base.startswith(WEEKS) and paper.id.base not in picks]
    return Topic("our two issues, by titles", (*picks.values(), *others), frozenset(picks), (10, 20))


def topics(papers: Sequence[Paper], *, tune: bool) -> Iterator[Topic]:
    half = papers[: len(papers) // 2] if tune else papers[len(papers) // 2 :]
    yield from (category_topic(half, name) for name in (TUNING_CATEGORIES if tune else CATEGORIES))
    yield from (group_topic(papers, name) for name in (TUNING_SEEDS if tune else SEEDS))
    if not tune:
        yield issues_topic(papers)


# ---- measuring ----


def pasts(topic: Topic, picks: int) -> Iterator[Past]:
    for run in range(RUNS):
        drawn = sorted(topic.papers, key=lambda paper: lot(run, paper.id.base))
        taken = [paper for paper in drawn if paper.id.name in topic.meant][:picks]
        passed = [paper for paper in drawn if paper.id.name not in topic.meant][: LEFT_TO_A_PICK * picks]
        known = {paper.id for paper in (*taken, *passed)}
        yield Past(tuple(taken), tuple(passed), tuple(paper for paper in drawn if paper.id not in known))


def average_precision(order: Iterable[str], meant: frozenset[str]) -> float:
    places = [place for place, name in enumerate(order, 1) if name in meant]
    return mean(number / place for number, place in enumerate(places, 1))


def measured(contestant: Contestant, topic: Topic, past: Past) -> tuple[float, float]:
    """Return average precision and seconds."""
    began = time.process_time()
    values = contestant.values(past)
    seconds = time.process_time() - began
    ranked = sorted(zip(values, (paper.id.name for paper in past.waiting), strict=True), key=lambda one: (-one[0], one[1]))
    return average_precision((name for _, name in ranked), topic.meant), seconds


def loop() -> float:
    """Return the seconds of a million rounds of nothing, by which the speed of a machine is told."""
    began = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - began


@dataclass
class Result:
    precision: dict[tuple[str, int], float]
    index: list[float]
    ranking: list[float]
    loops: list[float]


def run(tried: Sequence[Topic]) -> dict[str, Result]:
    results = {name: Result({}, [], [], []) for name in CONTESTANTS}
    for topic in tried:
        for name, make in CONTESTANTS.items():
            result = results[name]
            result.loops.append(loop())
            began = time.process_time()
            contestant = make(topic.papers)
            result.index.append(time.process_time() - began)
            for size, picks in enumerate(topic.picks):
                found = [measured(contestant, topic, past) for past in pasts(topic, picks)]
                result.precision[topic.name, size] = mean(precision for precision, _ in found)
                result.ranking += [seconds for _, seconds in found] if len(topic.papers) == SIZE else []
        print(topic.name, *(f"{name} {results[name].precision[topic.name, 0]:.3f} {results[name].precision[topic.name, 1]:.3f};" for name in results), file=sys.stderr)
    return results


def table(tried: Sequence[Topic], results: dict[str, Result]) -> Iterator[str]:
    yield f"| average precision, after few / many picks | papers; meant; picks | {' | '.join(results)} |"
    yield f"| --- | --- | {' | '.join('---' for _ in results)} |"
    for topic in tried:
        figures = (f"{result.precision[topic.name, 0]:.3f} / {result.precision[topic.name, 1]:.3f}" for result in results.values())
        yield f"| {topic.name} | {len(topic.papers):,}; {len(topic.meant)}; {topic.picks[0]} / {topic.picks[1]} | {' | '.join(figures)} |"
    means = ((mean(result.precision[topic.name, size] for topic in tried) for size in (0, 1)) for result in results.values())
    yield f"| **mean** | | {' | '.join(f'**{few:.3f} / {many:.3f}**' for few, many in means)} |"
    whole = [place for place, topic in enumerate(tried) if len(topic.papers) == SIZE]
    yield f"| index of {SIZE:,} papers, CPU s | | {' | '.join(f'{min(result.index[place] for place in whole):.2f}' for result in results.values())} |"
    yield f"| fit and score, CPU s, least / most | | {' | '.join(f'{min(result.ranking):.2f} / {max(result.ranking):.2f}' for result in results.values())} |"
    yield f"| a million rounds of an empty loop beside it, least / most | | {' | '.join(f'{min(result.loops):.3f} / {max(result.loops):.3f}' for result in results.values())} |"


def main() -> None:
    if not SHARED.exists():
        sys.exit(f"the corpus of real records, {SHARED}, is not beside this checkout; the figures of the last run stand in docs/ranking.md")
    tune = "--tune" in sys.argv
    tried = list(topics(records(), tune=tune))
    rows = "\n".join(table(tried, run(tried)))
    print(rows)
    if not tune:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{rows}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
