"""Sending, stopped at any moment: nobody gets an issue twice, nobody is forgotten, and who may have it or not is named.

A stop comes before and after each step of writing, at each step of the protocol, and at moments drawn by lot; then it is run again. The
ordinary run has six subscribers and a sample of stops, ``make soak`` two hundred, and 900 stops.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import MINIMAL, write
from crash import Done, Runs
from mailserver import DROP, MailServer, mail_server
from test_send import MAIL, listed

SOAK = bool(os.environ.get("ROUNDUP_SOAK"))
MOMENT = dt.datetime(2024, 5, 6, tzinfo=dt.timezone.utc)
PEOPLE = [f"s{n}@example.org" for n in range(200 if SOAK else 6)]
AT_DISK = 200 if SOAK else 24  # steps, each with a stop before it and one after it
AT_SERVER = 160 if SOAK else 16
BY_LOT = 60 if SOAK else 6
FAULTS = ("ENOSPC", "EIO", "EROFS")


@dataclass
class Scene:
    """A digest to be sent, copied for each run; what is run through a server that forgets between runs."""

    runs: Runs
    server: MailServer
    folder: Path
    number: int = 0

    def fresh(self) -> Path:
        self.number += 1
        root = self.folder / str(self.number)
        shutil.copytree(self.folder / "digest", root)
        self.server.taken.clear()
        self.server.steps.clear()
        self.server.answer = lambda step, times, to: None
        return root

    def send(self, root: Path, *options: str, **fault: object) -> Done:
        return self.runs.end(self.start(root, *options, **fault))

    def start(self, root: Path, *options: str, **fault: object) -> int:
        return self.runs.start(root, ["send", "2024-1", *options], {"XDG_CACHE_HOME": str(root.parent / "cache")}, **fault)

    def taken_up(self, root: Path, what: str, *, doubtful: int = 1) -> None:
        """Run it again, until there is nothing left to do, and hold the books against what came."""
        self.server.answer = lambda step, times, to: None
        done = self.send(root, "--resume", "--json")
        assert done.code in (0, 4), (what, done)
        assert "Traceback" not in done.err, (what, done)
        told = json.loads(done.out)
        uncertain = set(told["doubtful"])
        assert told["list"] == len(PEOPLE) == sum(told[state] for state in ("sent", "failed", "suppressed", "uncertain", "pending")), (what, told)
        assert (told["sent"], told["uncertain"]) == (len(PEOPLE) - len(uncertain), len(uncertain)), (what, told)
        assert len(uncertain) <= doubtful, (what, told)
        got = self.server.got
        assert {who: number for who, number in got.items() if number > 1} == {}, f"{what}: nobody gets it twice"
        assert set(PEOPLE) - got.keys() <= uncertain, f"{what}: nobody is forgotten"
        again = self.send(root, "--resume", "--json")
        assert (json.loads(again.out), self.server.got) == (told, got), f"{what}: and nothing is left to do"
        for one in sorted(uncertain):
            assert self.send(root, "--resend", one).code == (0 if one == max(uncertain) else 4), what
        assert set(self.server.got) == set(PEOPLE), what
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    runs = Runs(MOMENT)
    with mail_server() as server:
        made = Scene(runs, server, tmp_path_factory.mktemp("send"))
        for path, text in {**MINIMAL, "roundup.yaml": MAIL.format(port=server.port, more=""), "list.csv": listed(PEOPLE)}.items():
            write(made.folder / "digest" / path, text)
        warm = made.fresh()
        runs.warm(warm, ["send", "2024-1"], {})
        assert server.got == dict.fromkeys(PEOPLE, 1)
        assert made.send(made.folder / "digest", "--dry-run").code == 0  # so that what is kept of it is there
        yield made
        runs.close()


def sample(steps: int, most: int) -> list[int]:
    """Numbers of steps, from 1 on, evenly spread: the first and the last ones all."""
    if steps <= most:
        return list(range(1, steps + 1))
    ends = most // 4
    middle = random.Random(7).sample(range(ends + 1, steps - ends + 1), most - 2 * ends)
    return [*range(1, ends + 1), *sorted(middle), *range(steps - ends + 1, steps + 1)]


def test_a_kill_at_each_step_of_writing(scene: Scene) -> None:
    root = scene.fresh()
    undisturbed = scene.send(root)
    assert undisturbed.code == 0
    assert scene.server.got == dict.fromkeys(PEOPLE, 1)
    seen = Counter[int]()
    for at in sample(len(undisturbed.steps), AT_DISK):
        for after in (False, True):
            root = scene.fresh()
            done = scene.send(root, fault="kill", at=at, after=after)
            seen[done.code] += 1
            scene.taken_up(root, f"killed {'after' if after else 'before'} step {at}, {undisturbed.steps[at - 1]}")
    assert seen[-signal.SIGKILL] >= 0.9 * seen.total()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_refuses_stops_the_sending(scene: Scene, fault: str) -> None:
    """No record, no send: what the disk does not take is not sent, or was sent and is in doubt."""
    root = scene.fresh()
    steps = scene.send(root).steps
    for at in sample(len(steps), AT_DISK // 3):
        root = scene.fresh()
        done = scene.send(root, fault=fault, at=at, lasting=True)
        what = f"{fault} from step {at}, {steps[at - 1]}, on"
        assert "Traceback" not in done.err, (what, done)
        assert done.code or scene.server.got == dict.fromkeys(PEOPLE, 1), (what, done)
        scene.taken_up(root, what)


@pytest.mark.parametrize("what", ["before", "after"])
def test_a_kill_at_each_step_of_the_protocol(scene: Scene, what: str) -> None:
    """Before the server does what it was told, and after that, before it says so."""
    root = scene.fresh()
    scene.send(root)
    steps = list(scene.server.steps)
    for number in sample(len(steps), AT_SERVER):
        root = scene.fresh()
        seen = [0]
        pids: list[int] = []

        def answer(step: str, times: int, to: str, number: int = number, seen: list[int] = seen, pids: list[int] = pids) -> bytes | None:
            seen[0] += 1
            if seen[0] != number:
                return None
            while not pids:
                pass
            os.kill(pids[0], signal.SIGKILL)
            return DROP if step == "message" and what == "after" else b"421 gone" if what == "before" else None

        scene.server.answer = answer
        pids.append(scene.start(root))
        scene.runs.end(pids[0])
        scene.taken_up(root, f"killed at step {number} of the protocol, {steps[number - 1]}")


@pytest.mark.parametrize("fault", ["drop", "450 later", "550 5.7.1 not you"])
def test_a_server_that_fails_at_each_step(scene: Scene, fault: str) -> None:
    root = scene.fresh()
    scene.send(root)
    steps = list(scene.server.steps)
    for number in sample(len(steps), AT_SERVER // 2):
        root = scene.fresh()
        seen = [0]

        def answer(step: str, times: int, to: str, number: int = number, seen: list[int] = seen) -> bytes | None:
            seen[0] += 1
            return (DROP if fault == "drop" else fault.encode()) if seen[0] == number else None

        scene.server.answer = answer
        done = scene.send(root)
        assert "Traceback" not in done.err
        if fault.startswith("550") and steps[number - 1] == "message":
            assert done.code == 0  # it is failed, by the server's word, and told as such
            shutil.rmtree(root)
            continue
        scene.taken_up(root, f"{fault} at step {number} of the protocol, {steps[number - 1]}")


@pytest.mark.parametrize("stop", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_a_stop_at_any_moment(scene: Scene, stop: str) -> None:
    root = scene.fresh()
    began = time.monotonic()
    scene.send(root)
    lot, stopped, longest_s = random.Random(11), 0, time.monotonic() - began
    while stopped < BY_LOT:
        root, after_s = scene.fresh(), lot.uniform(0, longest_s)
        done = scene.runs.end(scene.start(root), after_s=after_s, stop=stop)
        stopped += done.code != 0  # one may come too late
        longest_s *= 1.01 if done.code else 0.95  # a machine with other work is now slow, now quick
        assert done.code == 0 or done.took_s < 2
        assert "Traceback" not in done.err, done
        scene.taken_up(root, f"{stop} after {after_s:.3f} s", doubtful=1 if stop == "SIGKILL" else 0)
