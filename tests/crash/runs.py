"""A test's end of the process that forks: start a command, wait for it, see what it said and every step that it took."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parent.parent


class Step(NamedTuple):
    """A call that changes a disk: its name, the path it is about, and the one it leads to."""

    name: str
    path: str
    to: str


@dataclass(frozen=True)
class Done:
    """What became of a run: its exit code (negative where a signal ended it), what it printed, its steps, and how long it took to end."""

    code: int
    out: str
    err: str
    steps: tuple[Step, ...]
    took_s: float


class Runs:
    """Runs of ``roundup``, each in a child of one process, on a day that is always the same."""

    def __init__(self, moment: dt.datetime) -> None:
        path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "crash", moment.isoformat()], env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def warm(self, root: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Have everything loaded that the command needs."""
        self._ask(do="warm", root=str(root), environment=dict(environment), arguments=arguments)

    def start(self, root: Path, arguments: Sequence[str], environment: Mapping[str, str], **fault: object) -> int:
        """Start a command in a folder, with a fault as ``Steps`` takes it; return its process."""
        return int(self._ask(do="start", root=str(root), environment=dict(environment), arguments=arguments, fault=fault))

    def end(self, pid: int, *, after_s: float = 0, stop: str = "") -> Done:
        """Wait for a command to end; send it a signal after some seconds where one is named."""
        told = self._ask(do="end", pid=pid, after_s=after_s, stop=stop)
        return Done(**{**told, "steps": tuple(Step(*step) for step in told["steps"])})

    def _ask(self, **what: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(what)}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
