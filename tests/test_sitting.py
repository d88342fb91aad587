"""A way through the inbox: what was decided is on the disk before the next paper is shown, on a screen and line by line."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TextIO

import pytest

from conftest import ROOT, Result, wait_until
from roundup.issue import parse_issue_key
from roundup.sitting import Sitting, paper_lines, title_line
from roundup.store.inbox import Asked, Candidate, Decision, Inbox
from roundup.store.shelf import Shelves
from roundup.text.filling import columns
from roundup.triage import Desk
from test_triage import DAY, paper

Digest = Callable[..., Path]
KEY = parse_issue_key("2024-1")
NAMES = [f"2402.{number:05}" for number in range(9, 0, -1)]


@pytest.fixture
def root(digest: Digest) -> Path:
    """A digest with a draft that has a section, and nine papers in its inbox, 9 before 1."""
    found = digest({"issues/2024-1/issue.yaml": "order:\n- section: Theory\n"}, bare=True)
    with closing(Inbox(found)) as inbox:
        inbox.put([paper(number) for number in range(1, 10)], DAY)
    return found


@pytest.fixture
def sitting(root: Path) -> Iterator[Sitting]:
    with closing(Inbox(root)) as inbox:
        yield sat(root, inbox)


def sat(root: Path, inbox: Inbox) -> Sitting:
    desk = Desk(Shelves(root), inbox, DAY)
    return Sitting(desk, desk.listed(Asked()), KEY, nullcontext)


def states(root: Path) -> dict[str, str]:
    with closing(Inbox(root)) as inbox:
        return {one.paper.id.name: one.decided for one in inbox.candidates(Asked(())) if one.decided}


def shown(sitting: Sitting) -> str:
    return sitting.current.paper.id.name if sitting.current else ""


def test_each_decision_is_kept_before_the_next_paper_is_shown(sitting: Sitting, root: Path) -> None:
    sitting.section = "Theory"
    for number, what in enumerate(("picked", "skipped", "later")):
        assert shown(sitting) == NAMES[number]
        sitting.decide(what)
        assert states(root)[NAMES[number]] == what
    assert sitting.heading() == "2024-1 · Theory · 4 of 9 · 1 picked, 1 skipped, 1 later"
    assert (root / f"issues/2024-1/commentary/{NAMES[0]}.yaml").exists()
    assert sitting.desk.order(KEY).startswith("- section: Theory\n- 2402.00009 ")


def test_undo_goes_back_to_the_paper_and_takes_its_files_away(sitting: Sitting, root: Path) -> None:
    sitting.decide("picked")
    sitting.decide("skipped")
    sitting.undo()
    assert (shown(sitting), states(root)) == (NAMES[1], {NAMES[0]: "picked"})
    sitting.undo()
    assert (shown(sitting), states(root)) == (NAMES[0], {})
    assert not list((root / "issues/2024-1/commentary").iterdir())
    sitting.undo()
    assert sitting.said == "nothing was decided here yet"


def test_what_somebody_else_decides_meanwhile_is_passed_by_and_not_undone(sitting: Sitting, root: Path) -> None:
    with closing(Inbox(root)) as other:
        other.decide([Decision(NAMES[1], "skipped", 1, DAY)])
    sitting.decide("later")
    assert shown(sitting) == NAMES[2]
    with closing(Inbox(root)) as other:
        other.decide([Decision(NAMES[5], "skipped", 1, DAY)])
    sitting.undo()
    assert sitting.said == "somebody else has decided since; take that back first, with: roundup undo"
    assert states(root) == {NAMES[0]: "later", NAMES[1]: "skipped", NAMES[5]: "skipped"}


def test_going_on_and_back_decides_nothing_and_stays_among_the_papers(sitting: Sitting, root: Path) -> None:
    sitting.move(-1)
    assert shown(sitting) == NAMES[0]
    for _ in range(20):
        sitting.move(1)
    assert sitting.current is None
    sitting.decide("picked")
    sitting.move(-1)
    assert shown(sitting) == NAMES[-1]
    assert states(root) == {}


def test_the_next_sitting_begins_where_the_last_one_stopped(root: Path) -> None:
    with closing(Inbox(root)) as inbox:
        sitting = sat(root, inbox)
        sitting.move(1)
        sitting.decide("skipped")
        sitting.close()
    with closing(Inbox(root)) as inbox:
        assert shown(sat(root, inbox)) == NAMES[2]


def test_a_paper_is_in_lines_that_fit(sitting: Sitting) -> None:
    one = sitting.current
    assert one
    assert paper_lines(one, sitting.desk, 40) == ["Paper 9", "Ada Example 9", "2402.00009 · cs.LG stat.ML · 10 Feb 2024", "", "Words of 9."]
    long = Candidate(paper(1, "模型 " * 40 + "\x1b[2J end", 1200), DAY)
    assert all(columns(line) <= 60 for line in paper_lines(long, sitting.desk, 60))
    assert title_line(long, 60).startswith("2402.00001       1,200  模型")


# ---- line by line ----

KILLS = 200 if os.environ.get("ROUNDUP_SOAK") else 8


def begin(root: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "roundup", "-C", str(root), "triage", "--plain"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_line_by_line_it_says_what_it_did(root: Path) -> None:
    with begin(root) as process:
        out, err = process.communicate("x\nt Theory\np\nl\nu\nz\nb\nn\nt\n?\nq\n")
    assert (process.returncode, err) == (0, "")
    said = [line.rpartition("q quit: ")[2] for line in out.splitlines()]
    told = ("2402.00009 skipped", "section: Theory", "2402.00008 picked into 2024-1, Theory", "2402.00007 left for later", "2402.00007: later no more",
            '"z" is no key here; ? tells all of them', "no section; write its title behind the letter, as t Tool use (there are: Theory)",
            "x  skip: pass it over", "1 picked, 1 skipped, 0 later; the picks are in 2024-1")  # fmt: skip
    assert [line for line in told if line not in said] == []
    assert states(root) == {"2402.00009": "skipped", "2402.00008": "picked"}


def test_an_empty_inbox_says_so(root: Path, roundup: Callable[..., Result]) -> None:
    roundup("skip", *NAMES, root=root)
    assert roundup("triage", "--plain", root=root) == Result(0, "nothing is left to decide; fetch more with: roundup fetch\n", "")


def test_no_draft_is_told_before_anything_is_decided(root: Path, roundup: Callable[..., Result]) -> None:
    (root / "issues/2024-1/issue.yaml").write_text("date: 2024-02-01\n")
    said = 'there is no draft to fetch into; begin one with "roundup new", or name an issue with --issue\n'
    assert roundup("triage", "--plain", root=root) == Result(2, "", said)


def test_killed_at_any_moment_every_decision_that_was_shown_as_taken_is_there(digest: Digest) -> None:
    root = digest({"issues/2024-1/issue.yaml": "order: []\n"}, bare=True)
    with closing(Inbox(root)) as inbox:
        inbox.put([paper(number) for number in range(1, 4000)], DAY)
    chance = random.Random(7)
    for _ in range(KILLS):
        with begin(root) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write("".join(f"{chance.choice('pxlx')}\n" for _ in range(25)))
            process.stdin.flush()
            until = chance.randrange(1, 24)
            said = list(decided(process.stdout, until))
            time.sleep(chance.random() * 0.03)
            process.send_signal(signal.SIGKILL)
            said += decided(process.stdout, 99)
        found = states(root)
        assert all(found[name] == what for name, what in said), said
        for name, what in found.items():
            assert (root / f"issues/2024-1/commentary/{name}.yaml").exists() or what != "picked"


def decided(lines: TextIO, most: int) -> Iterator[tuple[str, str]]:
    """Yield what is said to have been decided, as far as it is said in whole lines."""
    found = 0
    for line in lines:
        if (match := re.search(r"(2402\.\d{5}) (picked|skipped|left for later)", line)) and line.endswith("\n"):
            yield match[1], match[2].removeprefix("left for ")
            found += 1
            if found == most:
                return


# ---- on a screen ----


def test_keys_decide_on_a_screen(root: Path, roundup: Callable[..., Result]) -> None:
    pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    from roundup.cli.screen import Screen

    with create_pipe_input() as keys:
        keys.send_text("x" "tTool use\r" "p" "?a" "jj" "l" "u" "q")

        def go_through() -> str:
            with closing(Inbox(root)) as inbox:
                sitting = sat(root, inbox)
                Screen(sitting, keys, DummyOutput()).run()
                return shown(sitting)

        with ThreadPoolExecutor(1) as another:  # a browser of other tests may have a loop running in this thread
            assert another.submit(go_through).result() == "2402.00005"
    assert states(root) == {"2402.00009": "skipped", "2402.00008": "picked"}
    assert roundup("inbox", "--order", "2024-1", root=root).out.startswith("- section: Tool use\n")


def test_a_screen_needs_prompt_toolkit(root: Path, roundup: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundup.cli.triage.find_spec", lambda name: None)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    said = 'a whole screen needs prompt_toolkit; pip install "roundup-digest[triage]", or go line by line with --plain\n'
    assert roundup("triage", root=root) == Result(2, "", said)


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_terminal_of_80_columns_shows_all_and_is_left_as_it_was(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")
    tmux = ["tmux", "-S", str(tmp_path / "socket")]
    command = f"PYTHONPATH={ROOT} {sys.executable} -m roundup -C {root} triage; sleep 60"
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", command], check=True)

    def screen() -> str:
        return subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout

    def press(key: str) -> None:
        subprocess.run([*tmux, "send-keys", key], check=True)

    try:
        wait_until(lambda: "q end" in screen(), 30)
        assert screen().splitlines()[:4] == [" 2024-1 · 1 of 9 · 0 picked, 0 skipped, 0 later", "", " Paper 9", " Ada Example 9"]
        press("x")
        wait_until(lambda: "2402.00009 skipped" in screen(), 20)
        assert " Paper 8" in screen()
        press("q")
        wait_until(lambda: "0 picked, 1 skipped, 0 later; the picks are in 2024-1" in screen(), 20)
        assert "q end" not in screen()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
