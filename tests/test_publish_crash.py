"""A publishing that is stopped: what is shown is the old site or the new one, no link is dead, and the same command again finishes the work.

The ordinary run kills at a few random moments and steps, ``make soak`` at a hundred moments for each kind of place, and at every step.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import MINIMAL, write
from crash import Done, Runs
from hostile import SOAK
from places import KEYS, WHO, Branch, Bucket, Folder, Place, need_rsync, s3_server
from roundup.manifest import MANIFEST
from test_crash import CODES, ERRORS, STOPPED, spread
from test_publish import NEW_ISSUE, dead_links

MOMENT = dt.datetime(2024, 3, 2, 12, tzinfo=dt.timezone.utc)
CONFIG = "title: A digest\nurl: https://example.org/digest/\npublish: {}\n"
OLD = {**MINIMAL, "issues/2023-12/issue.yaml": "date: 2023-12-06\nintro: Words.\n"}
MARK = ".roundup-publishing"
UNDER_WAY = re.compile(r"(^|/)\.~tmp~/|(^|/)\.[^/]+\.\w{6}$")  # a file that rsync is about to name, for it ends a moment after us
FOREIGN = {"CNAME": b"digest.example.org\n", "2023-12/mine.txt": b"Mine.\n"}
KINDS = {"folder": "{to: folder, path: ../place}", "github-pages": "{to: github-pages, remote: ../place}", "rsync": "{to: rsync, path: ../place}", "s3": ""}
TRIED = KINDS if SOAK else ["folder", "github-pages", "rsync"]  # a bucket takes files as rsync does, and moto takes its time
KILLS = {"folder": 6, "github-pages": 6, "rsync": 3}


@dataclass
class Scene:
    """A digest that has been published, and was edited since, beside the place that it was published to; ready to be copied."""

    kind: str
    folder: Path
    runs: Runs
    bucket: Bucket | None = None
    number: int = 0

    def __post_init__(self) -> None:
        for path, text in {**OLD, "roundup.yaml": CONFIG.format(self.bucket.config if self.bucket else KINDS[self.kind])}.items():
            write(self.folder / "0/digest" / path, text)
        self.before: dict[str, bytes] = {}
        place = self.place(self.folder / "0")
        self.runs.warm(self.folder / "0/digest", ["publish"], self.environment)
        for path, data in FOREIGN.items():
            place.put(path, data)
        self.before = place.files()
        shutil.rmtree(self.folder / "0/digest/issues/2023-12")
        for path, text in NEW_ISSUE.items():
            write(self.folder / "0/digest" / path, text)
        here = self.fresh()
        began = time.monotonic()
        done = self.run(here)
        self.takes_s = time.monotonic() - began
        assert done.code == 0, done
        self.steps = done.steps
        self.after = self.place(here).files()
        assert self.before.keys() - self.after.keys()
        assert self.after.keys() - self.before.keys()

    environment = {**WHO, **KEYS}  # noqa: RUF012 - nobody changes it

    def place(self, here: Path) -> Place:
        if self.bucket:
            return self.bucket
        return Branch(here / "place") if self.kind == "github-pages" else Folder(here / "place")

    def fresh(self) -> Path:
        """Return a copy of the digest and its place."""
        if self.number:
            shutil.rmtree(self.folder / str(self.number))
        self.number += 1
        here = self.folder / str(self.number)
        shutil.copytree(self.folder / "0", here, symlinks=True)
        if self.bucket:
            for path in self.bucket.files().keys() - self.before.keys():
                self.bucket.remove(path)
            for path, data in self.before.items():
                self.bucket.put(path, data)
        return here

    def start(self, here: Path, **fault: object) -> int:
        return self.runs.start(here / "digest", ["publish"], self.environment, **fault)

    def run(self, here: Path, **fault: object) -> Done:
        return self.runs.end(self.start(here, **fault))

    def shown(self, here: Path) -> dict[str, bytes]:
        """Return what is there; an rsync whose parent was killed ends a moment later."""
        place, found = self.place(here), dict[str, bytes]()
        for _ in range(100):
            before = found
            try:
                found = place.files()
            except FileNotFoundError:  # it was given its name just now
                continue
            if self.kind != "rsync" or found == before:
                return found
        raise AssertionError("it does not come to an end")

    def assert_sound(self, here: Path, what: object) -> None:
        """Readers see the old site or the new one; where files come one by one, each is of the one or the other, and no link is dead."""
        now = {path: data for path, data in self.shown(here).items() if path != MARK}
        if self.kind in ("folder", "github-pages"):
            assert now in (self.before, self.after), what
        else:
            odd = [path for path, data in now.items() if data not in (self.before.get(path), self.after.get(path)) and path != MANIFEST and not UNDER_WAY.search(path)]
            assert not odd, (what, odd)
            assert not FOREIGN.items() - now.items(), what
            assert dead_links(now) == set(), what

    def assert_goes_on(self, here: Path, what: object) -> None:
        again = self.run(here)
        assert (again.code, "Traceback" in again.err) == (0, False), (what, again)
        assert self.place(here).files() == self.after, what
        left = [name for name in os.listdir(here) if name not in ("digest", "place")]
        assert not left, (what, left)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    running = Runs(MOMENT)
    yield running
    running.close()


@pytest.fixture(scope="module")
def scenes(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Scene]]:
    made: dict[str, Scene] = {}
    servers = []

    def scene(kind: str) -> Scene:
        if kind == "rsync":
            need_rsync()
        if kind not in made:
            folder, bucket = tmp_path_factory.mktemp("crash"), None
            if kind == "s3":
                server = s3_server(folder)
                bucket = Bucket(server.__enter__(), "digest")
                servers.append(server)
            made[kind] = Scene(kind, folder, runs, bucket)
        return made[kind]

    yield scene
    for server in servers:
        server.__exit__(None, None, None)


@pytest.mark.parametrize("kind", TRIED)
def test_killed_at_a_random_moment_it_shows_the_old_site_or_the_new_one(kind: str, scenes: Callable[[str], Scene]) -> None:
    scene, chance = scenes(kind), random.Random(kind)
    killed, longest_s = 0, scene.takes_s
    while killed < (100 if SOAK else KILLS[kind]):
        here, moment = scene.fresh(), chance.uniform(0, longest_s)
        done = scene.runs.end(scene.start(here), after_s=moment, stop="SIGKILL")
        killed += done.code == -9
        longest_s *= 1.01 if done.code == -9 else 0.95  # a machine with other work is now slow, now quick
        scene.assert_sound(here, moment)
        scene.assert_goes_on(here, moment)


@pytest.mark.parametrize("kind", ["folder", "rsync"])
def test_killed_at_any_step_of_its_writing_it_shows_the_old_site_or_the_new_one(kind: str, scenes: Callable[[str], Scene]) -> None:
    scene = scenes(kind)
    for number in spread(len(scene.steps), 15 if kind == "folder" else 4):
        here = scene.fresh()
        done = scene.run(here, fault="kill", at=number, after=number % 2 == 0)
        assert done.code == -9
        scene.assert_sound(here, scene.steps[number - 1])
        scene.assert_goes_on(here, scene.steps[number - 1])


@pytest.mark.parametrize("stop", CODES)
@pytest.mark.parametrize("kind", TRIED)
def test_told_to_stop_it_does_so_and_says_so(kind: str, stop: str, scenes: Callable[[str], Scene]) -> None:
    scene, chance = scenes(kind), random.Random(kind)
    for _ in range(50 if SOAK else 1):
        here, moment = scene.fresh(), chance.uniform(0, scene.takes_s)
        done = scene.runs.end(scene.start(here), after_s=moment, stop=stop)
        assert done.took_s < 5
        assert done.code == 0 or (done.code in (CODES[stop], -15) and done.err.strip() in ("", STOPPED)), (moment, done)
        scene.assert_sound(here, moment)
        scene.assert_goes_on(here, moment)


def test_refused_by_the_disk_it_says_so_and_shows_the_old_site_or_the_new_one(scenes: Callable[[str], Scene]) -> None:
    scene = scenes("folder")
    for turn, number in enumerate(spread(len(scene.steps), 10)):
        for fault in ERRORS if SOAK else [[*ERRORS][turn % len(ERRORS)]]:
            here = scene.fresh()
            done = scene.run(here, fault=fault, at=number, lasting=turn % 2 == 0)
            what = (fault, scene.steps[number - 1], done.code, done.out, done.err)
            assert "Traceback" not in done.err, what
            assert done.code == 0 or (done.code in (1, 2, 4) and ERRORS[fault] in done.err), what
            scene.assert_sound(here, what)
            scene.assert_goes_on(here, what)
