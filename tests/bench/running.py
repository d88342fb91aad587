"""One program, run to its end: how long it and all that it started took, or how much memory they held together."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h
BETWEEN_LOOKS_S = 0.025


@dataclass(frozen=True)
class Run:
    """Seconds that a program took: from its start to its end, and of processors, its own and its children's."""

    wall: float
    cpu: float


class RunError(Exception):
    """A program ended with an error: nothing that was measured of it counts."""


def adopt_orphans() -> None:
    """Have workers counted that nobody waited for: they become children of ours, not of the system's first process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def timed(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float) -> Run | None:
    """Run a program in a folder; None where it took over ``limit`` seconds and was stopped."""
    began = time.perf_counter()
    with _started(command, folder, environment) as (group, ended):
        in_time = ended.poll(limit * 1000)
        wall = time.perf_counter() - began
        cpu, code = _reaped(group)
    return Run(wall, cpu) if in_time and _succeeded(code, command, folder) else None


def peak_mib(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float) -> float | None:
    """Return the most memory that a program and its children held at once, a page that several share counted once; None as above.

    Such a run is not timed: looking at memory holds up whoever is looked at.
    """
    began = time.perf_counter()
    peak = 0
    with _started(command, folder, environment) as (group, ended):
        while not (in_time := ended.poll(BETWEEN_LOOKS_S * 1000)) and time.perf_counter() - began < limit:
            peak = max(peak, _held_kib(group))
        _, code = _reaped(group)
    return peak / 1024 if in_time and _succeeded(code, command, folder) else None


@contextmanager
def _started(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, select.poll]]:
    """Give a program's group of processes, and what waits for the end of the first of them without using a processor."""
    with _log(folder).open("wb") as log:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    handle = os.pidfd_open(child.pid)
    ended = select.poll()
    ended.register(handle, select.POLLIN)
    try:
        yield child.pid, ended
    finally:
        os.close(handle)
        if child.returncode is None:
            child.returncode = _reaped(child.pid)[1]  # nothing is there any more where the caller has reaped


def _reaped(group: int) -> tuple[float, int]:
    """Stop what is left of a group; return the seconds of processors that all of it took, and the exit code of the first."""
    cpu, code = 0.0, 0
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)  # what has ended feels nothing
    with suppress(ChildProcessError):  # there are no more
        while True:
            pid, status, used = os.wait4(-group, 0)
            cpu += used.ru_utime + used.ru_stime
            code = os.waitstatus_to_exitcode(status) if pid == group else code
    return cpu, code


def _succeeded(code: int, command: Sequence[str], folder: Path) -> bool:
    if code:
        raise RunError(f"{' '.join(command)} ended with {code}:\n{_log(folder).read_text(errors='replace')[-1000:]}")
    return True


def _log(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")  # beside the folder, which is the program's to read


def _held_kib(process: int | str) -> int:
    """Return the proportional set size of a process and all below it."""
    held = 0
    with suppress(OSError):  # it has ended meanwhile
        rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        held = sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        for thread in os.listdir(f"/proc/{process}/task"):
            held += sum(map(_held_kib, Path(f"/proc/{process}/task/{thread}/children").read_text().split()))
    return held
