"""However many draw, and wherever, the bytes are the same; and nobody draws on when the command that asked has ended."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Result, tree, wait_until, write
from roundup import jobs
from roundup.errors import Location, Problem, SourceError
from roundup.manifest import MANIFEST
from roundup.workers import Workers

Digest = Callable[..., Path]
Run = Callable[..., Result]

RECORD = 'id: "2401.{0:05}"\ntitle: Paper {0}\nauthors:\n- Author {1}\n- Ada Example\nabstract: Words of {0}.\ncategories:\n- cs.LG\n'
PICK = "paper: 2401.{0:05}\ncommentary: |\n  Some words on *paper* {0}.\nstatus: ready\n"


@pytest.fixture
def large(digest: Digest) -> Path:
    """A digest that is worth a second process."""
    files = {"roundup.yaml": "title: Large\nurl: https://example.org/\n"}
    for number in range(1, 61):
        folder = f"issues/2024-{number % 12 + 1}"
        files |= {
            f"{folder}/issue.yaml": f"date: 2024-0{number % 9 + 1}-01\n",
            f"{folder}/papers/2401.{number:05}.yaml": RECORD.format(number, number % 40),
            f"{folder}/commentary/2401.{number:05}.yaml": PICK.format(number),
        }
    return digest(files, bare=True)


def pages(site: Path) -> dict[str, bytes]:
    return {path: data for path, data in tree(site).items() if path != MANIFEST}


@pytest.mark.parametrize("many", [True, False])
def test_the_bytes_are_the_same_with_one_two_or_eight_workers(many: bool, large: Path, roundup: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a digest as it is, and as if it were a very large one."""
    for name in ("MANY", "MANY_ISSUES") if many else ():
        monkeypatch.setattr(jobs, name, 0)
    sites = []
    for count in (1, 2, 8):
        site = tmp_path / f"site-{count}"
        assert roundup("build", "-q", "--workers", str(count), "--output", str(site), root=large).code == 0
        sites.append(pages(site))
    assert len(sites[0]) > 150
    assert sites[0] == sites[1] == sites[2]


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
LINES = [f"line {number}" for number in range(1000)]


@LINUX
def test_what_another_process_begins_with_is_found_as_one_would_find_it() -> None:
    here = os.getpid()
    with Workers(2).ahead(lambda part: [f"{line} {os.getpid() == here}" for line in part], LINES) as found:
        lines = found()
    assert [line.rpartition(" ")[0] for line in lines] == LINES
    assert {line.rpartition(" ")[2] for line in lines} == {"True", "False"}


@LINUX
@pytest.mark.parametrize("end", [lambda: os._exit(1), lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 / 0])
def test_where_that_process_comes_to_nothing_all_is_found_here(end: Callable[[], object]) -> None:
    here = os.getpid()
    with Workers(2).ahead(lambda part: part if os.getpid() == here else end(), LINES) as found:  # type: ignore[return-value, arg-type]
        assert found() == LINES


@LINUX
def test_where_there_can_be_no_process_all_is_found_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with Workers(2).ahead(list, LINES) as found:
        assert found() == LINES


@LINUX
def test_that_process_ends_with_its_parent_though_nobody_reads_its_answer() -> None:
    """It holds the digest's lock."""
    code = f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\nfrom roundup.workers import Workers\n"
    code += "with Workers(2).ahead(lambda part: [line * 1000 for line in part], ['x'] * 1000):\n    time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: len(children(process.pid)) == 1, 20)
    forked = children(process.pid)
    time.sleep(0.2)  # by then it has filled the pipe
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(alive(one) for one in forked), 10)


@LINUX
def test_what_an_editor_can_mend_is_told_by_another_process_too() -> None:
    problem = Problem(Location("issues/2024-1/issue.yaml", 3), "is odd; mend it")

    def refuse() -> None:
        raise SourceError([problem])

    with pytest.raises(SourceError) as told:
        Workers(2).apart(refuse)
    assert told.value.problems == (problem,)


@LINUX
def test_a_stop_meanwhile_ends_that_process() -> None:
    here, slow = os.getpid(), lambda part: part if os.getpid() == here else time.sleep(60)
    children = []

    def stopped() -> None:
        with Workers(2).ahead(slow, LINES):  # type: ignore[arg-type]
            children.extend(Path(f"/proc/{here}/task/{here}/children").read_text().split())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert children
    assert not Path(f"/proc/{children[-1]}").exists()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A Dask scheduler with two worker processes on this machine; its address."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    told = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path}
    started = [subprocess.Popen(command, **quiet)]  # type: ignore[call-overload]
    try:
        wait_until(told.exists, 30)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(told), "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        started += [subprocess.Popen(worker, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        import json

        from distributed import Client

        address = json.loads(told.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address.removeprefix("tcp://")
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.filterwarnings("ignore")  # of Dask's own
def test_a_dask_cluster_draws_the_same_bytes(large: Path, roundup: Run, tmp_path: Path, cluster: str) -> None:
    """And again after a pick has come in between, by which all others have another number; its workers still know the digest as it was."""
    for number in (500, 501):
        write(large / f"issues/2024-1/papers/2401.{number:05}.yaml", RECORD.format(number, 3))
        write(large / f"issues/2024-1/commentary/2401.{number:05}.yaml", PICK.format(number))
        assert roundup("build", "-q", "--workers", "1", "--output", str(tmp_path / "here"), root=large).code == 0
        drawn = subprocess.run(
            [sys.executable, "-m", "roundup", "-C", str(large), "build", "-q", "--executor", f"dask:{cluster}", "--output", str(tmp_path / "there")],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert (drawn.returncode, drawn.stderr) == (0, "")
        assert pages(tmp_path / "there") == pages(tmp_path / "here")


@pytest.mark.parametrize(
    ("name", "words"),
    [("ray:8786", 'executor "ray:8786" is not known; write dask:HOST:PORT\n'), ("dask:", 'executor "dask:" is not known; write dask:HOST:PORT\n')],
)
def test_an_executor_that_is_not_known_is_refused(name: str, words: str, large: Path, roundup: Run) -> None:
    assert roundup("build", "--executor", name, root=large) == Result(2, "", words)


def test_a_cluster_that_does_not_answer_is_told(large: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def Client(self, *_: object, **__: object) -> None:  # noqa: N802 - Dask's name
            raise OSError("Timed out trying to connect")

    monkeypatch.setattr("roundup.workers.import_module", lambda name: Silent())
    words = "there is no Dask scheduler at 127.0.0.1:9; start one, or leave out --executor\n"
    assert roundup("build", "--executor", "dask:127.0.0.1:9", root=large) == Result(2, "", words)


def test_a_cluster_needs_dask(large: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = 'a Dask cluster needs Dask here, too; pip install "roundup-digest[dask]"\n'
    assert roundup("build", "--executor", "dask:127.0.0.1:9", root=large) == Result(2, "", words)


@LINUX
def test_workers_end_with_the_process_that_forked_them(tmp_path: Path) -> None:
    """Even one that is killed: a worker would go on writing, and hold the lock."""
    code = f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\nfrom roundup.workers import Workers\nWorkers(2).each(time.sleep, [60, 60])"
    process = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: len(children(process.pid)) == 2, 20)
    forked = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(alive(one) for one in forked), 10)


@LINUX
@pytest.mark.parametrize("when", ["at work", "just forked"])
def test_a_stop_does_not_wait_for_what_workers_are_at(when: str, tmp_path: Path) -> None:
    """What a stop raises as a fork returns would meet Python's own hooks, which pass it by."""
    code = f"import os, signal, sys, time; sys.path.insert(0, {str(ROOT)!r})\nfrom roundup.workers import Workers\n"
    code += "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))\n" if when == "just forked" else ""
    process = subprocess.Popen([sys.executable, "-c", f"{code}Workers(2).each(time.sleep, [60, 60, 60, 60])"], stderr=subprocess.DEVNULL)
    try:
        if when == "at work":
            wait_until(lambda: len(children(process.pid)) == 2, 20)
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
    finally:
        process.kill()


def children(process: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{process}/task").iterdir() for one in (task / "children").read_text().split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_what_each_part_gives_comes_in_the_order_of_the_parts() -> None:
    def late(number: int) -> int:
        time.sleep(0.02 * (number % 3))
        return number

    assert list(Workers(1).each(late, range(7))) == list(range(7))
    assert [one for run in Workers(2).each(sum_up, Workers(2).runs(list(range(1000)))) for one in run] == list(range(1000))


def sum_up(run: list[int]) -> list[int]:
    time.sleep(0.001 * (run[0] % 3))
    return run
