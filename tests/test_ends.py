"""How a command ends where the machine is not what one is used to: no home, no terminal, no room, no process to fork. In words, and with nothing lost."""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import MINIMAL, ROOT, Result, tree, wait_until, write
from roundup import starter
from roundup.errors import RefusedError
from roundup.store import beginning
from roundup.store.lock import alone
from roundup.store.writing import sweep
from roundup.workers import Workers

Make = Callable[..., Path]
Run = Callable[..., Result]

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def started(root: Path, *arguments: str, **more: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "roundup", *arguments], cwd=root, env=environment, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload,no-any-return]


def large(digest: Make) -> Path:
    """A digest that is worth a second process."""
    return digest({path.replace("2024-1/", f"{year}-1/"): text for year in range(2000, 2018) for path, text in MINIMAL.items()})


# ---- streams ----


@FULL
def test_where_results_cannot_be_printed_that_is_told_and_no_more(digest: Make) -> None:
    with open("/dev/full", "wb") as full:
        run = started(digest(), "check", stdout=full)
        assert run.communicate(timeout=60)[1] == "the output: no space left on device; mend that and try again\n"
    assert run.returncode == 1


@pytest.mark.parametrize(("number", "arguments"), [(0, "triage --plain"), (1, "build"), (2, "build"), (2, "publish --to none")])
def test_a_stream_that_was_closed_is_not_written_to_or_read(number: int, arguments: str, digest: Make) -> None:
    root, ended = digest({"issues/2024-2/issue.yaml": "order:\n"}), []
    for closed in (f"{number}{'<' if number == 0 else '>'}&-", "< /dev/null"):
        shell = f"exec {sys.executable} -m roundup {arguments} {closed}"
        run = subprocess.run(["sh", "-c", shell], cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in run.stderr
        ended.append(run.returncode)
    assert ended[0] == ended[1]


def test_a_terminal_that_is_closed_stops_a_command_as_ctrl_c_does(digest: Make) -> None:
    root = digest()
    with started(root, "serve", "--port", "0", stdout=subprocess.PIPE) as run:
        assert run.stdout
        assert "shows the digest" in run.stdout.readline()
        run.send_signal(signal.SIGHUP)
        assert run.communicate(timeout=20)[1] == ""
    assert run.returncode == 0


@LINUX
def test_what_is_meant_to_outlive_its_terminal_does(digest: Make) -> None:
    root = large(digest)
    run = started(root, "build", "-q", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_until(lambda: (root / "site").exists() or run.poll() is not None, 30)
    os.kill(run.pid, signal.SIGHUP)
    assert run.communicate(timeout=60)[1] == ""
    assert run.returncode == 0


# ---- places ----


def test_where_there_is_no_home_a_digest_is_built(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container, by a user whom the machine does not know."""
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    assert roundup("build", "-q", root=digest()).code == 0


@pytest.mark.parametrize("command", [["build"], ["init", "loop"], ["build", "--output", "loop/x"]])
def test_a_link_that_leads_to_itself_is_told(command: list[str], digest: Make, roundup: Run) -> None:
    root = digest()
    for name in ("site", "loop"):
        (root / name).symlink_to(name)
    done = roundup(*command, root=root)
    assert done.code == 2
    assert "; " in done.err


# ---- processes ----


@LINUX
@pytest.mark.parametrize("error", [BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), RuntimeError("can't start new thread")])
def test_where_no_process_can_be_forked_one_does_all(error: Exception, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = large(digest)
    assert roundup("build", "-q", "--workers", "2", "--output", str(tmp_path / "forked"), root=root).code == 0

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("os.fork" if isinstance(error, OSError) else "threading.Thread.start", refuse)
    (root / ".roundup/cache").rename(tmp_path / "cache")
    assert roundup("build", "-q", "--workers", "2", "--output", str(tmp_path / "alone"), root=root) == Result(0, "", "")
    assert tree(tmp_path / "alone") == tree(tmp_path / "forked")


@LINUX
def test_a_worker_that_the_system_ends_is_told() -> None:
    with pytest.raises(RefusedError, match="a process that did part of the work was ended, perhaps for want of memory; nothing was changed: try again, with --workers 1"):
        Workers(2).each(_end, [1, 2])


def _end(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_want_of_memory_is_told(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("roundup.store.reading.read_digest", starve)
    told = "there is not enough memory; nothing is half-written: end other programs, and run it again\n"
    assert roundup("check", root=digest()) == Result(1, "", told)


# ---- others at work ----


def test_what_another_process_is_writing_is_not_swept(tmp_path: Path) -> None:
    own, other, gone = (subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(3))
    try:
        for one in (gone, own):
            one.communicate()
        names = {f".roundup-{other.pid}-0a.tmp", f".roundup-{gone.pid}-0b.tmp", f".roundup-{os.getpid()}-0c.tmp", ".roundup-0.tmp", ".roundup-x-1.tmp", "mine.tmp"}
        for name in names:
            write(tmp_path / name, "")
        sweep(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {f".roundup-{other.pid}-0a.tmp", "mine.tmp"}
    finally:
        other.communicate()


def test_who_begins_a_digest_takes_nothing_away_from_who_was_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"roundup.yaml": "title: A\n", "issues/2024-1/issue.yaml": "date: 2024-01-01\n"}
    write_new = beginning.write_new

    def slower(path: Path, data: bytes) -> None:
        if path.name == "issue.yaml":
            write(path, data)  # by somebody else, in the same words
        write_new(path, data)

    monkeypatch.setattr(beginning, "write_new", slower)
    with pytest.raises(RefusedError, match="is there already; nothing was changed"):
        beginning.create(tmp_path, files)
    assert tree(tmp_path) == {"issues/2024-1/issue.yaml": b"date: 2024-01-01\n"}


def test_who_cannot_wait_is_told_who_is_at_it(digest: Make) -> None:
    root = digest()
    with alone(root, None), pytest.raises(RefusedError, match=rf"another run \(process {os.getpid()}\) is writing to this digest; try again when it is done"), alone(root, None):
        pass


def test_a_full_disk_is_no_reason_to_put_the_inbox_away(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest()

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("roundup.store.account.prepare", full)
    told = f"{root}/.roundup/state/inbox.sqlite cannot be used: database or disk is full; nothing was changed, mend that and try again\n"
    assert roundup("inbox", root=root) == Result(2, "", told)


def test_what_a_new_digest_keeps_out_of_its_repository_says_what_is_precious() -> None:
    ignored = starter.new_digest("A", "monthly", dt.date(2024, 1, 1), "0.1")[".gitignore"]
    assert "not .roundup/state" in ignored
    assert ".roundup-*.tmp" in ignored
