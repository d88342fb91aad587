"""Nothing is lost: each command that writes, killed or refused by the disk at any step of its writing, and run again.

After a stop every file is the old one or the new one, whole, and what people wrote is as they left it; the same command again ends
with 0, in the tree of a run that nothing disturbed, to the byte, and no leftover. The ordinary run takes some 200 kills and a sample of
errors, ``make soak`` every step and every error, and kills at random moments.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import with_one_manifest, write
from crash import Done, Runs, Step
from hostile import SOAK
from replay import FRIDAY, ReplayServer, invented, revised

MOMENT = dt.datetime.combine(FRIDAY, dt.time(20), dt.timezone.utc)
LEFTOVER = re.compile(r"(^|/)\.roundup-[^/]*(\.tmp|-journal)$|(^|/)\.roundup-staging-")
PROGRAMS_OWN = re.compile(r"site/(?!.*mine)|permalinks\.yaml$|issues/[^/]*/papers/")  # all else holds words of people
MANIFEST, SINCE = "site/.roundup-manifest.json", "site/.roundup-manifest-since.json"  # names old and new while a build is under way
ERRORS = {
    "ENOSPC": "no space left on device", "EIO": "input/output error", "EACCES": "permission denied",
    "EROFS": "read-only file system", "EMFILE": "too many open files",
}  # fmt: skip
OF_SQLITE = ("database or disk is full", "disk i/o error", "unable to open database file", "attempt to write a readonly database")
TOLD = re.compile(rf"^\S+(: | cannot be [a-z ]+: )({'|'.join([*ERRORS.values(), *OF_SQLITE])}); ", re.M)  # which file, and why
STOPPED = "stopped; nothing is half-written, run it again to go on"
CODES = {"SIGTERM": 143, "SIGINT": 130}


# ---- what is run ----

RECORD = 'id: "2401.{0:05}"\ntitle: A title\nauthors:\n- {1}\ncategories:\n- cs.LG\nsubmitted: 2024-01-02\n'
PICK = "# mine\npaper: 2401.{0:05}\ncommentary: |\n  Words of an editor.  \ntags: [{1}]\n"
BUILT = {
    "roundup.yaml": "title: A digest\n",
    "assets/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>\n',
    "issues/2023-12/issue.yaml": "date: 2023-12-06\nintro: Words.\n",
    "issues/2024-1/issue.yaml": "date: 2024-02-01\n",
    "issues/2024-1/papers/2401.00001.yaml": RECORD.format(1, "N. Houlsby"),
    "issues/2024-1/commentary/2401.00001.yaml": PICK.format(1, "MoE"),
}
REBUILT: dict[str, str | None] = {
    "assets/logo.svg": None,
    "assets/logo.svg/now-a-folder.txt": "Words.\n",
    "issues/2023-12": None,
    "issues/2024-1/papers/2401.00001.yaml": RECORD.format(1, "Neil Houlsby"),  # their page moves, and permalinks.yaml says so
    "issues/2024-1/commentary/2401.00001.yaml": PICK.format(1, "mixture of experts"),
    "issues/2024-2/issue.yaml": "date: 2024-03-01\nintro: New words.\n",
    "site/mine.txt": "Somebody's, in our folder.\n",
    "site/2023-12/mine.tmp": "In a folder that goes.\n",
    "site/authors/.roundup-mine": "Called almost as a leftover.\n",
}
REWORDED: dict[str, str | None] = {"issues/2024-1/commentary/2401.00001.yaml": PICK.format(1, "MoE").replace("commentary: |\n", "commentary: |\n  Further words.\n")}
FETCHED = {
    "roundup.yaml": "title: A digest\ncontact: ann@example.org\n",
    "issues/2024-1/issue.yaml": "teaser: a draft\norder:\n- 2401.03002\n",
    "issues/2024-1/commentary/2401.03002.yaml": "# mine\r\npaper: 2401.03002\r\ncommentary: |\r\n  Words of an editor.  \r\n",
}
TAKEN = ("2401.03001", "2401.03003", "hep-th/9901001")
PLAIN = ("2401.03006", "2401.03007", "2401.03008", "2401.03009")


@dataclass(frozen=True)
class Command:
    """A command that writes: the files it meets, what is run before it, and how many of its steps the ordinary run stops at."""

    arguments: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    changed: dict[str, str | None] = field(default_factory=dict)  # after what was run earlier
    kills: int = 15


COMMANDS = {
    "build": Command(("build",), BUILT, kills=33),
    "build over an older site": Command(("build",), BUILT, ("build",), REBUILT, kills=33),
    "build after an edit of words": Command(("build",), BUILT, ("build",), REWORDED, kills=15),
    "fetch": Command(("fetch", "2401.03001v2", "2401.03002", *TAKEN[1:], *PLAIN, "{server}/feed.xml", "--delay", "0"), FETCHED, ("fetch", "2401.03001v1", "--delay", "0"), kills=35),
    "fetch into the inbox": Command(("fetch", "2401.03001", "2401.03003", "--inbox", "--delay", "0"), FETCHED, kills=15),
    "refresh": Command(("refresh", "--delay", "0"), FETCHED, ("fetch", "2401.03002", *TAKEN, "--delay", "0"), kills=25),
    "figures": Command(("figures", "2401.03004", "--fetch", "2", "--fetch", "1", "--delay", "0"), FETCHED, kills=20),
    "new": Command(("new", "2024-2"), FETCHED),
    "new list": Command(("new", "2024-1-12", "--list"), {**FETCHED, "issues/2024-1-12/papers/.keep": ""}),
    "init": Command(("init",), {"README.md": "A repository that was there before.\n"}, kills=25),
}


@dataclass
class Scene:
    """A command with its digest as it stands before, ready to be copied; and what an undisturbed run makes of it, in so many steps."""

    name: str
    command: Command
    runs: Runs
    server: ReplayServer
    folder: Path
    number: int = 0
    takes_s: float = 0

    def __post_init__(self) -> None:
        root = self.folder / "0/digest"
        for path, text in self.command.files.items():
            write(root / path, text)
        if self.command.earlier:
            assert self.run(root, self.command.earlier).code == 0
        for path, words in sorted(self.command.changed.items(), key=lambda item: item[1] is not None):
            if words is None:
                shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()
            else:
                write(root / path, words)
        if self.name == "refresh":
            by_id = {paper.id: paper for paper in self.server.papers}
            self.server.update(*(revised(by_id[one], MOMENT, title="A new title") for one in TAKEN[1:]))
        self.before = files_of(root)
        copy = self.fresh()
        self.runs.warm(copy, self.arguments, self.environment(copy))
        self.undisturbed = self.run(copy := self.fresh())
        assert self.undisturbed.code == 0, self.undisturbed
        self.after = files_of(copy)
        self.inbox = inbox_of(copy)
        began = time.monotonic()
        self.run(self.fresh())
        self.takes_s = time.monotonic() - began
        assert not leftovers(copy)
        assert {path: self.after.get(path) for path in self.before if not PROGRAMS_OWN.match(path)} == {
            path: data for path, data in self.before.items() if not PROGRAMS_OWN.match(path)
        }, "no word of an editor is the command's to change"

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(one.format(server=self.server.url) for one in self.command.arguments)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.undisturbed.steps

    def environment(self, root: Path) -> dict[str, str]:
        return {**self.server.environment, "XDG_CACHE_HOME": str(root.parent / "cache")}

    def fresh(self) -> Path:
        """Return the digest as it stands before, in a folder of its own; the one of the last time is gone."""
        if self.number:
            shutil.rmtree(self.folder / str(self.number))
        self.number += 1
        shutil.copytree(self.folder / "0", self.folder / str(self.number), symlinks=True)
        return self.folder / f"{self.number}/digest"

    def start(self, root: Path, arguments: tuple[str, ...] = (), **fault: object) -> int:
        return self.runs.start(root, arguments or self.arguments, self.environment(root), **fault)

    def run(self, root: Path, arguments: tuple[str, ...] = (), **fault: object) -> Done:
        return self.runs.end(self.start(root, arguments, **fault))

    def assert_whole(self, root: Path, what: object) -> None:
        """Every file is the old or the new one, or plainly a leftover; none that stays is missing."""
        now = files_of(root)
        odd = [path for path, data in now.items() if data not in (self.before.get(path), self.after.get(path)) and not LEFTOVER.search(path) and path not in (MANIFEST, SINCE)]
        odd += [path for path in self.before if path in self.after and path not in now and not path.endswith("/")]
        assert not odd, (what, odd)

    def assert_goes_on(self, root: Path, what: object) -> None:
        """The same command again ends well, in the tree of an undisturbed run."""
        again = self.run(root)
        assert (again.code, "Traceback" in again.err) == (0, False), (what, again.out, again.err)
        assert inbox_of(root) == self.inbox, what
        now = files_of(root)
        assert {path for path in now.keys() | self.after.keys() if now.get(path) != self.after.get(path)} == set(), what
        assert not leftovers(root), what


def files_of(root: Path) -> dict[str, bytes]:
    """Return all that lies in a digest and its site, folders too; of what the program remembers, what is in the inbox."""
    found = {}
    for top, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".roundup"]
        here = os.path.relpath(top, root)
        found[f"{here}/"] = b""
        for name in names:
            found[os.path.normpath(f"{here}/{name}")] = Path(top, name).read_bytes()
    return with_one_manifest(found)


def inbox_of(root: Path) -> list[str]:
    path = root / ".roundup/state/inbox.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as file:
        return list(file.iterdump())


def leftovers(root: Path) -> list[str]:
    """Return what a stop has left in a digest, in what the program remembers, or beside it."""
    paths = (os.path.relpath(os.path.join(top, name), root.parent) for top, folders, names in os.walk(root.parent) for name in (*folders, *names))
    return [path for path in paths if LEFTOVER.search(path)]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    running = Runs(MOMENT)
    yield running
    running.close()


@pytest.fixture(scope="module")
def scenes(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Scene]]:
    made: dict[str, Scene] = {}
    with ExitStack() as until:

        def scene(name: str) -> Scene:
            if name not in made:
                server = until.enter_context(ReplayServer(invented(12)))
                made[name] = Scene(name, COMMANDS[name], runs, server, tmp_path_factory.mktemp("crash"))
            return made[name]

        yield scene


def spread(steps: int, wanted: int) -> list[int]:
    """Return so many of the steps, evenly; all of them in the long run."""
    return list(range(1, steps + 1)) if SOAK or steps <= wanted else sorted({round(1 + i * (steps - 1) / (wanted - 1)) for i in range(wanted)})


# ---- killed ----


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_step_of_its_writing_nothing_is_lost(name: str, scenes: Callable[[str], Scene]) -> None:
    scene = scenes(name)
    for number in spread(len(scene.steps), scene.command.kills):
        for after in (False, True) if SOAK else (number % 2 == 0,):
            root = scene.fresh()
            done = scene.run(root, fault="kill", at=number, after=after)
            what = (number, after, scene.steps[number - 1])
            assert done.code == -9, what
            scene.assert_whole(root, what)
            scene.server.log.clear()
            scene.assert_goes_on(root, what)
            if any("/papers/" in step.path for step in done.steps):  # then the answer was kept
                assert not [asked for asked in scene.server.requests if asked.path == "/api/query"] or name == "refresh", what


@pytest.mark.skipif(not SOAK, reason="only the long run waits for so many")
@pytest.mark.parametrize("name", ["build", "build over an older site", "fetch", "fetch into the inbox", "refresh"])
def test_killed_at_a_random_moment_nothing_is_lost(name: str, scenes: Callable[[str], Scene]) -> None:
    scene, chance = scenes(name), random.Random(name)
    killed, longest_s = 0, scene.takes_s
    while killed < 500:
        root, moment = scene.fresh(), chance.uniform(0, longest_s)
        done = scene.runs.end(scene.start(root), after_s=moment, stop="SIGKILL")
        killed += done.code == -9
        longest_s *= 1.01 if done.code == -9 else 0.95  # a machine with other work is now slow, now quick
        scene.assert_whole(root, moment)
        scene.assert_goes_on(root, moment)


@pytest.mark.parametrize("stop", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("name", ["build over an older site", "fetch", "figures", "refresh"])
def test_told_to_stop_it_does_so_at_once_and_says_so(name: str, stop: str, scenes: Callable[[str], Scene]) -> None:
    """At a step of its writing, where the stop hurts most, and in the long run at any moment."""
    scene, chance = scenes(name), random.Random(name)
    for number in spread(len(scene.steps), 4):
        root = scene.fresh()
        done = scene.run(root, fault=stop, at=number)
        assert (done.code, done.err.strip()) == (CODES[stop], STOPPED), (number, done)
        scene.assert_whole(root, number)
        scene.assert_goes_on(root, number)
    for _ in range(50 if SOAK else 2):
        root, moment = scene.fresh(), chance.uniform(0, scene.takes_s)
        done = scene.runs.end(scene.start(root), after_s=moment, stop=stop)
        assert done.took_s < 2
        assert done.code == 0 or (done.code in (CODES[stop], -15) and done.err.strip() in ("", STOPPED)), (moment, done)
        scene.assert_whole(root, moment)
        scene.assert_goes_on(root, moment)


# ---- refused by the disk ----


@pytest.mark.parametrize("name", COMMANDS)
def test_refused_by_the_disk_at_any_step_it_says_so_and_nothing_is_lost(name: str, scenes: Callable[[str], Scene]) -> None:
    scene = scenes(name)
    for turn, number in enumerate(spread(len(scene.steps), 6)):
        for fault in ERRORS if SOAK else [[*ERRORS][turn % len(ERRORS)]]:
            for lasting in (False, True) if SOAK else (turn % 2 == 0,):
                root = scene.fresh()
                done = scene.run(root, fault=fault, at=number, lasting=lasting)
                what = (fault, number, lasting, scene.steps[number - 1], done.code, done.out, done.err)
                assert "Traceback" not in done.err, what
                assert done.code == 0 or (done.code in (1, 2) and TOLD.search(done.err)), what
                scene.assert_whole(root, what)
                if done.code == 0:  # what it could not write was of no weight
                    assert {path for path, data in scene.after.items() if files_of(root).get(path) != data} == set(), what
                scene.assert_goes_on(root, what)


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on a folder, where that is allowed."""
    folder.mkdir(parents=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip() if done else 'there is no mount'}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["build", "fetch"])
def test_on_a_disk_that_is_full_it_says_so_and_goes_on_when_there_is_room(name: str, scenes: Callable[[str], Scene], tmp_path: Path) -> None:
    scene = scenes(name)
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        for room in (0, 8, 16, 24):
            work = tmp_path / f"disk/{room}"
            shutil.copytree(scene.folder / "0", work, symlinks=True)
            ballast, left = tmp_path / "disk/ballast", shutil.disk_usage(work).free - 1024 * room
            ballast.write_bytes(b"x" * left)
            done = scene.run(work / "digest")
            assert (done.code in (1, 2), bool(TOLD.search(done.err)), "Traceback" in done.err) == (True, True, False), done
            assert "no space left on device" in done.err
            scene.assert_whole(work / "digest", room)
            ballast.unlink()
            scene.assert_goes_on(work / "digest", room)
            shutil.rmtree(work)


def test_a_digest_that_cannot_be_written_is_built_elsewhere_and_says_why_not_here(scenes: Callable[[str], Scene], tmp_path: Path) -> None:
    scene = scenes("build")
    shutil.copytree(scene.folder / "0/digest", tmp_path / "digest")
    root, whole = tmp_path / "disk", {path.removeprefix("site/"): data for path, data in scene.after.items() if path.startswith("site/")}
    with mounted(root, "--bind", "-o", "ro", str(tmp_path / "digest")):
        done = scene.run(root, ("build", "--output", str(tmp_path / "elsewhere")))
        assert (done.code, done.err) == (0, ""), done
        assert {path: data for path, data in files_of(tmp_path / "elsewhere").items() if path != "./"} == {path: data for path, data in whole.items() if path}
        done = scene.run(root, ("build",))
        assert (done.code, done.err) == (2, f"{root}/site cannot be read or written: read-only file system; mend that and build again\n")
        for command in (("new", "2024-5"), ("fetch", "2401.03001", "--issue", "2024-1")):
            done = scene.run(root, command)
            assert (done.code, done.err) == (2, f"{root}/.roundup cannot be written: read-only file system; nothing was changed\n")
    assert files_of(tmp_path / "digest") == scene.before


# ---- the order on the disk, which no kill can show ----

OF_CODE = re.compile("compiled|[0-9a-f]{32}")  # folders of compiled templates, in the user's cache; they are made by name alone, below an open one


@pytest.mark.parametrize("name", COMMANDS)
def test_a_data_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(name: str, scenes: Callable[[str], Scene]) -> None:
    scene = scenes(name)
    steps = [Step(step.name, *(os.path.normpath(re.sub(r"^.*?/crash\d+/\d+/digest(/|$)", "", path)) for path in step[1:])) for step in scene.steps]
    placed = 0
    for place, step in enumerate(steps):
        if step.name in ("rename", "replace", "link") and not step.to.startswith(("site/", "/", ".roundup/")):
            last = max(i for i, one in enumerate(steps[:place]) if one.path == step.path)
            assert steps[last].name == "fsync", f"{step.to}: {steps[last]} was the last that was done with it"
            assert Step("fsync", os.path.dirname(step.to) or ".", ".") in steps[place:], step
            placed += 1
        if step.name == "mkdir" and not step.path.startswith(("site", "/", ".roundup/cache")) and not OF_CODE.fullmatch(step.path):
            assert Step("fsync", os.path.dirname(step.path) or ".", ".") in steps[place:], step
    assert placed or name in ("build", "build after an edit of words", "fetch into the inbox")


# ---- two at once ----


@pytest.mark.parametrize(("one", "other"), [("fetch", "fetch"), ("fetch", "build"), ("build", "build"), ("refresh", "fetch")])
def test_two_at_once_end_as_one_after_the_other(one: str, other: str, scenes: Callable[[str], Scene]) -> None:
    scene = scenes("refresh")
    commands = {"fetch": ("fetch", "2401.03004", "2401.03006", "--delay", "0"), "build": ("build", "--drafts"), "refresh": scene.arguments}
    orders = []
    for order in ((one, other), (other, one)):
        root = scene.fresh()
        assert [scene.run(root, commands[name]).code for name in order] == [0, 0]
        orders.append(files_of(root))
    for _ in range(20 if SOAK else 2):
        root = scene.fresh()
        pids = [scene.start(root, commands[name]) for name in (one, other)]
        done = [scene.runs.end(pid) for pid in pids]
        for run in done:
            assert run.code == 0 or (run.code == 2 and "at this moment" in run.err and run.took_s < 2), run
        assert files_of(root) in orders
        assert not leftovers(root)
