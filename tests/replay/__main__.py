"""``python -m replay``: serve papers until Ctrl-C, or while a command runs.

    python -m replay [--port N] [--corpus [N]] [--day YYYY-MM-DD] [--legacy] [-- COMMAND ARGUMENT...]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import date

from . import ReplayPaper, ReplayServer, corpus, invented


def main(arguments: Sequence[str]) -> int:
    """Return the command's exit code; without a command print the environment and serve until interrupted."""
    options, command = _options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # a shell starts what runs behind it with the first one ignored
    with ReplayServer(_papers(options.corpus), day=options.day, legacy=options.legacy, port=options.port) as server:
        try:
            if command:
                return subprocess.run(command, env=os.environ | server.environment, check=False).returncode
            sys.stdout.writelines(f"export {name}={value}\n" for name, value in server.environment.items())
            sys.stdout.flush()
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stderr.write(f"\nanswered {len(server.requests)} requests\n")
    return 130 if command else 0  # a shell's code for a command that was interrupted


def _options(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    before, command = list(arguments), []
    if "--" in before:
        cut = before.index("--")
        before, command = before[:cut], before[cut + 1 :]
    parser = argparse.ArgumentParser(prog="python -m replay", description="Serve arXiv's interfaces over invented papers on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; a free one unless given")
    parser.add_argument("--corpus", type=int, nargs="?", const=-1, metavar="N", help="serve the shared corpus, or its first N papers, instead of invented ones")
    parser.add_argument("--day", type=date.fromisoformat, help="day of the listing feeds; the newest unless given")
    parser.add_argument("--legacy", action="store_true", help="answer queries as arXiv did before November 2025")
    return parser.parse_args(before), command


def _papers(limit: int | None) -> tuple[ReplayPaper, ...]:
    if limit is None:
        return invented()
    return corpus(None if limit < 0 else limit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
