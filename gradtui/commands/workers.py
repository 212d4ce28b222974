"""Work spread over processes, where one that dies costs no more than what it was doing."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 2.0
"""Seconds that a worker gets between being asked to end and being ended."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """In place of a result: the task raised, or its process died."""

    why: str


def spread(
    task: Callable[[T], R], items: Sequence[T], jobs: int
) -> Iterator[tuple[T, R | Crashed]]:
    """`task(item)` for every item in `jobs` processes, results as they come.

    The processes are spawned, not forked: a fork would copy the locks of running threads, and a
    CUDA context does not survive one. `task` is therefore a module's function, or a partial of one.
    """
    waiting = deque(items)
    workers = [Worker(task) for _ in range(min(jobs, len(items)))]
    try:
        with _ending_on_signals():
            for worker in workers:
                worker.take(waiting)
            while busy := [worker for worker in workers if worker.busy]:
                ready = set(wait([worker.connection for worker in busy]))
                for worker in busy:
                    if worker.connection not in ready:
                        continue
                    item, result = worker.finish()
                    worker.take(waiting)
                    yield item, result
    finally:
        for worker in workers:
            worker.end()


class Worker:
    """One process, replaced by a fresh one when it dies."""

    def __init__(self, task: Callable[[Any], Any]) -> None:
        self._task = task
        self._item: Any = None
        self.busy = False
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, self._task), daemon=True
        )
        self._process.start()
        theirs.close()

    def take(self, waiting: deque[Any]) -> None:
        """Start on the next item, if there is one."""
        self.busy = bool(waiting)
        if self.busy:
            self.give(waiting.popleft())

    def give(self, item: Any) -> None:
        """Start on an item; only while it is not busy."""
        self._item, self.busy = item, True
        with suppress(BrokenPipeError, ConnectionResetError):  # `finish` says that it has died
            self.connection.send(self._item)

    def finish(self) -> tuple[Any, Any]:
        """The item worked on and its result; blocks until there is one. Without an item where the
        process has died with nothing to do."""
        item, self._item, self.busy = self._item, None, False
        try:
            return item, self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(PATIENCE)
            code = self._process.exitcode
            self.end()
            self._start()
            return item, Crashed(f"its process ended before it was done ({_cause(code)}).")

    def end(self) -> None:
        self.connection.close()
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(connection: Connection, task: Callable[[Any], Any]) -> None:
    """A worker's life: ctrl+c is the parent's business, a closed pipe means to go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            item = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        try:
            result = task(item)
        except Exception as error:
            result = Crashed(f"unexpected {type(error).__name__}: {error}")
        try:
            connection.send(result)
        except (BrokenPipeError, ConnectionResetError):
            return


def _cause(code: int | None) -> str:
    if code is None:
        return "it closed its pipe"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack, so that no worker is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, _leave) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)
