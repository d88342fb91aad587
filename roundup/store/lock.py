"""One writer at a time in a digest: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from roundup.errors import RefusedError
from roundup.store.disk import reason
from roundup.store.writing import open_in_place


@contextmanager
def alone(root: Path, tell: Callable[[str], None], *, must: bool = True) -> Iterator[None]:
    """Hold the digest's lock; wait for it where another run has it, and tell which one that is.

    RefusedError where there can be none; who writes elsewhere ``must`` not have it, and goes on: a digest may stand on a disk for reading only.

    Writing a file and renaming it is atomic, but what was read before may be old by then: of 4 writers' 200 updates
    60 were kept so, and all with a lock.
    """
    with ExitStack() as until:
        try:
            _hold(root / ".roundup/state/lock", tell, until)
        except OSError as error:
            if must:
                raise RefusedError(f"{error.filename} cannot be written: {reason(error)}; nothing was changed") from error
        yield


def _hold(path: Path, tell: Callable[[str], None], until: ExitStack) -> None:
    handle = open_in_place(path, 0o644)
    until.callback(os.close, handle)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 40, 0).decode("ascii", "replace").strip() or "unknown"
            tell(f"another run (process {holder}) is writing to this digest; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.pwrite(handle, f"{os.getpid():<12}\n".encode(), 0)
    except OSError as error:
        error.filename = str(path)
        raise


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a stop wait until what is under way is whole: an answer that was had is written down."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread
        return
    stops: list[int] = []
    before = {number: signal.signal(number, lambda got, frame: stops.append(got)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if stops:
            signal.raise_signal(stops[0])
