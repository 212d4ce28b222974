"""How long a run will be by a schedule of its learning rate, where no loop tells: as long as the schedule.

It is looked for among the variables of the program; nothing of it is called, wrapped or kept alive.
"""

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import FrameType
from typing import Any, NamedTuple

from gradtui.nan_trace.source_lines import Variables
from gradtui.patching.own_errors import suppress_own

HELD = 64
"""Things within one that are looked through for a schedule, at most."""
DEEPEST = 4
"""Schedules within one another."""
LONGEST = 1 << 50
"""Steps that are believed."""
DOUBT = 0.1
"""Part of a stretch by which it may be longer or shorter than it was seen to be."""
TRANSFORMERS = "num_training_steps"
"""What transformers' schedules, which are torch's LambdaLR, are made with."""


class Scheduled(NamedTuple):
    """Steps of all optimizers, those before included, and how many of them one of the schedule's has."""

    steps: int
    each: float


def schedules(frames: Iterable[FrameType], variables: Variables) -> Iterator[Any]:
    """Torch's schedules among the variables of these frames, and in what those hold by name."""
    kind = _kind("LRScheduler")
    if kind is None:
        return
    for frame in frames:
        known: list[Any] = []
        with suppress_own:
            known = list(variables(frame).values())
        for thing in known:
            if issubclass(type(thing), kind):
                yield thing
            else:
                yield from (one for one in _within(thing) if issubclass(type(one), kind))


def length(schedule: Any, depth: int = 0) -> int:
    """How often it is meant to be stepped; 0 where that is not known. A rate that only rises is a warm-up:
    what comes after it is not told."""
    kind, own = type(schedule), _own(schedule)
    found: Any = 0
    if kind is _kind("OneCycleLR"):
        found = own.get("total_steps")
    elif kind is _kind("CosineAnnealingLR"):
        found = own.get("T_max")
    elif kind is _kind("PolynomialLR"):
        found = own.get("total_iters")
    elif kind is _kind("LinearLR"):
        ends = own.get("start_factor"), own.get("end_factor")
        falls = all(isinstance(end, (int, float)) for end in ends) and ends[0] > ends[1]  # type: ignore[operator]
        found = own.get("total_iters") if falls else 0
    elif kind is _kind("SequentialLR") and depth < DEEPEST:
        parts, bounds = own.get("_schedulers"), own.get("_milestones")
        if type(parts) is list and type(bounds) is list and parts and bounds:
            last = length(parts[-1], depth + 1)
            found = bounds[-1] + last if last and type(bounds[-1]) is int else 0
    elif kind is _kind("LambdaLR"):
        made = own.get("lr_lambdas")
        first = made[0] if type(made) is list and made else None
        found = first.keywords.get(TRANSFORMERS) if type(first) is partial else 0
    whole = type(found) is int or (type(found) is float and found.is_integer())
    return int(found) if whole and 0 < found <= LONGEST else 0


class ScheduleClock:
    """`search` and `look` before steps; `found` is what the schedule says of all steps, None where it says
    nothing that has been seen to hold."""

    def __init__(self) -> None:
        self.found: Scheduled | None = None
        self._schedule: Callable[[], Any] | None = None
        self._over = False
        """Whether the program has gone on beyond the end of its schedule."""
        self._begin(-1, 0)

    def _begin(self, ticks: int, steps: int) -> None:
        """From now on it is counted how many steps one of the schedule's takes."""
        self._ticks, self._looked = ticks, steps
        self._first: tuple[int, int, int] | None = None
        """Of the first time that it was seen to have gone on: its count, steps, and how many of these it may
        have been before."""

    def search(self, frames: Iterable[FrameType], variables: Variables) -> None:
        """Take the longest schedule that there is, where none is followed yet."""
        if self._over or (self._schedule is not None and self._schedule() is not None):
            return
        known = [one for one in schedules(frames, variables) if length(one)]
        if known:
            self._schedule = weakref.ref(max(known, key=length))
            self.found = None
            self._begin(-1, 0)

    @property
    def follows(self) -> bool:
        """Whether there is one to look at."""
        return self._schedule is not None and not self._over

    def look(self, steps: int) -> Scheduled | None:
        """`steps` have been taken, and another is about to be."""
        schedule = self._schedule() if self._schedule is not None else None
        ticks = _own(schedule).get("last_epoch")
        if type(ticks) is not int or self._over:
            self.found = None
            return None
        whole = length(schedule)
        if ticks >= whole:
            self._over, self.found = True, None
        elif ticks < self._ticks or self._ticks < 0:
            self._begin(ticks, steps)
        elif ticks > self._ticks:
            self._gone_on(ticks, steps, whole)
        self._ticks, self._looked = ticks, steps
        return self.found

    def _gone_on(self, ticks: int, steps: int, whole: int) -> None:
        doubt = steps - self._looked - 1
        if self._first is None:
            self._first = ticks, steps, doubt
            return
        before, since, at_first = self._first
        span = steps - since
        if span == ticks - before or doubt + at_first <= DOUBT * span:
            each = span / (ticks - before)
            self.found = Scheduled(steps + round((whole - ticks) * each), each)


def _kind(name: str) -> type | None:
    """A class of torch's schedules; None while nobody has imported them."""
    module = sys.modules.get("torch.optim.lr_scheduler")
    return None if module is None else vars(module).get(name)


def _own(thing: Any) -> Mapping[str, Any]:
    """Its attributes, without asking for them."""
    with suppress_own:
        found = object.__getattribute__(thing, "__dict__")
        return found if type(found) is dict else {}
    return {}


def _within(thing: Any) -> list[Any]:
    """What it holds by name, or in a plain list."""
    with suppress_own:
        if type(thing) in (list, tuple):
            return list(thing[:HELD])
        held = thing if type(thing) is dict else _own(thing)
        return [] if len(held) > HELD else list(held.values())
    return []
