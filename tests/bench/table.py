"""What was measured, as a table in Markdown: medians, ratios of runs that were made in turn, and how the work grows with the archive."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from .running import Run

PAPERS = {"S": 500, "M": 5_000, "L": 25_000}
COLD, NOTHING, COMMENTARY, TITLE, ISSUE = "cold", "nothing changed", "a commentary edited", "a title edited", "an issue added"
MARKS = "<!-- the last run -->", "<!-- its end -->"


@dataclass
class Results:
    """Figures by size, case and name of the contestant; ours is the first of the names.

    Runs stand in the order in which they were made, in turn, so that those of the same place make a pair. None: stopped at the limit.
    """

    names: tuple[str, ...]
    limit: float
    runs: dict[tuple[str, str, str], list[Run | None]] = field(default_factory=dict)
    peaks: dict[tuple[str, str], float | None] = field(default_factory=dict)  # MiB
    outputs: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)  # files, MiB
    starts: dict[str, list[Run]] = field(default_factory=dict)  # of --help

    def is_stopped(self, size: str, name: str) -> bool:
        """Tell whether a build was stopped at the limit, after which there are no others of that size."""
        return self.peaks.get((size, name), 0) is None or any(None in runs for (at, _, who), runs in self.runs.items() if (at, who) == (size, name))

    def whole(self, size: str, case: str, name: str) -> list[Run]:
        """Return the runs of a case, of which none was stopped."""
        runs = self.runs.get((size, case, name), [])
        return [] if None in runs else [run for run in runs if run]


def figure(number: float) -> str:
    """Return a number with the digits that mean something."""
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}" if number >= 0.9995 else f"{number:.3f}"


def seconds(runs: Sequence[Run], one: Callable[[list[float]], float] = median) -> str:
    """Return the median, or what ``one`` makes of many, of the time that passed, and of the processors' in brackets."""
    return f"{figure(one([run.wall for run in runs]))} ({figure(one([run.cpu for run in runs]))})"


def ratio(theirs: Sequence[Run], ours: Sequence[Run]) -> str:
    """Return how many times as long theirs took: the median over the pairs, and that of the processors' time in brackets."""
    pairs = list(zip(theirs, ours, strict=True))
    return f"{figure(median(a.wall / b.wall for a, b in pairs))} ({figure(median(a.cpu / b.cpu for a, b in pairs))})" if pairs else ""


def exponent(small: Sequence[Run], large: Sequence[Run], growth: float) -> float:
    """Return the power of the archive's size with which the processors' time grows."""
    return math.log(median(run.cpu for run in large) / median(run.cpu for run in small)) / math.log(growth)


def drawn(results: Results) -> str:
    """Return the table."""
    names = results.names
    head = ("papers", "", *names, *(f"{name} / {names[0]}" for name in names[1:]))
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *_rows(results)))


def put(document: Path, text: str) -> None:
    """Put a text between the marks of a document."""
    before, _, rest = document.read_text(encoding="utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    document.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}", encoding="utf-8")


def _rows(results: Results) -> Iterator[Sequence[str]]:
    sizes = tuple(dict.fromkeys(size for size, _ in results.peaks))
    for size in sizes:
        for case in dict.fromkeys(case for at, case, _ in results.runs if at == size):
            yield _case(results, size, case)
            if case == COMMENTARY:
                worst = [_slowest(results.whole(size, case, name)) for name in results.names]
                yield (f"{PAPERS[size]:,}", f"{case}, the slowest", *worst, *("" for _ in results.names[1:]))
        yield _plain(results, size, "peak memory, MiB", [results.peaks[size, name] for name in results.names])
        for place, what in enumerate(("written, files", "written, MiB")):
            yield _plain(results, size, what, [results.outputs.get((size, name), (None, None))[place] for name in results.names])
    for small, large in pairwise(sizes):
        yield _growth(results, small, large)
    if results.starts:
        ours, *theirs = (results.starts[name] for name in results.names)
        yield ("", f"`--help`, {_times(len(ours))}", *map(seconds, (ours, *theirs)), *(ratio(runs, ours) for runs in theirs))


def _case(results: Results, size: str, case: str) -> Sequence[str]:
    runs = [results.whole(size, case, name) for name in results.names]
    cells = [seconds(own) if own else _missing(results, size, case, name) for name, own in zip(results.names, runs, strict=True)]
    ratios = [ratio(theirs, runs[0]) if theirs and runs[0] else "" for theirs in runs[1:]]
    return (f"{PAPERS[size]:,}", f"{case}, {_times(max(map(len, runs)))}", *cells, *ratios)


def _missing(results: Results, size: str, case: str, name: str) -> str:
    if None in results.runs.get((size, case, name), []):
        return f"over {results.limit:g} s"
    return "not run" if results.is_stopped(size, name) else ""


def _times(number: int) -> str:
    return f"{number} run{'s' * (number != 1)}"


def _slowest(runs: Sequence[Run]) -> str:
    return seconds(runs, max) if runs else ""


def _plain(results: Results, size: str, what: str, numbers: Sequence[float | None]) -> Sequence[str]:
    """Return a row of numbers, which one who was stopped in the first build does not have."""
    shown = [f"over {results.limit:g} s" if number is None else figure(number) if isinstance(number, float) else f"{number:,}" for number in numbers]
    return (f"{PAPERS[size]:,}", what, *shown, *(figure(number / numbers[0]) if number and numbers[0] else "" for number in numbers[1:]))


def _growth(results: Results, small: str, large: str) -> Sequence[str]:
    runs = [(results.whole(small, COLD, name), results.whole(large, COLD, name)) for name in results.names]
    shown = [f"{exponent(*pair, PAPERS[large] / PAPERS[small]):.2f}" if all(pair) else "" for pair in runs]
    return (f"{PAPERS[small]:,} to {PAPERS[large]:,}", f"{COLD}: CPU grows with the power", *shown, *("" for _ in results.names[1:]))
