"""A week as an editor spends it: fetch each day, decide on 600 papers in a terminal, write, check, build; and how long each of it takes.

The papers are a month of real ones, from the shared corpus, served on this machine by what speaks arXiv's protocols. Every command is a
process of its own, on the clock of the week. The terminal is tmux, and a key counts as done when the screen shows the next paper::

    make week
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import ROOT
from replay import ReplayPaper, ReplayServer, corpus
from replay.papers import CORPUS

MONTH, WEEK = (2025, 6), tuple(dt.date(2025, 6, day) for day in range(2, 7))
KEY = "2025-W23"
CONFIG = """\
title: A week
cadence: weekly
contact: ann@example.org
sources:
- arxiv: [cs.CL, cs.LG]
interests:
  words: [tool use, mixture of experts, hallucination]
"""
PAPERS = 600
PAUSE_S = 0.03  # between two keys: nobody is faster
ROWS, COLUMNS = 24, 80
CLOCK = """
import datetime as dt, sys
import roundup.cli
now = dt.datetime.fromisoformat(sys.argv[1])
for module in [one for name, one in sys.modules.items() if name.startswith("roundup.cli.")]:
    for name, value in (("now", now), ("today", now.date())):
        if hasattr(module, name):
            setattr(module, name, lambda value=value: value)
roundup.cli.main(sys.argv[2:])
"""


def why_not() -> str:
    """Return what is missing for this, if anything is."""
    if not CORPUS.exists():
        return f"there is no {CORPUS}"
    missing = [name for name in ("prompt_toolkit", "zstandard") if find_spec(name) is None] + ["tmux"] * (shutil.which("tmux") is None)
    return f"{', '.join(missing)} cannot be found" if missing else ""


class Week:
    """A digest, the server that it fetches from, and the day that it is."""

    def __init__(self, folder: Path, server: ReplayServer) -> None:
        self.root, self.server = folder / "digest", server
        self.day = WEEK[0]
        self.environment = {**os.environ, **server.environment, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache"), "LC_ALL": "C.UTF-8"}
        self.rows: list[tuple[str, str]] = []

    def command(self, *arguments: str) -> list[str]:
        noon = dt.datetime.combine(self.day, dt.time(12), dt.timezone.utc).isoformat()
        return [sys.executable, "-c", CLOCK, noon, "-C", str(self.root), *arguments]

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> tuple[str, float]:
        """Return what a command says, and the seconds that it takes."""
        began = time.perf_counter()
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - began
        print(f"$ roundup {' '.join(arguments)}\n{done.stdout[-600:]}{done.stderr[-600:]}", end="", flush=True)
        if done.returncode not in codes:
            raise SystemExit(f"[exit {done.returncode}]")
        return done.stdout, taken

    def row(self, what: str, figure: str) -> None:
        self.rows.append((what, figure))


class Terminal:
    """A terminal of 80 columns and 24 rows in which a command runs: tmux, asked over one connection, for a process a look would be what is measured."""

    def __init__(self, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux")]
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        subprocess.run([*self.tmux, "new-session", "-d", *size, *command], env=environment, check=True)
        subprocess.run([*self.tmux, "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "status", "off", ";", "set-option", "-g", "window-size", "manual"], check=True)
        self.line = subprocess.Popen([*self.tmux, "-C", "attach"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self) -> list[str]:
        """Return the lines of the next answer; what else the terminal reports is passed over."""
        lines: list[str] | None = None
        for line in self.line.stdout or ():
            if line.startswith("%begin"):
                lines = []
            elif line.startswith(("%end", "%error")) and lines is not None:
                return lines
            elif lines is not None:
                lines.append(line.rstrip("\n"))
        raise SystemExit("tmux has ended")

    def ask(self, command: str) -> list[str]:
        if self.line.stdin:
            self.line.stdin.write(f"{command}\n")
            self.line.stdin.flush()
        return self.answer()

    def press(self, key: str) -> None:
        self.ask(f"send-keys {key}")

    def screen(self) -> list[str]:
        return self.ask("capture-pane -p")

    def busy_s(self) -> float:
        """Return the processor time that the command has taken so far."""
        process = self.ask("display-message -p '#{pane_pid}'")[0]
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def until(self, seen: Callable[[list[str]], bool], seconds: float = 60) -> list[str]:
        """Return the screen as soon as it shows what is waited for."""
        ends = time.perf_counter() + seconds
        while not seen(screen := self.screen()):
            if time.perf_counter() > ends:
                raise SystemExit("\n".join(["this was waited for in vain:", *screen]))
            time.sleep(0.001)  # whoever looks must not take the time of who draws
        return screen

    def close(self) -> None:
        subprocess.run([*self.tmux, "kill-server"], check=False, capture_output=True)
        self.line.wait()


def chosen(number: int) -> str:
    """Return the key that the editor presses on a paper: one in 25 is picked, one in 40 left for later."""
    return "p" if number % 25 == 3 else "l" if number % 40 == 7 else "x"


SAID = {"p": "picked into", "x": "skipped", "l": "left for later"}


def decide(terminal: Terminal, papers: int) -> Iterator[tuple[str, float]]:
    """Press a key for each paper; yield it with the seconds until the screen tells of the decision and shows the next paper."""
    for number in range(1, papers + 1):
        key, heading = chosen(number), f" {number + 1:,} of "

        def shows_next(screen: list[str], key: str = key, heading: str = heading) -> bool:
            return heading in screen[0] and any(SAID[key] in line for line in screen[-2:])  # the foot is drawn last

        began = time.perf_counter()
        terminal.press(key)
        terminal.until(shows_next)
        yield key, time.perf_counter() - began
        time.sleep(PAUSE_S)


def sit(week: Week, folder: Path, papers: int) -> None:
    """Go through the inbox."""
    began = time.perf_counter()
    terminal = Terminal(folder, week.command("triage", "--issue", KEY), week.environment)
    try:
        first = terminal.until(lambda screen: " 1 of " in screen[0])
        week.row("`roundup triage`, until the first paper is shown", f"{time.perf_counter() - began:.2f} s")
        print("\n".join(first))
        busy = terminal.busy_s()
        times = list(decide(terminal, papers))
        busy = terminal.busy_s() - busy
        for keys, what in (("xlp", "a key, all"), ("x", "skip"), ("l", "later"), ("p", "pick: a record and a stub are written")):
            own = sorted(taken * 1000 for key, taken in times if key in keys)
            centiles = statistics.quantiles(own, n=100, method="inclusive")
            week.row(f"{what} ({len(own)} times): median, p99, longest", f"{statistics.median(own):.0f}, {centiles[98]:.0f}, {own[-1]:.0f} ms")
        week.row("processor time of a key", f"{busy / papers * 1000:.1f} ms")
        week.row(f"all {papers} keys together", f"{sum(taken for _, taken in times):.1f} s")
        print("\n".join(terminal.screen()))
        terminal.press("q")
        terminal.until(lambda screen: any("the picks are in" in line for line in screen))
    finally:
        terminal.close()


def write(week: Week) -> None:
    """Say a few words of each pick, as an editor would, and date the issue."""
    folder = week.root / f"issues/{KEY}"
    for path in sorted(folder.glob("commentary/*.yaml")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("commentary: |\n", "commentary: |\n  Worth an afternoon: it says where it fails, too.\n").replace("status: todo", "status: ready"), encoding="utf-8")
    order, _ = week.run("inbox", "--order", KEY)
    seen, _ = week.run("coverage", KEY, "--since", str(WEEK[0]))
    (folder / "issue.yaml").write_text(f"date: {WEEK[-1]}\n{seen}teaser: what the week brought\norder:\n{order}", encoding="utf-8")


def spend(week: Week, folder: Path, papers: int) -> None:
    """Spend the week."""
    week.run("init", str(week.root), "--title", "A week", "--cadence", "weekly")
    shutil.rmtree(week.root / "issues")
    (week.root / "roundup.yaml").write_text(CONFIG, encoding="utf-8")
    week.run("new", KEY)
    taken, asked = [], len(week.server.requests)
    for week.day in WEEK:
        week.server.day = week.day
        taken.append(week.run("fetch", "--delay", "0")[1])
    requests = (len(week.server.requests) - asked) / len(WEEK)
    week.row("`roundup fetch` of a day: median, longest; arXiv's pace aside", f"{statistics.median(taken):.1f}, {max(taken):.1f} s")
    week.row("requests of a day, 3 s apart", f"{requests:g}")
    week.row("`roundup coverage`", f"{week.run('coverage')[1]:.2f} s")
    week.row("`roundup inbox`", f"{week.run('inbox', '--max', '10')[1]:.2f} s")
    sit(week, folder, papers)
    write(week)
    week.row("`roundup check`", f"{week.run('check')[1]:.2f} s")
    week.row("`roundup build`, the first", f"{week.run('build')[1]:.2f} s")
    week.row("`roundup build`, with nothing to do", f"{week.run('build')[1]:.2f} s")


def of_month(papers: tuple[ReplayPaper, ...]) -> list[ReplayPaper]:
    return [one for one in papers if one.announced and (one.announced.year, one.announced.month) == MONTH]


def main() -> None:
    if reason := why_not():
        raise SystemExit(f"skipped: {reason}")
    papers = of_month(corpus())
    with TemporaryDirectory() as name, ReplayServer(papers) as server:
        week = Week(Path(name), server)
        spend(week, Path(name), PAPERS)
        listed = sum(1 for one in papers if one.announced in WEEK and {"cs.CL", "cs.LG"} & set(one.categories))
        print(f"\n{len(papers):,} papers of {MONTH[0]}-{MONTH[1]:02} on the server, {listed:,} of them announced in the week and in its categories;", end=" ")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, CPython {platform.python_version()}\n")
        print("| what | time |\n| --- | --- |")
        print("".join(f"| {what} | {figure} |\n" for what, figure in week.rows), end="")


if __name__ == "__main__":
    main()
