"""Who does the work: this process alone, processes forked from it, or an executor of somebody else's. Nothing above knows how many there are."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TypeVar

from roundup.errors import RefusedError

if TYPE_CHECKING:
    from concurrent.futures import Executor  # it takes as long to import as an edit's page to draw

Given = TypeVar("Given")
Done = TypeVar("Done")

FEW = 150  # outputs that are not worth a second process
MANY_LOOKS = 300  # folders to look at that are worth one
PARTS = 8  # for each worker, so that none waits long for another


class Workers:
    """So many processes; with one, no other. An ``executor`` of so many workers takes their place."""

    def __init__(self, count: int = 0, executor: Executor | None = None) -> None:
        self.count = count or (len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1)
        self.executor = executor

    @property
    def are_forked(self) -> bool:
        """Whether work is done in processes that are forked from this one."""
        return self.count > 1 and self.executor is None and sys.platform == "linux"

    def each(self, function: Callable[[Given], Done], parts: Iterable[Given]) -> Iterable[Done]:
        """Return what a function makes of each part, in order."""
        parts = list(parts)
        if len(parts) < 2 or not (self.are_forked or self.executor):
            return list(map(function, parts))
        if self.executor:
            return list(self.executor.map(function, parts))
        with _forked(self.count) as executor:
            if executor is None:
                return list(map(function, parts))
            # not by its map, which cancels what it waits for: a stop would then be told as a fault of the thread that looks after the processes
            return [one.result() for one in [executor.submit(function, part) for part in parts]]

    def apart(self, function: Callable[[], Done]) -> Done:
        """Return what a function gives, from a process of its own where there can be one: what it took to work that out goes with it."""
        if not self.are_forked:
            return function()
        _errands[:] = [function]
        try:
            with _forked(1) as executor:
                if executor is None:
                    return function()
                found: Done = executor.submit(_run_errand).result()
                return found
        finally:
            _errands.clear()

    @contextmanager
    def ahead(self, function: Callable[[Sequence[str]], list[str]], work: Sequence[str]) -> Iterator[Callable[[], list[str]]]:
        """Have a function find a line for each piece of some work of a tenth of a second, for whoever asks for them later.

        A process that is forked for just that begins with the larger part now; the other is done when they are asked for.
        """
        if not self.are_forked or len(work) < MANY_LOOKS:
            yield partial(function, work)
            return
        mine = len(work) * 2 // 5
        with _beside(partial(function, work[mine:])) as rest:
            yield lambda: function(work[:mine]) + (rest() or function(work[mine:]))

    def runs(self, work: Sequence[Given]) -> list[Sequence[Given]]:
        """Return work in runs for all to share; little work is one run."""
        size = -(-len(work) // (self.count * PARTS if len(work) >= FEW else 1)) or 1
        return [work[at : at + size] for at in range(0, len(work), size)]


@contextmanager
def named(name: str) -> Iterator[Workers]:
    """Give the workers of a cluster, as ``dask:HOST:PORT`` names one. RefusedError where there is none, or nothing that could ask it."""
    kind, _, address = name.partition(":")
    if kind != "dask" or not address:
        raise RefusedError(f'executor "{name}" is not known; write dask:HOST:PORT')
    try:
        dask: Any = import_module("distributed")  # two seconds, which nobody else has to wait
    except ImportError:
        raise RefusedError('a Dask cluster needs Dask here, too; pip install "roundup-digest[dask]"') from None
    try:
        client = dask.Client(address, timeout=_ANSWER_S, set_as_default=False)
    except OSError as error:
        raise RefusedError(f"there is no Dask scheduler at {address}; start one, or leave out --executor") from error
    with client:
        if not (threads := client.nthreads()):
            raise RefusedError(f"the Dask scheduler at {address} has no workers; start some, with the digest's folder on a disk that they share")
        yield Workers(max(2, sum(threads.values())), client.get_executor(pure=False, retries=0))


_ANSWER_S = 10  # for a scheduler to answer
_errands: list[Callable[[], Any]] = []  # a forked process has it from its parent


def _run_errand() -> Any:
    return _errands[0]()


@contextmanager
def _forked(count: int) -> Iterator[Executor | None]:
    """Give an executor of forked processes; None where the system lets there be none. RefusedError where one of them was ended from outside.

    Whatever ends the body early ends them, for what they are at may take minutes.
    """
    import multiprocessing
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    gc.collect()
    gc.freeze()  # nobody looks through what all have in common, for a look is a write and a write a copy
    try:
        # forked, for so they have what was planned from their parent, and need not be told
        executor = _begun(lambda: ProcessPoolExecutor(count, multiprocessing.get_context("fork"), partial(_begin, os.getpid())))
        if executor is None:
            yield None
            return
        with executor:
            try:
                yield executor
            except BrokenExecutor as error:
                what = "a process that did part of the work was ended, perhaps for want of memory"
                raise RefusedError(f"{what}; nothing was changed: try again, with --workers 1") from error
            except BaseException:
                end_forked()
                raise
    finally:
        gc.unfreeze()  # a preview stands for hours, and what it replaces is to go


def _begun(make: Callable[[], Executor]) -> Executor | None:
    """Return an executor whose processes are there; None where there can be none: too many of them, no memory, no semaphores."""
    executor = None
    with suppress(OSError, RuntimeError, ImportError), _stops_later():
        executor = make()
        executor.submit(bool)  # that forks them all
        return executor
    end_forked()
    if executor:
        executor.shutdown(wait=False)
    return None


def end_forked() -> None:
    """End the processes that work for this one."""
    if multiprocessing := sys.modules.get("multiprocessing"):
        for process in multiprocessing.active_children():
            process.kill()


@contextmanager
def _beside(function: Callable[[], list[str]]) -> Iterator[Callable[[], list[str] | None]]:
    """Have a function work in a forked process; what it finds, lines of text, can be asked for. None where that process came to nothing, or there is none."""
    parent, child = os.getpid(), 0
    reading, writing = os.pipe()
    with open(reading, "rb") as answer:
        try:
            with _stops_later():
                with suppress(OSError):  # no more processes, or no memory for one
                    child = os.fork()
                if not child and os.getpid() != parent:
                    _answer(answer, writing, function, parent)
                os.close(writing)

            def found() -> list[str] | None:
                *lines, end = answer.read().decode().split("\n")
                return lines if end == _WHOLE else None

            yield found
        finally:
            if child:
                with suppress(ProcessLookupError, ChildProcessError):  # where whoever started us has the system look after children
                    os.kill(child, signal.SIGKILL)  # it has answered, or nobody wants to know any more
                    os.waitpid(child, 0)


def _answer(answer: BinaryIO, writing: int, function: Callable[[], list[str]], parent: int) -> NoReturn:
    """Write what a function finds, in a forked process, and end that: nothing that its parent has begun is ended here.

    It holds the digest's lock as its parent does, so it ends with that, however that ends, and waits for nobody to read.
    """
    try:
        answer.close()
        _begin(parent)
        left = memoryview("\n".join([*function(), _WHOLE]).encode())
        while left:
            left = left[os.write(writing, left) :]
    finally:
        os._exit(0)


_WHOLE = "."  # the last line of an answer that nothing cut off


@contextmanager
def _stops_later() -> Iterator[None]:
    """Let a stop wait for the end of the body: what one raises just as a fork returns meets Python's own hooks, and nobody ever hears of it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent: int) -> None:
    """Make a forked process one that stops when its parent does, however that ends, and leaves signals to it."""
    import ctypes

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # either goes to all who belong to a terminal
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG. Source: prctl(2)
