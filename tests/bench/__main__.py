"""``python -m bench``: build the corpora with us, Hugo and Pelican in turn; print the table, and keep it in docs/performance.md.

    python -m bench [S] [M] [L] [--rounds N] [--limit SECONDS] [--cache DIR] [--keep]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import contestants, running, table
from .contestants import Contestant
from .table import COLD, COMMENTARY, ISSUE, NOTHING, TITLE, Results

DOCUMENT = contestants.ROOT / "docs/performance.md"
ROUNDS = {"S": 5, "M": 5, "L": 2}
STARTS = 20


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    if not contestants.SHARED.is_dir():
        sys.exit(f"the corpora of the benchmark, {contestants.SHARED}, are not beside this checkout; the figures of the last run stand in docs/performance.md")
    if sys.platform != "linux":
        sys.exit("the benchmark reads what only Linux tells of processes; the figures of the last run stand in docs/performance.md")
    options.cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="run-", dir=options.cache))
    try:
        running.adopt_orphans()
        everybody = (contestants.ours(work), *contestants.peers(contestants.install_peers(options.cache)))
        workers = _choices(everybody[0])
        load = os.getloadavg()[0]
        results = Results(tuple(one.name for one in everybody), options.limit)
        for size in options.sizes:
            Match(everybody, results, work / size, size, options.rounds or ROUNDS[size], workers).play()
        hello = _starts(everybody, results, work)
        text = f"{_circumstances(everybody, work, load, options)}\n\n{table.drawn(results)}\n{hello}\n"
    except (running.RunError, subprocess.CalledProcessError) as error:  # the latter of pip, which has told why
        sys.exit(str(error))
    finally:
        shutil.rmtree(work)
    sys.stdout.write(text)
    if options.keep or (set(options.sizes) == set(ROUNDS) and not options.rounds):
        table.put(DOCUMENT, text)
    else:
        sys.stderr.write("not kept: docs/performance.md holds a run of all sizes\n")


@dataclass
class Match:
    """The builds of one size: in each round, every case is built by everybody in turn before the next case is."""

    everybody: tuple[Contestant, ...]
    results: Results
    folder: Path
    size: str
    rounds: int
    workers: tuple[int, ...]  # of our own, in cold builds beside those that take as many as they like

    def play(self) -> None:
        """Write the corpora; build each a first time, untimed, and look at the memory that takes; then the rounds."""
        number = contestants.shared("corpus").SIZES[self.size]
        corpus = contestants.shared("corpus").Corpus(number + self.rounds)
        issues, later = corpus.issues[:number], corpus.issues[number:]
        corpus.issues = issues
        for one in self.everybody:
            one.write(corpus, self.folder / one.name)
            self._first(one, [paper for issue in issues for paper in issue.papers])
        for place, coming in enumerate(later):
            self._round(place, [*issues, *later[:place]], coming)

    def _first(self, one: Contestant, papers: list[Any]) -> None:
        root = self.folder / one.name
        peak = running.peak_mib(one.build, root, one.environment, self.results.limit)
        self.results.peaks[self.size, one.name] = peak
        if peak is None:
            _tell(f"{self.size}: {one.name} stopped")
            return
        assert all(one.page(root, paper).exists() for paper in papers), f"{one.name} left papers out"
        written = contestants.shared("common").tree(root / one.made[0])
        self.results.outputs[self.size, one.name] = written["files"], written["mib"]
        _tell(f"{self.size}: {one.name}: peak {peak:.0f} MiB, {written['files']} files, {written['mib']} MiB")

    def _round(self, number: int, issues: list[Any], coming: Any) -> None:
        """Edit an old paper, one of the middle and one of the newest issue: others in every round."""
        ours = self.everybody[0]
        half = contestants.shared("corpus").SIZES[self.size] // 2
        self._case(number, COLD, self._move_aside)
        self._case(number, NOTHING)
        for place in (number, half + number, -1):
            self._edited(number, COMMENTARY, issues[place], issues[place].papers[number], f"in{place % len(issues)}x")
        self._edited(number, TITLE, issues[half - 1 - number], issues[half - 1 - number].papers[-1], f"at{number}x")
        self._case(number, ISSUE, lambda one: contestants.add(one, self.folder / one.name, self.folder / f"{one.name}-{number}", coming))
        for workers in () if self.results.is_stopped(self.size, ours.name) else self.workers:
            self._built(number, f"{COLD}, --workers {workers}", ours, self._move_aside, "--workers", str(workers))

    def _edited(self, number: int, case: str, issue: Any, paper: Any, word: str) -> None:
        def prepare(one: Contestant) -> None:
            places = one.title if case == TITLE else one.commentary
            contestants.edit(places(self.folder / one.name, issue, paper), word)

        for one in self._case(number, case, prepare):
            assert word in one.page(self.folder / one.name, paper).read_text(encoding="utf-8"), f"{one.name} does not show {case}"

    def _case(self, number: int, case: str, prepare: Callable[[Contestant], None] = lambda one: None) -> list[Contestant]:
        """Have everybody build, who is not too slow for it; return who came to an end. Another one begins in every round."""
        first = number % len(self.everybody)
        turns = [one for one in (*self.everybody[first:], *self.everybody[:first]) if not self.results.is_stopped(self.size, one.name)]
        return [one for one in turns if self._built(number, case, one, prepare)]

    def _built(self, number: int, case: str, one: Contestant, prepare: Callable[[Contestant], None], *further: str) -> bool:
        prepare(one)
        os.sync()  # what was written before is not written to the disk during this build
        run = running.timed((*one.build, *further), self.folder / one.name, one.environment, self.results.limit)
        self.results.runs.setdefault((self.size, case, one.name), []).append(run)
        _tell(f"{self.size} {number + 1}/{self.rounds}: {case}: {one.name} {f'{run.wall:.2f} s, {run.cpu:.2f} of CPU' if run else 'stopped'}")
        return run is not None

    def _move_aside(self, one: Contestant) -> None:
        """Have nothing built. Not deleted: ext4 is slow to make files for a while after it has deleted many."""
        for made in one.made:
            if (path := self.folder / one.name / made).exists():
                path.rename(Path(tempfile.mkdtemp(dir=self.folder)) / "made")


def _choices(ours: Contestant) -> tuple[int, ...]:
    """Return the numbers of workers that a build can be told; none as long as it takes no such option."""
    told = subprocess.run([*ours.program, "build", "--help"], env=ours.environment, capture_output=True, text=True, check=True).stdout
    return (1, 2) if "--workers" in told else ()


def _starts(everybody: Sequence[Contestant], results: Results, work: Path) -> str:
    """Ask everybody for help, in turn, and the least program that click can make; return how we compare with that."""
    hello = work / "help/hello"
    hello.parent.mkdir()
    hello.write_text(contestants.HELLO)
    programs = {"hello": ((sys.executable, str(hello)), contestants.CLEAN), **{one.name: (one.program, one.environment) for one in everybody}}
    runs: dict[str, list[running.Run]] = {name: [] for name in programs}
    for _ in range(STARTS + 1):
        for name, (program, environment) in programs.items():
            run = running.timed((*program, "--help"), hello.parent, environment, results.limit)
            assert run, f"{name} --help took over {results.limit} s"
            runs[name].append(run)
    runs = {name: timed[1:] for name, timed in runs.items()}  # the first compiles
    results.starts = {one.name: runs[one.name] for one in everybody}
    times = table.ratio(runs[everybody[0].name], runs["hello"])
    return f"A hello-world program of click answers `--help` in {table.seconds(runs['hello'])}; {everybody[0].name} takes {times} times as long."


def _circumstances(everybody: Sequence[Contestant], work: Path, load: float, options: argparse.Namespace) -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    disk = subprocess.run(["df", "--output=fstype", work], capture_output=True, text=True, check=True).stdout.split()[-1]
    return (
        f"{dt.datetime.now(dt.timezone.utc):%Y-%m-%d}, `make bench{_settings(options)}`: {', '.join(f'{one.name} {one.version}' for one in everybody)}, "
        f"Python {platform.python_version()};\n{os.cpu_count()} processors ({model[1] if model else platform.machine()}), {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, {disk}; load {load:.1f} before the first build and {os.getloadavg()[0]:.1f} after the last."
    )


def _settings(options: argparse.Namespace) -> str:
    sizes = "" if tuple(options.sizes) == tuple(ROUNDS) else f' SIZES="{" ".join(options.sizes)}"'
    return sizes + (f" ROUNDS={options.rounds}" if options.rounds else "")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Build the corpora with roundup, Hugo and Pelican in turn.")
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help="S, M or L: 500, 5,000 or 25,000 papers; all of them unless given")
    parser.add_argument("--rounds", type=int, choices=range(1, 11), metavar="N", help="build each case N times; else 5 times at S and M, 2 at L")
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS", help="stop a build after so long, and make no others of its size; else 600")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "roundup-bench"
    parser.add_argument("--cache", type=Path, default=cache, metavar="DIR", help=f"where the others are installed, and all is built; else {cache}")
    parser.add_argument("--keep", action="store_true", help="put the table into docs/performance.md also when it has not all sizes, or fewer rounds")
    options = parser.parse_args(arguments)
    if wrong := set(options.sizes) - set(ROUNDS):
        parser.error(f"no such size: {', '.join(sorted(wrong))}")
    options.sizes = [size for size in ROUNDS if size in options.sizes] or list(ROUNDS)
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
