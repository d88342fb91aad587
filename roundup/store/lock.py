"""One writer at a time in a digest: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from roundup.errors import RefusedError
from roundup.store.disk import reason
from roundup.store.writing import open_in_place, remove, write_in_place


@contextmanager
def alone(root: Path, tell: Callable[[str], None] | None, *, must: bool = True, what: str = "writing to this digest") -> Iterator[None]:
    """Hold the digest's lock, or the one for doing ``what``; wait for it where another run has it, and tell which one that is.

    With nobody to tell, nobody can wait: RefusedError then.

    Where there can be none, as on a disk for reading only, who ``must`` have it is told so, by a RefusedError, and who writes elsewhere goes on.

    Writing a file and renaming it is atomic, but what was read before may be old by then: of 4 writers' 200 updates
    60 were kept so, and all with a lock.
    """
    with ExitStack() as until:
        try:
            _hold(root / ".roundup/state" / _LOCKS[what], tell, what, until)
        except OSError as error:
            if must:
                raise RefusedError(f"{error.filename} cannot be written: {reason(error)}; nothing was changed") from error
        yield


@contextmanager
def alone_at(path: Path, tell: Callable[[str], None], what: str) -> Iterator[None]:
    """Hold a lock that stands where several digests write; wait for it, as above. Its file goes with it. OSError where there can be none."""
    with ExitStack() as until:
        while not _is_at(path, _hold(path, tell, what, until)):  # who held it took the file away meanwhile
            until.close()
        until.callback(remove, path)
        yield


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


_LOCKS = {"writing to this digest": "lock", "sending from this digest": "send.lock"}


def _hold(path: Path, tell: Callable[[str], None] | None, what: str, until: ExitStack) -> int:
    if path.parent.is_symlink() or path.parent.parent.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    handle = open_in_place(path, 0o644)
    until.callback(os.close, handle)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 40, 0).decode("ascii", "replace").strip() or "unknown"
            if tell is None:
                raise RefusedError(f"another run (process {holder}) is {what}; try again when it is done") from None
            tell(f"another run (process {holder}) is {what}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        write_in_place(handle, f"{os.getpid():<12}\n", path)
    except OSError as error:
        error.filename = str(path)
        raise
    return handle


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a stop wait until what is under way is whole: an answer that was had is written down."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread
        return
    stops: list[int] = []
    heard = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda got, frame: stops.append(got)) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if stops:
            signal.raise_signal(stops[0])
