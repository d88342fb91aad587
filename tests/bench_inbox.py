"""Measure an inbox of 100,000 papers: ``make bench-inbox`` writes the table of docs/ranking.md that says how long each command takes.

The papers are real records, some of them again under other IDs; a twentieth has votes. Twelve issues have 25 of them each, 4,000 were skipped.
A command is a process of its own; the figure is the least CPU of several runs, its start among it.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from bench_rank import SHARED, lot, records
from roundup.paper import ArxivId, Paper, Sighting
from roundup.records.papers import dump_paper
from roundup.starter import new_pick
from roundup.store.inbox import PICKED, SKIPPED, Decision, Inbox

PAGE = Path(__file__).parents[1] / "docs/ranking.md"
BEGIN, END = "<!-- make bench-inbox writes from here -->", "<!-- to here, too -->"

PAPERS, IMPORTED, SKIPS = 100_000, 10_000, 4_000
ISSUES, PICKS = 12, 25
DAY, ROUNDS = dt.date(2026, 1, 5), 5
ONE = "0704.0001"  # of the imported ones, so that pick, skip and later have one
COMMANDS = (
    "--help", "inbox", "inbox --json", "inbox soft experts", "inbox model", "inbox --category cs.LG", "inbox --category cs.IR --since 2026-01-06",
    "inbox --state all", "inbox --state skipped", "inbox --revised", "inbox --max 300", "inbox --order 2025-3", "triage --plain", "coverage",
    "fill 2026-1-5 --top 30", "fill 2026-1-5 --top 30 --by ranking",
)  # fmt: skip
CHANGES = (f"later {ONE}", "undo", f"skip {ONE}", "inbox", "undo", f"pick {ONE}", "inbox", "undo")


def papers() -> Iterator[Paper]:
    """Yield real papers in an order drawn by lot, and then again under other IDs."""
    found = [paper for paper in records() if all(name.islower() or name.partition(".")[2].isupper() for name in paper.categories)]
    for place in range(PAPERS + IMPORTED):
        paper = found[place % len(found)]
        years, month = divmod(place // 9_999, 12)
        name = paper.id.base if place < len(found) else f"{years + 8:02}{month + 1:02}.{place % 9_999 + 1:04}"
        day = DAY - dt.timedelta(days=place // 300)
        seen = (Sighting("arxiv", day, "new"), *((Sighting("huggingface", day, "", place % 97),) if place % 20 == 0 else ()))
        yield replace(paper, id=ArxivId(name, 1), submitted=day, seen=seen)


def issues(root: Path, picks: Sequence[Paper]) -> Iterator[Decision]:
    """Write issues of papers, and yield what was decided of them."""
    for number in range(ISSUES):
        folder = root / f"issues/2025-{number + 1}"
        for part in ("papers", "commentary"):
            (folder / part).mkdir(parents=True)
        (folder / "issue.yaml").write_text("order: []\n" if number == ISSUES - 1 else f"date: 2025-{number + 2:02}-05\n")
        for paper in picks[number * PICKS : (number + 1) * PICKS]:
            (folder / f"papers/{paper.id.name}.yaml").write_text(dump_paper(paper), encoding="utf-8")
            (folder / f"commentary/{paper.id.name}.yaml").write_text(new_pick(paper), encoding="utf-8")
            yield Decision(paper.id.name, PICKED, 1, DAY, folder.name, "Theory")


def loop() -> float:
    """Return the seconds of a million rounds of nothing, by which the speed of a machine is told."""
    began = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - began


def begin(root: Path) -> float:
    """Make the digest; return the seconds of the import of the last papers."""
    (root / "roundup.yaml").write_text("title: A digest\ninterests:\n  words: [mixture of experts]\n  authors: [Neil Houlsby]\n")
    known = list({paper.id.name: paper for paper in papers()}.values())
    meant = sorted((paper for paper in known if paper.primary_category == "cs.IR"), key=lambda paper: lot(paper.id.base))
    picks = meant[: ISSUES * PICKS]
    taken = {paper.id.name for paper in picks}
    others = [paper.id.name for paper in known if paper.id.name not in taken]
    skipped = sorted(others, key=lambda name: lot("skip", name))[:SKIPS]
    with closing(Inbox(root)) as inbox:
        inbox.put(known[:PAPERS], DAY)
        inbox.put(picks, DAY)
        began = time.process_time()
        inbox.put([*known[PAPERS:], replace(known[0], id=ArxivId(ONE))], DAY)
        taken_s = time.process_time() - began
        inbox.decide([*issues(root, picks), *(Decision(name, SKIPPED, 1, DAY) for name in skipped)])
    return taken_s


def seconds(root: Path, command: str) -> float:
    """Return the seconds of CPU that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(PAGE.parents[1])}
    done = subprocess.run([sys.executable, "-m", "roundup", "-C", str(root), *command.split()], input="q\n", capture_output=True, text=True, env=environment, check=False)
    if done.returncode > 1:
        sys.exit(f"{command}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(root: Path) -> Iterator[str]:
    yield f"| with {PAPERS:,} papers | CPU s |"
    yield "| --- | --- |"
    loops = [loop()]
    yield f"| importing {IMPORTED:,} more | {begin(root):.2f} |"
    for command in COMMANDS:
        first = seconds(root, command)
        again = min(seconds(root, command) for _ in range(ROUNDS))
        yield f"| {command} | {again:.2f}{f' (the first time {first:.2f})' if first > 1.5 * again else ''} |"
        loops.append(loop())
    for command in CHANGES:
        yield f"| {command}{', after that' if command == 'inbox' else ''} | {seconds(root, command):.2f} |"
        loops.append(loop())
    yield f"| a million rounds of an empty loop beside it, least / most | {min(loops):.3f} / {max(loops):.3f} |"


def main() -> None:
    if not SHARED.exists():
        sys.exit(f"the corpus of real records, {SHARED}, is not beside this checkout; the figures of the last run stand in docs/ranking.md")
    with tempfile.TemporaryDirectory() as folder:
        table = "\n".join(rows(Path(folder)))
    print(table)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
