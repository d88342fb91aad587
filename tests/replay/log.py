"""What the server was asked and when: the record by which politeness is judged."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Request:
    """One request; times are of ``time.monotonic``, in seconds. ``ended`` is None while the answer is under way."""

    method: str
    path: str
    query: str
    arguments: dict[str, str]
    headers: dict[str, str]
    connection: int
    began: float
    ended: float | None = None
    body: bytes = field(default=b"", repr=False)


class Log:
    """Requests in the order in which they began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def begin(self, request: Request) -> int:
        """Keep a request and return its number in the log."""
        with self._lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def end(self, number: int) -> None:
        with self._lock:
            if number < len(self._requests) and self._requests[number].ended is None:  # the log may have been cleared in between
                self._requests[number] = dataclasses.replace(self._requests[number], ended=time.monotonic())

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()

    def requests(self, path: str = "") -> list[Request]:
        """Return the requests whose path begins so."""
        with self._lock:
            return [request for request in self._requests if request.path.startswith(path)]

    def gaps(self, path: str = "") -> list[float]:
        """Return the seconds between the end of an answer and the beginning of the next request; below zero where they overlap."""
        return [after.began - _ended(before) for before, after in pairwise(self.requests(path))]

    def beats(self, path: str = "") -> list[float]:
        """Return the seconds between the beginnings of requests."""
        return [after.began - before.began for before, after in pairwise(self.requests(path))]

    def overlaps(self, path: str = "") -> list[tuple[Request, Request]]:
        """Return each pair of requests of which the later began before the earlier was answered."""
        requests = self.requests(path)
        return [(one, other) for number, one in enumerate(requests) for other in requests[number + 1 :] if other.began < _ended(one)]


def _ended(request: Request) -> float:
    return time.monotonic() if request.ended is None else request.ended
