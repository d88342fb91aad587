"""How far long work has come: one line on a terminal, rewritten as it goes; nothing where nobody looks."""

from __future__ import annotations

import sys

from roundup.cli.door import Session, is_terminal

_WIDTH = 24


class Bar:
    """A bar, and some words behind it."""

    def __init__(self, session: Session) -> None:
        self.shown = is_terminal(sys.stderr) and session.verbosity >= 0

    def draw(self, done: int, whole: int, words: str) -> None:
        """Draw so many of so many."""
        if self.shown:
            bar = "#" * (_WIDTH * min(done, whole) // max(whole, 1))
            sys.stderr.write(f"\r\x1b[K[{bar:.<{_WIDTH}}] {words}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away, before anything else is printed."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Progress(Bar):
    """A bar for so many requests, each of which takes ``pace_s`` seconds by arXiv's pace, or another one."""

    def __init__(self, session: Session, requests: int, pace_s: float, pace: str = " at arXiv's pace") -> None:
        super().__init__(session)
        self.requests, self.pace_s, self.pace = max(requests, 1), pace_s, pace

    def show(self, asked: int, what: str) -> None:
        """Draw the bar: so many requests made, and what was had by them."""
        done = min(asked, self.requests)
        left = (self.requests - done) * self.pace_s
        ahead = f"about {_spoken(left)} to go{self.pace}" if left >= 1 else "nearly done"
        self.draw(done, self.requests, f"{what}, {ahead}")


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
