"""Programs that train in several threads: one of them at a time in our code, each with a state of its
own.

What is under way in one thread (a backward pass, a step, the losses since the last one) means
nothing in another. Of each attribute that says so every thread has its own value, which is put in
its place when the thread enters. So all other code is written as for a program of one thread.
"""

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch

from gradtui.instrument.cost_meter import CostMeter
from gradtui.patching.tracebacks import without_ours
from gradtui.runstore.writer.control_file import ControlInbox

PATIENCE = 1.0
"""Seconds that a thread waits at most for another one to be done with being measured, which takes a
tenth of a millisecond, and some tenths of a second once, when names are found. Then it goes on, and
that call is not seen."""


class State:
    """The values of one thread, while another one's are in their places."""

    __slots__ = ("values",)

    def __init__(self, values: list[Any]) -> None:
        self.values = values


class TrainingThreads:
    """`enter` before anything of ours, `leave` after it, and around what the program does within."""

    def __init__(self, more: Callable[[Any], None]) -> None:
        """`more` is called when a second thread turns out to train, with what is under way in the
        first: the value there of the attribute that `under_way` names."""
        self.more = more
        self._parts: list[tuple[Any, str]] = []
        self._fresh: list[Any] = []
        self.under_way: tuple[Any, str] = (self, "")
        self.begin_anew()

    def begin_anew(self) -> None:
        """Also in a forked child, where a lock may be held by a thread that is not there."""
        self.lock = threading.RLock()
        self._own = threading.local()
        self._here: State | None = None
        self._trained: State | None = None
        self.several = False
        """Whether several threads have taken steps."""

    def each(self, part: Any, names: Sequence[str]) -> None:
        """Each thread has its own of these attributes, beginning with what they are now."""
        for name in names:
            self._parts.append((part, name))
            self._fresh.append(copy.copy(getattr(part, name)))

    def enter(self, patience: float = PATIENCE) -> bool:
        """Whether it is this thread's turn; then `leave` has to follow."""
        if not self.lock.acquire(timeout=patience):
            return False
        mine = getattr(self._own, "state", None)
        if mine is not self._here or mine is None:
            self._change(mine)
        return True

    def leave(self) -> None:
        self.lock.release()

    def alone(self) -> bool:
        """Whether this is the one thread that has taken steps, and was here last."""
        mine = getattr(self._own, "state", None)
        return mine is self._here is self._trained and not self.several and mine is not None

    def without(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, which is the program's, with the others let in meanwhile."""

        def out(*args: Any, **kwargs: Any) -> Any:
            self.leave()
            try:
                return call(*args, **kwargs)
            finally:
                self.enter(-1)

        return out

    def hook(
        self,
        called: Callable[..., Any],
        meter: CostMeter,
        inbox: ControlInbox | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> Callable[..., Any]:
        """Before or after a step. Nobody waits in vain: what comes too late is not called. `then` is
        called with the others let in, where something is `wanted`."""
        inbox = inbox or ControlInbox()

        def hook(optimizer: Any, args: Any, kwargs: Any) -> Any:
            # As `enter` and `leave` do it: a call less at every step, of what no cache holds by then.
            began = meter.clock() if meter.sampling else 0.0
            lock = self.lock
            if not lock.acquire(timeout=PATIENCE):
                return None
            try:
                mine = getattr(self._own, "state", None)
                if mine is not self._here or mine is None:
                    self._change(mine)
                if self._here is not self._trained:
                    self._trains()
                found = called(optimizer, args, kwargs)
            finally:
                lock.release()
            if began:
                meter.sampled(meter.clock() - began)
            if inbox.wanted:
                try:
                    then()
                except BaseException as error:  # a signal's, while we wait: the program's own
                    without_ours(error)
                    raise
            return found

        return hook

    def _trains(self) -> None:
        if self._trained is not None and not self.several:
            self.several = True
            if self._trained.values:
                self.more(self._trained.values[self._parts.index(self.under_way)])
        self._trained = self._here

    def _change(self, mine: State | None) -> None:
        if mine is None:
            if self._here is None:  # the first
                self._own.state = self._here = State([])
                return
            if torch._C._current_graph_task_id() != -1 and not _known():
                return  # a thread of torch's own, at work for the one that was here last
            mine = State([copy.copy(value) for value in self._fresh])
            self._own.state = mine
        assert self._here is not None
        self._here.values = [getattr(part, name) for part, name in self._parts]
        for (part, name), value in zip(self._parts, mine.values, strict=True):
            setattr(part, name, value)
        self._here = mine


def _known() -> bool:
    """Whether this is a thread that Python has started."""
    return threading.get_ident() in vars(threading)["_active"]
