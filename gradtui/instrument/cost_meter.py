"""What watching costs the program: adds up seconds and steps, and says when nothing is awaited."""

import time
from collections import deque
from collections.abc import Callable

from gradtui.instrument.thread_usage import ThreadUsage, usage_of_this_thread

Clock = Callable[[], float]

COLD = 6.0
"""A call between a program's own work takes that much longer than one in a loop, which is what is
timed: measured with hooks taken off and put on again while a small network trains."""

HOOKS = 4
"""What the two hooks around every step cost, in such calls, the row that a step leaves with them: 6
microseconds where one is 1.5."""

SAMPLED = 32
"""Every how manieth step that is let through it is timed what being there takes: where steps are long
no cache holds our code by then, and a call takes five times what it takes in a small network."""
ASKEW = SAMPLED // 2 + 1
"""Of so many steps the how manieth: records come at even ones."""
SAMPLES = 5
"""Such steps of which the median counts."""
PARTS = 2
"""Passages of a step, at least, for it to tell anything: those before and after it."""

AFTER, FULL = 0.4, 4e-4
"""What the program's own work loses after work of ours, in parts of it and in seconds at most: the
caches of the processor hold our code and data then. Measured with records at every 32nd step of a
small network: the step that one is taken in and the next take longer by 1.3 to 1.6 times what is
timed. A second-level cache of 1 MiB is full again after some 0.4 ms."""
THERE_AFTER, THERE_FULL = 0.5, 3.5e-5
"""The same of being there at a step that is let through, in parts of what that is timed at and in seconds a
step at most. Measured in one process without any records, arms drawn at random for blocks of eight steps,
medians of 2,400 and 3,000: of 200 small tensors (4.7 ms a step) 57 microseconds are timed and a step takes 92
longer, of a CNN (5.6 ms) 65 and 100, of an MLP (12 ms) 154 to 168 and 57 to 130. What is cold there for us is
so for the program as well, and is timed already."""


class CostMeter:
    """Everything that we take is in here, in processor time of the thread that trains: the blocks of
    `ExceptionGuard` and of `CallRecorder`, which are timed, with what they do to the caches; passages
    through a wrapper that only hands on, too short to be timed each; and that of threads of ours, which
    a program waits for because they hold the interpreter.
    """

    __slots__ = (
        "_after",
        "_began",
        "_depth",
        "_norms",
        "_passed",
        "_sample",
        "_sample_from",
        "_samples",
        "_seen",
        "_since",
        "_spent",
        "_there_after",
        "_told",
        "calls",
        "clock",
        "each",
        "elsewhere",
        "idle",
        "lately_norms",
        "lately_passed",
        "lately_timed",
        "resting",
        "sampling",
        "steps",
        "usage",
        "wall",
    )

    def __init__(
        self,
        clock: Clock = time.thread_time,
        each: float | None = None,
        after: float = AFTER,
        there_after: float = THERE_AFTER,
        wall: Clock = time.perf_counter,
        usage: Callable[[], ThreadUsage | None] = usage_of_this_thread,
    ) -> None:
        self.clock, self.wall, self.usage, self._after = clock, wall, usage, after
        self._there_after = there_after
        self.steps = self._told = 0
        """Steps of all optimizers that have begun, hence the number of the next."""
        self.calls = 0
        """Passages that were not timed."""
        self.idle = False
        """Whether nothing of what comes until the next step will be recorded."""
        self.resting: list[Callable[[bool], None]] = []
        """Told when that changes: what can be taken off meanwhile is. They do not raise."""
        self.each = time_of_a_call() if each is None else each
        """Seconds for one of `calls`, where a network is small."""
        self.elsewhere: Callable[[], float] = lambda: 0.0
        """Seconds that threads of ours have taken so far."""
        self.lately_passed = 0.0
        """What `take` last had of steps that were let through."""
        self.lately_norms = 0.0
        """And in norms of steps that were let through."""
        self.lately_timed = 0.0
        """And of what was timed, caches included."""
        self._spent = self._began = self._since = self._seen = self._passed = self._norms = 0.0
        self._depth = 0
        self.sampling = False
        """Whether passages of this step are timed: `sampled` is told of each."""
        self._samples: deque[float] = deque(maxlen=SAMPLES)
        self._sample: list[float] = []
        self._sample_from = 0.0, 0

    def enter(self) -> None:
        """Our own code begins; within more of it that counts once."""
        if not self._depth:
            self._began, self._since = self.clock(), self.wall()
        self._depth += 1

    def leave(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._spent += self._passed_since()

    def _passed_since(self) -> float:
        """Where several threads train, a block may end on another one's clock than it began."""
        return min(max(self.clock() - self._began, 0.0), self.wall() - self._since)

    def passed(self) -> None:
        """A step was let through: what it took so far is not the next record's own."""
        self._passed += self._spent
        self._spent = 0.0

    def took_norms(self, cost: float) -> None:
        """Norms of a step that is let through took so many seconds: what is read is what the optimizer
        reads next, so that no cache is the worse for it."""
        self._norms += cost

    def step_passes(self) -> None:
        """A step is about to be let through: of some that is when their sample begins, and it ends at the
        next."""
        if self.sampling:
            self._end_sample()
        elif self.steps % SAMPLED == ASKEW:
            self._learn()
            self.sampling = True
            self._sample_from = self._told_apart(), self._units()

    def sampled(self, seconds: float) -> None:
        """A passage of a step that is sampled took so long."""
        self._sample.append(seconds)

    def _end_sample(self) -> None:
        """The passage under way is still to be told."""
        self.sampling = False
        apart, units = self._sample_from
        self._sample_from = self._told_apart() - apart, self._units() - units

    def _told_apart(self) -> float:
        """Seconds since the last `take` that are charged by themselves, within passages or not."""
        return self._spent + self._passed + self._norms

    def _units(self) -> int:
        return self.calls + HOOKS * (self.steps - self._told)

    @property
    def unit(self) -> float:
        """Seconds for one of `calls`, between the program's own work as far as that is known."""
        found = sorted(self._samples)  # a program may have a module called statistics of its own
        return found[len(found) // 2] if found else self.each

    def _learn(self) -> None:
        """From the sample that is complete."""
        apart, units = self._sample_from
        if not self.sampling and len(self._sample) > PARTS and units > 0:
            self._samples.append(max(sum(self._sample) - apart, 0.0) / units)
        self.sampling, self._sample = False, []

    def rest(self, idle: bool) -> None:
        """Nothing is awaited, or something is again."""
        if idle is not self.idle:
            self.enter()
            self.idle = idle
            for part in self.resting:
                part(idle)
            self.leave()

    def take(self) -> float:
        """Seconds taken since the last call, the block under way included."""
        timed = self._spent + (self._passed_since() if self._depth else 0.0)
        self._spent, self._began, self._since = 0.0, self.clock(), self.wall()
        self.lately_timed = timed + min(self._after * timed, FULL)
        self._learn()
        there = self._units() * self.unit
        there += min(self._there_after * there, THERE_FULL * (self.steps - self._told))
        self.lately_passed = self._passed * (1 + self._after)
        self.lately_norms, self._norms = self._norms, 0.0
        self._passed = 0.0
        there += self.lately_passed + self.lately_norms
        self.calls, self._told = 0, self.steps
        seen = self.elsewhere()
        elsewhere, self._seen = max(seen - self._seen, 0.0), seen
        return self.lately_timed + there + elsewhere

    def begin_anew(self) -> None:
        """In a forked child."""
        self._spent = self._seen = self._passed = self._norms = 0.0
        self._depth = self.calls = 0
        self.sampling, self._sample = False, []
        self.rest(False)
        self.elsewhere = lambda: 0.0


def time_of_a_call(rounds: int = 3, calls: int = 200) -> float:
    """Seconds that a wrapper which does nothing but hand on adds to a call."""

    def work(*args: object, **kwargs: object) -> None:
        return None

    def wrapper(*args: object, **kwargs: object) -> None:
        return work(*args, **kwargs)

    least = 1.0
    for _ in range(rounds):
        began = time.thread_time()
        for _ in range(calls):
            wrapper(began, None, None, inputs=None)
        least = min(least, (time.thread_time() - began) / calls)
    return COLD * least
