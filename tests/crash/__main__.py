"""The process that forks a child for each run: a line of JSON asks for a run, a line tells what came of it."""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from typing import Any, BinaryIO

from compiled import compile_once
from roundup.__main__ import run

from .steps import Steps

_LONGEST_S = 60
_STOPS = (signal.SIGINT, signal.SIGTERM)


def prepare(moment: dt.datetime) -> None:
    """Let the day be always the same, and each template be compiled once, though every run makes its environment anew."""
    import roundup.cli  # noqa: F401 - all commands

    for name, module in list(sys.modules.items()):
        for what, value in (("now", moment), ("today", moment.date())):
            if name.startswith("roundup.cli") and hasattr(module, what):
                setattr(module, what, lambda value=value: value)
    compile_once()


def enter(root: str, environment: dict[str, str], arguments: list[str]) -> None:
    os.environ.update(environment)
    os.chdir(root)
    sys.argv = ["roundup", *arguments]


def warm(root: str, environment: dict[str, str], arguments: list[str]) -> None:
    """Run a command here, so that every child has loaded what it needs."""
    stdout, stderr = os.dup(1), os.dup(2)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        enter(root, environment, arguments)
        try:
            run()
        except SystemExit:
            sys.stdout.flush()
            sys.stderr.flush()
    for saved, stream in ((stdout, 1), (stderr, 2)):
        os.dup2(saved, stream)
        os.close(saved)


class Child:
    """A run in a process of its own; what it prints and its steps go into files without a name."""

    def __init__(self, root: str, environment: dict[str, str], arguments: list[str], fault: dict[str, Any]) -> None:
        self.files: list[BinaryIO] = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 - they live as long as the child
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # until the child is where it can tell that it was stopped
        self.pid = os.fork()
        if self.pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            return
        out, err, log = (file.fileno() for file in self.files)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        signal.alarm(_LONGEST_S)
        code = 130
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            enter(root, environment, arguments)
            Steps(log, **fault).arm()
            run()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        except KeyboardInterrupt:
            pass  # before the command, or behind it
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)

    def end(self, after_s: float, stop: str) -> dict[str, Any]:
        """Wait for its end, having sent a signal after a time where one is named."""
        if stop:
            time.sleep(after_s)
            os.kill(self.pid, getattr(signal, stop))
        began = time.monotonic()
        _, status = os.waitpid(self.pid, 0)
        took_s = time.monotonic() - began
        out, err, log = (_content(file) for file in self.files)
        steps = [json.loads(line) for line in log.split("\n")[:-1]]  # a kill may tear the line that is being written
        return {"code": os.waitstatus_to_exitcode(status), "out": out, "err": err, "steps": steps, "took_s": took_s}


def _content(file: BinaryIO) -> str:
    with file:
        file.seek(0)
        return file.read().decode("utf-8", "replace")


def main() -> None:
    children: dict[int, Child] = {}
    prepare(dt.datetime.fromisoformat(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs behind it with this one ignored
    for line in sys.stdin:
        asked = json.loads(line)
        match asked.pop("do"):
            case "warm":
                warm(**asked)
                gc.collect()
                gc.freeze()  # a child's collection copies no page of what was there before it
                answer: object = None
            case "start":
                child = Child(**asked)
                children[child.pid] = child
                answer = child.pid
            case "end":
                answer = children.pop(asked.pop("pid")).end(**asked)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
