"""The time between two requests, kept over all runs and all processes of a user: a stamp in a file, under a lock.

arXiv asks for one request every 3 s over one connection, over all machines of a user, feeds and OAI-PMH included.
Source: https://info.arxiv.org/help/api/tou.html
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from roundup.store.writing import open_in_place, write_in_place

DELAY_S = 3.0
LONGEST_S = 120.0  # nobody waits longer than this without being asked


class Pace:
    """Turns at asking, ``delay_s`` apart; ``path`` is the file that those who share them look at.

    The stamp is on the monotonic clock, which no change of the wall clock touches. After a restart of the machine it
    starts anew; a stamp that lies ahead of it counts as this moment, so no wait is longer than what it is for.
    """

    def __init__(self, path: Path, delay_s: float = DELAY_S, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self.path, self.delay_s = path, delay_s
        self.clock, self.sleep = clock, sleep

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and keep it until the answer is in: nobody else asks meanwhile."""
        handle = open_in_place(self.path, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            while (left := self._left(handle)) > 0:
                fcntl.flock(handle, fcntl.LOCK_UN)  # who is asked to wait meanwhile must be able to say so
                self.sleep(left)
                fcntl.flock(handle, fcntl.LOCK_EX)
            self._stamp(handle)  # a request counts from when it was made, should nobody live to see its end
            try:
                yield
            finally:
                self._stamp(handle)
        finally:
            os.close(handle)

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long: what a ``Retry-After`` says, and the growing pause after a refusal."""
        handle = open_in_place(self.path, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._stamp(handle, max(seconds, self._held(handle)))
        finally:
            os.close(handle)

    def _held(self, handle: int) -> float:
        try:
            last, until = map(float, os.pread(handle, 42, 0).split())
        except ValueError:
            return 0.0
        left = until - self.clock()
        return left if 0 < left <= LONGEST_S and last <= self.clock() else 0.0

    def _left(self, handle: int) -> float:
        now = self.clock()
        try:
            last, until = map(float, os.pread(handle, 42, 0).split())
        except ValueError:
            return 0.0
        if last > now:  # the machine was started again
            self._stamp(handle)
            return self.delay_s
        return max(last + self.delay_s, until if until - last <= LONGEST_S + 0.001 else 0.0) - now

    def _stamp(self, handle: int, hold_s: float = 0.0) -> None:
        now = self.clock()
        write_in_place(handle, f"{now:20.6f} {now + hold_s:20.6f}\n", self.path)
