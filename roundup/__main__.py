"""``python -m roundup`` and the command ``roundup``: a stop is told of from the first moment on."""

import signal
import sys
from types import FrameType


def run() -> None:
    """Load the command line and run it."""
    try:
        signal.signal(signal.SIGTERM, _stop)
        from roundup.cli import main

        main()
    except KeyboardInterrupt as stop:  # while it was being loaded
        sys.exit(*stop.args or (130,))


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop as Ctrl-C does, with the exit code that a shell gives to who was ended by that signal."""
    raise KeyboardInterrupt(128 + number)


if __name__ == "__main__":
    run()
