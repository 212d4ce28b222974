"""What a program logs, by whatever library: seen where it hands it over, and changed in nothing.

None of these libraries is imported for that. Their functions are given calls of ours once the program
has imported them, which is looked for where models and optimizers are made and gradients are asked for.
"""

import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from math import nan
from typing import Any

from torch import nn
from torch.optim import Optimizer

from gradtui.core.metric import LONGEST_NAME, MOST_NAMES
from gradtui.core.metric_log import receivers
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.metric_calls import CALLS, Logged, MetricCall, items
from gradtui.instrument.metric_copies import MetricCopies
from gradtui.instrument.metric_values import Elsewhere, number
from gradtui.instrument.step_listeners import StepListener
from gradtui.patching.cuda_capture import capturing
from gradtui.patching.enclosure import Enclosure, enclosure
from gradtui.patching.own_errors import SuppressOwn
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow

OWN = "gradtui"
"""The way of `gradtui.log`."""
PLACES = ((nn.Module, "__init__", ("self",)), (Optimizer, "__init__", ("self",)))
"""Where it is looked for what has been imported, beside backward passes."""


class _Thread(threading.local):
    """Of a thread."""

    def __init__(self) -> None:
        self.outer: list[frozenset[str]] = []
        """Names that calls under way have been given, the innermost last."""


class Imported:
    """A listener that looks for what has been imported since the last call."""

    def __init__(self, capture: "MetricCapture") -> None:
        self._capture = capture

    def begin(self, *given: Any) -> None:
        self._capture.look()

    def again(self, token: Any, value: Any) -> Any:
        return value

    def over(self, token: Any, out: Any) -> None: ...

    def raised(self, token: Any) -> None: ...


class Caller:
    """A listener to one function that programs log with."""

    def __init__(self, capture: "MetricCapture", call: MetricCall) -> None:
        self._capture, self._call = capture, call

    def begin(self, *given: Any) -> Any:
        return self._capture.called(self._call, given)

    def again(self, token: Any, value: Any) -> Any:
        return value

    def over(self, token: Any, out: Any) -> None:
        self._capture.returned()

    def raised(self, token: Any) -> None:
        self._capture.returned()


class MetricCapture(StepListener):
    """Puts what is logged into a queue. Any thread may log; none of them waits for another."""

    def __init__(self, guard: ExceptionGuard, queue: MetricQueue) -> None:
        self._guard, self._meter, self._queue = guard, guard.meter, queue
        self._safely = SuppressOwn(self._told)
        self._own = _Thread()
        self._names: set[str] = set()
        self._modules = -1
        """How many there were at the last look."""
        self._missing = list(CALLS)
        self._enclosed: list[tuple[Enclosure, Any]] = []
        self._copies = MetricCopies(
            queue, lambda text, kind: guard.say(text, key=f"metrics {kind}")
        )
        self.spent = 0.0
        """Seconds of processor time that this has taken so far, in all threads."""

    def install(self) -> None:
        looker = Imported(self)
        for owner, name, wanted in PLACES:
            self._listen(owner, name, wanted, looker, "torch")
        receivers.append(self.log)
        self.look()

    def close(self) -> None:
        """Fetch what is still on its way, and take everything off."""
        with suppress(ValueError):
            receivers.remove(self.log)
        for found, listener in self._enclosed:
            found.leave(listener)
        self._enclosed = []
        with self._safely:
            self._copies.fetch(wait=True)

    def forget(self) -> None:
        """In a forked child: nothing that is under way is its own."""
        self._queue.begin_anew()
        self._copies.begin_anew()
        self._own, self.spent = _Thread(), 0.0

    def step_begins(self, optimizer: Optimizer, closure: bool) -> None:
        if self._copies:
            with self._safely:
                self._copies.fetch()

    # What has been imported

    def look(self) -> None:
        """Give those functions calls of ours whose modules are there by now."""
        if len(sys.modules) == self._modules or not self._missing:
            return
        with self._safely:
            self._modules = len(sys.modules)
            missing, self._missing = self._missing, []
            for call in missing:
                module = sys.modules.get(call.module)
                if module is None:
                    self._missing.append(call)
                elif _begun(module):
                    self._missing.append(call)
                    self._modules = -1  # the same number of modules when it is done
                else:
                    self._enclose(module, call)

    def _enclose(self, module: Any, call: MetricCall) -> None:
        owner = vars(module).get(call.owner) if call.owner else module
        package = call.module.partition(".")[0]
        known = owner is not None and self._listen(
            owner, call.function, call.wanted, Caller(self, call), package
        )
        if not known:
            self._guard.say(f"metrics: {call.module} has no {call.function} that is known here")

    def _listen(
        self, owner: Any, name: str, wanted: tuple[str, ...], listener: Any, package: str
    ) -> bool:
        with self._safely:
            found = enclosure(owner, name, wanted, package=package)
            if found is not None:
                found.listen(listener)
                self._enclosed.append((found, listener))
                return True
        return False

    # What is logged

    def log(self, values: Any, named: dict[str, Any], step: Any) -> None:
        """What the program says to `gradtui.log`; nothing while it records a CUDA graph."""
        if capturing():
            return
        began = time.thread_time()
        with self._safely:
            given = dict(values) if isinstance(values, Mapping) else {}
            self._take(OWN, items({**given, **named}), step)
        self.spent += time.thread_time() - began

    def called(self, call: MetricCall, given: tuple[Any, ...]) -> Any:
        """A function of the program's is about to log; whether its end is to be told."""
        if capturing():
            return None
        began = time.thread_time()
        names: list[str] = []
        with self._safely:
            logged, step = call.read(*given)
            names = self._take(call.way, logged, step)
        if call.hands_on:
            self._own.outer.append(frozenset(map(_plain, names)))
        self.spent += time.thread_time() - began
        return self if call.hands_on else None

    def returned(self) -> None:
        """It is over."""
        if self._own.outer:
            self._own.outer.pop()

    def _take(self, way: str, logged: Logged, step: Any) -> list[str]:
        """Queue what there are numbers of; the names. A framework hands what it was given to loggers that
        are looked at as well: of what it does not change but the names it is known already."""
        now, at, outer = time.time(), self._meter.steps - 1, self._own.outer
        given, names = self._step(step), list[str]()
        for name, value in logged:
            if not isinstance(name, str):
                continue
            name = str.__str__(name)[:LONGEST_NAME]  # of a class of the program's nothing is called
            names.append(name)
            if outer and any(_handed_on(_plain(name), known) for known in outer):
                continue
            if name in self._names or self._is_new(name):
                self._put(name, way, at, given, now, value)
        return names

    def _step(self, step: Any) -> float:
        if step is None:
            return nan
        with self._safely:
            found = number(step)
            return found if isinstance(found, float) else nan
        return nan

    def _is_new(self, name: str) -> bool:
        """Whether there is room for one name more."""
        if not name:
            return False
        if len(self._names) >= MOST_NAMES:
            text = f"metrics: more than {MOST_NAMES} names; {name!r} and what comes after it is left out"
            self._guard.say(text, key="metric names", most=1)
            return False
        self._names.add(name)
        return True

    def _put(self, name: str, way: str, at: int, given: float, now: float, value: Any) -> None:
        with self._safely:
            found = number(value)
            if isinstance(found, float):
                self._queue.put(MetricRow(name, way, at, given, now, found))
            elif isinstance(found, Elsewhere):
                self._copies.send(MetricRow(name, way, at, given, now, nan), found.tensor)

    def _told(self, error: Exception) -> None:
        text = f"metrics: {type(error).__name__}: {str(error)[:200]}"
        self._guard.say(text, key="metrics")


def _begun(module: Any) -> bool:
    """Whether its import is still under way."""
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _plain(name: str) -> str:
    return name.replace("/", "_").replace(".", "_")


def _handed_on(plain: str, outer: frozenset[str]) -> bool:
    """Whether it is one of these names, or what the Trainer's callbacks make of one."""
    return plain in outer or plain.removeprefix("train_") in outer
