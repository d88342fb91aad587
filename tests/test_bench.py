"""The benchmark measures what it says: whole trees of processes, one paper edited in every corpus, and a table whose figures follow from the runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import contestants, table
from bench.contestants import Contestant
from bench.running import Run
from bench.table import COLD, COMMENTARY, ISSUE, NOTHING, TITLE, Results
from conftest import ROOT

linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc")

TWO_SIZES = """\
| papers |  | roundup | Hugo | Pelican | Hugo / roundup | Pelican / roundup |
| --- | --- | --- | --- | --- | --- | --- |
| 500 | cold, 3 runs | 2.00 (1.00) | 1.00 (1.50) | 4.00 (4.00) | 0.500 (1.50) | 2.00 (4.00) |
| 500 | a commentary edited, 1 run | 0.050 (0.040) | 0.500 (0.600) | 2.00 (2.00) | 10.0 (15.0) | 40.0 (50.0) |
| 500 | a commentary edited, the slowest | 0.050 (0.040) | 0.500 (0.600) | 2.00 (2.00) |  |  |
| 500 | peak memory, MiB | 40.0 | 120 | 30.0 | 3.00 | 0.750 |
| 500 | written, files | 2,000 | 1,000 | 1,000 | 0.500 | 0.500 |
| 500 | written, MiB | 40.0 | 4.00 | 4.00 | 0.100 | 0.100 |
| 5,000 | cold, 1 run | 10.0 (10.0) | 20.0 (15.0) | over 60 s | 2.00 (1.50) |  |
| 5,000 | a commentary edited, 3 runs | 0.060 (0.050) | 15.0 (15.0) | not run | 214 (300) |  |
| 5,000 | a commentary edited, the slowest | 0.070 (0.070) | 15.0 (15.0) |  |  |  |
| 5,000 | cold, --workers 1, 1 run | 18.0 (10.0) |  | not run |  |  |
| 5,000 | peak memory, MiB | 60.0 | 1,200 | over 60 s | 20.0 |  |
| 5,000 | written, files | 20,000 | 10,000 | over 60 s | 0.500 |  |
| 5,000 | written, MiB | 400 | 40.0 | over 60 s | 0.100 |  |
| 500 to 5,000 | cold: CPU grows with the power | 1.00 | 1.00 |  |  |  |
|  | `--help`, 2 runs | 0.040 (0.030) | 0.060 (0.060) | 0.200 (0.150) | 1.50 (2.00) | 5.00 (5.00) |
"""


def test_the_table_shows_medians_ratios_of_pairs_the_slowest_and_who_was_stopped() -> None:
    results = Results(("roundup", "Hugo", "Pelican"), limit=60)
    results.runs = {
        ("S", COLD, "roundup"): [Run(1, 0.5), Run(2, 1), Run(9, 4)],
        ("S", COLD, "Hugo"): [Run(0.5, 1.5), Run(1, 1.5), Run(9, 6)],
        ("S", COLD, "Pelican"): [Run(2, 2), Run(4, 4), Run(18, 16)],
        ("S", COMMENTARY, "roundup"): [Run(0.05, 0.04)],
        ("S", COMMENTARY, "Hugo"): [Run(0.5, 0.6)],
        ("S", COMMENTARY, "Pelican"): [Run(2, 2)],
        ("M", COLD, "roundup"): [Run(10, 10)],
        ("M", COLD, "Hugo"): [Run(20, 15)],
        ("M", COLD, "Pelican"): [None],
        ("M", COMMENTARY, "roundup"): [Run(0.05, 0.05), Run(0.06, 0.02), Run(0.07, 0.07)],
        ("M", COMMENTARY, "Hugo"): [Run(15, 15), Run(6, 9), Run(15, 15)],
        ("M", f"{COLD}, --workers 1", "roundup"): [Run(18, 10)],
    }
    results.peaks = {("S", "roundup"): 40.0, ("S", "Hugo"): 120.0, ("S", "Pelican"): 30.0, ("M", "roundup"): 60.0, ("M", "Hugo"): 1200.0, ("M", "Pelican"): None}
    results.outputs = {("S", "roundup"): (2000, 40.0), ("S", "Hugo"): (1000, 4.0), ("S", "Pelican"): (1000, 4.0), ("M", "roundup"): (20000, 400.0), ("M", "Hugo"): (10000, 40.0)}
    results.starts = {"roundup": [Run(0.04, 0.03)] * 2, "Hugo": [Run(0.06, 0.06)] * 2, "Pelican": [Run(0.2, 0.15)] * 2}
    assert table.drawn(results) == TWO_SIZES


def test_a_ratio_is_the_median_over_pairs_not_that_of_medians() -> None:
    """The machine was slow in the second round: both took twice as long, and the ratio is as before."""
    assert table.ratio([Run(4, 3), Run(8, 6), Run(4, 3)], [Run(2, 1), Run(4, 2), Run(2, 1)]) == "2.00 (3.00)"


@pytest.mark.parametrize(("small", "large", "growth", "power"), [(1, 10, 10, 1), (1, 25, 5, 2), (2, 2, 10, 0), (0.4, 6.3, 10, 1.197)])
def test_how_work_grows(small: float, large: float, growth: float, power: float) -> None:
    assert table.exponent([Run(9, small)], [Run(9, large)], growth) == pytest.approx(power, abs=0.001)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.0449, "0.045"), (0.9994, "0.999"), (0.9996, "1.00"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (12345.6, "12,346")],
)
def test_figures(number: float, shown: str) -> None:
    assert table.figure(number) == shown


def test_the_table_is_put_between_the_marks_and_nothing_else_of_the_document_changes(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Before.\n{table.MARKS[0]}\nold\n{table.MARKS[1]}\nBehind.\n")
    table.put(document, "new\n")
    assert document.read_text() == f"Before.\n{table.MARKS[0]}\nnew\n{table.MARKS[1]}\nBehind.\n"


def test_the_document_has_the_marks() -> None:
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    assert [text.count(mark) for mark in table.MARKS] == [1, 1]
    assert text.index(table.MARKS[0]) < text.index(table.MARKS[1])


MEASURED = """
import os, sys, time
from pathlib import Path
from bench.running import RunError, adopt_orphans, peak_mib, timed
adopt_orphans()
folder = Path(sys.argv[1])
def program(text): return [sys.executable, "-c", text]
{}
"""


def measured(tmp_path: Path, text: str) -> str:
    """Run a text with the functions at hand, apart, for it becomes the parent of orphans."""
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
    return subprocess.run([sys.executable, "-c", MEASURED.format(text), folder], env=environment, capture_output=True, text=True, check=True).stdout


SPIN = "t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"


@linux
@pytest.mark.parametrize("wait", ["os.wait()", "os.close(w); os.read(r, 1)"], ids=["waits for it", "only knows that it has ended"])
def test_the_processor_time_of_a_worker_is_counted_whether_its_parent_waits_or_not(wait: str, tmp_path: Path) -> None:
    program = f"import os, time\nr, w = os.pipe()\nif os.fork():\n    {wait}\nelse:\n    " + SPIN.replace("\n", "\n    ")
    assert float(measured(tmp_path, f"print(timed(program({program!r}), folder, os.environ, 60).cpu)")) >= 0.3


@linux
def test_time_is_from_start_to_end(tmp_path: Path) -> None:
    wall, cpu = map(float, measured(tmp_path, "run = timed(program('import time; time.sleep(0.5)'), folder, os.environ, 60); print(run.wall, run.cpu)").split())
    assert wall >= 0.5 > cpu


@linux
def test_memory_is_that_of_all_processes_at_once_and_shared_pages_count_once(tmp_path: Path) -> None:
    """A parent's 64 MiB that its two children share, and 32 MiB of each child's own."""
    text = "import os, time\nheld = b'x' * (64 << 20)\nfor _ in range(2):\n    if not os.fork():\n        own = b'y' * (32 << 20); time.sleep(0.5); os._exit(0)\nos.wait(); os.wait()"
    assert 128 <= float(measured(tmp_path, f"print(peak_mib(program({text!r}), folder, os.environ, 60))")) < 170


@linux
@pytest.mark.parametrize("measure", ["timed", "peak_mib"])
def test_what_takes_too_long_is_stopped_with_all_that_it_started(measure: str, tmp_path: Path) -> None:
    text = "import os, time, sys\nos.fork()\nopen(f'{os.getpid()}', 'w').close()\ntime.sleep(60)"
    ended = measured(tmp_path, f"print({measure}(program({text!r}), folder, os.environ, 1)); print(*(p.name for p in folder.iterdir() if Path('/proc', p.name).exists()))")
    assert ended.split("\n")[:2] == ["None", ""]
    assert len(list((tmp_path / "work").iterdir())) == 2


@linux
@pytest.mark.parametrize("measure", ["timed", "peak_mib"])
def test_what_fails_is_not_measured(measure: str, tmp_path: Path) -> None:
    done = measured(tmp_path, f"try:\n    {measure}(['sh', '-c', 'echo no such thing; exit 3'], folder, os.environ, 9)\nexcept RunError as error:\n    print(error)")
    assert done == "sh -c echo no such thing; exit 3 ended with 3:\nno such thing\n\n"


@pytest.fixture
def everybody(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Contestant, ...]:
    """Us and the others, of whom only the format of the sources is looked at."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    binary = tmp_path / "peers/lib/python3/site-packages/hugo/binaries/hugo"
    binary.parent.mkdir(parents=True)
    binary.touch()
    (tmp_path / "scripts").mkdir()
    return contestants.ours(tmp_path / "scripts"), *contestants.peers(tmp_path / "peers")


def texts(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in sorted(root.rglob("*")) if path.is_file()}


WHAT: dict[str, tuple[Callable[[Contestant], Any], dict[str, list[str]]]] = {
    "commentary": (
        lambda one: one.commentary,
        {
            "roundup": ["issues/2015-1-11/commentary/1501.00026.yaml"],
            "Hugo": ["content/issues/2005-01-10.md", "content/papers/0501-00026.md"],
            "Pelican": ["content/pages/2005-01-10.md", "content/papers/0501-00026.md"],
        },
    ),
    "title": (
        lambda one: one.title,
        {
            "roundup": ["issues/2015-1-11/papers/1501.00026.yaml"],
            "Hugo": ["content/issues/2005-01-10.md", "content/papers/0501-00026.md"],
            "Pelican": ["content/pages/2005-01-10.md", "content/papers/0501-00026.md"],
        },
    ),
}


@pytest.mark.parametrize("what", WHAT)
def test_an_edit_changes_one_paper_and_the_same_one_in_every_corpus(what: str, everybody: tuple[Contestant, ...], tmp_path: Path) -> None:
    corpus = contestants.shared("corpus").Corpus(3)
    issue, paper = corpus.issues[1], corpus.issues[1].papers[1]
    places, expected = WHAT[what]
    for one in everybody:
        root = tmp_path / one.name
        one.write(corpus, root)
        before = texts(root)
        contestants.edit(places(one)(root, issue, paper), "in1x")
        after = texts(root)
        assert [path for path in after if after[path] != before.get(path)] == expected[one.name]
        for path in expected[one.name]:
            assert after[path].replace(" Edit in1x.", "", 1) == before[path]
            row = next(row for row in after[path].splitlines() if "Edit in1x." in row)
            if what == "title":
                assert f"{paper.title} Edit in1x." in row
            else:
                assert row.strip().replace(" Edit in1x.", "") in paper.commentary


def test_an_added_issue_brings_its_files_and_touches_no_other(everybody: tuple[Contestant, ...], tmp_path: Path) -> None:
    corpus = contestants.shared("corpus").Corpus(3)
    coming = corpus.issues.pop()
    for one in everybody:
        root = tmp_path / one.name
        one.write(corpus, root)
        before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
        contestants.add(one, root, tmp_path / f"{one.name}-side", coming)
        after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
        assert {path: after[path] for path in before} == before
        assert len(after) - len(before) == 26 if one.name != "roundup" else 51  # the issue; and of each paper, with us, a record and a pick


def test_our_edits_reach_the_page_that_is_looked_at(everybody: tuple[Contestant, ...], tmp_path: Path) -> None:
    """The paths are those that a build really reads and writes."""
    ours = everybody[0]
    corpus = contestants.shared("corpus").Corpus(1)
    issue = corpus.issues[0]
    issue.papers = issue.papers[:2]
    root = tmp_path / "digest"
    ours.write(corpus, root)
    contestants.edit(ours.commentary(root, issue, issue.papers[0]), "in0x")
    contestants.edit(ours.title(root, issue, issue.papers[1]), "at0x")
    subprocess.run(ours.build, cwd=root, env=ours.environment, check=True)
    assert "Edit in0x." in ours.page(root, issue.papers[0]).read_text(encoding="utf-8")
    assert "Edit at0x." in ours.page(root, issue.papers[1]).read_text(encoding="utf-8")


@linux
def test_all_take_turns_at_every_case_and_another_one_begins_each_round(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of the sources stands for a site; one who is too slow for it is stopped once, and does not come again."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(contestants.shared("corpus").SIZES, "S", 6)
    monkeypatch.setattr("os.sync", lambda: None)  # nothing is timed here, and others may have much to write
    hugo = contestants.shared("peer_hugo")

    def contestant(name: str, program: str) -> Contestant:
        def title(root: Path, issue: Any, paper: Any) -> list[tuple[Path, str]]:
            return [(path, paper.title) for path, _ in hugo.files(root, issue, paper)]

        return Contestant(name, "1", ("sh", "-c"), (program,), dict(os.environ), ("out", "cache"), hugo.write, hugo.files, title, lambda root, paper: root / f"out/papers/{paper.slug}.md")

    copy = "rm -rf out && cp -r content out"
    results = Results(("a", "b", "c"), limit=5)
    bench.Match((contestant("a", copy), contestant("b", copy), contestant("c", "sleep 60")), results, tmp_path, "S", 2, workers=(1,)).play()
    monkeypatch.undo()
    assert results.peaks["S", "c"] is None
    assert {name: [len(results.runs["S", case, name]) for case in (COLD, NOTHING, COMMENTARY, TITLE, ISSUE)] for name in "ab"} == {"a": [2, 2, 6, 2, 2], "b": [2, 2, 6, 2, 2]}
    assert not any(name == "c" for _, _, name in results.runs)
    turns = [line.split(" ")[-6] for line in capsys.readouterr().err.splitlines() if " s, " in line]
    assert "".join(turns) == "ab" * 7 + "a" + "ba" * 7 + "a"
    assert len(list(tmp_path.glob("*/made"))) == 6  # what was built before each cold build


def test_without_the_corpora_it_says_what_is_missing_and_where_figures_are(tmp_path: Path) -> None:
    text = "import sys\nfrom pathlib import Path\nfrom bench import contestants, __main__ as bench\ncontestants.SHARED = Path('/nowhere/shared/bench')\nbench.main([])"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "the corpora of the benchmark, /nowhere/shared/bench, are not beside this checkout; the figures of the last run stand in docs/performance.md\n"
