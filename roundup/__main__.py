"""``python -m roundup`` and the command ``roundup``: a stop is told of from the first moment on."""

import sys


def run() -> None:
    """Load the command line and run it."""
    try:
        from roundup.cli import main

        main()
    except KeyboardInterrupt:  # while it was being loaded
        sys.exit(130)


if __name__ == "__main__":
    run()
