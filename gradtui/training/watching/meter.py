"""What watching costs the program: adds up seconds and steps, and says when nothing is awaited."""

import time
from collections.abc import Callable

Clock = Callable[[], float]

COLD = 6.0
"""A call between a program's own work takes that much longer than one in a loop, which is what is
timed: measured with hooks taken off and put on again while a small network trains."""

HOOKS = 2
"""What a step that is let through costs, in such calls."""


class Meter:
    """Everything that we take is in here: the blocks of `Quiet`, which are timed; passages through
    a wrapper that only hands on, too short to be timed each; and processor time of threads of ours,
    which a program waits for because they hold the interpreter.
    """

    __slots__ = (
        "_began",
        "_depth",
        "_seen",
        "_spent",
        "_told",
        "calls",
        "clock",
        "each",
        "elsewhere",
        "idle",
        "lately_elsewhere",
        "steps",
    )

    def __init__(self, clock: Clock = time.perf_counter, each: float | None = None) -> None:
        self.clock = clock
        self.steps = self._told = 0
        """Steps of all optimizers that have begun, hence the number of the next."""
        self.calls = 0
        """Passages that were not timed."""
        self.idle = False
        """Whether nothing of what comes until the next step will be recorded."""
        self.each = time_of_a_call() if each is None else each
        """Seconds for one of `calls`."""
        self.elsewhere: Callable[[], float] = lambda: 0.0
        """Seconds that threads of ours have taken so far."""
        self.lately_elsewhere = 0.0
        """What `take` last had of that."""
        self._spent = self._began = self._seen = 0.0
        self._depth = 0

    def enter(self) -> None:
        """Our own code begins; within more of it that counts once."""
        if not self._depth:
            self._began = self.clock()
        self._depth += 1

    def leave(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._spent += self.clock() - self._began

    def take(self) -> float:
        """Seconds taken since the last call, the block under way included."""
        now = self.clock()
        spent = self._spent + (now - self._began if self._depth else 0.0)
        self._spent, self._began = 0.0, now
        let_through = max(self.steps - self._told - 1, 0)
        spent += (self.calls + HOOKS * let_through) * self.each
        self.calls, self._told = 0, self.steps
        seen = self.elsewhere()
        self.lately_elsewhere, self._seen = max(seen - self._seen, 0.0), seen
        return spent + self.lately_elsewhere

    def begin_anew(self) -> None:
        """In a forked child."""
        self._spent = self._seen = 0.0
        self._depth = self.calls = 0
        self.idle = False
        self.elsewhere = lambda: 0.0


def time_of_a_call(rounds: int = 3, calls: int = 200) -> float:
    """Seconds that a wrapper which does nothing but hand on adds to a call."""

    def work(*args: object, **kwargs: object) -> None:
        return None

    def wrapper(*args: object, **kwargs: object) -> None:
        return work(*args, **kwargs)

    least = 1.0
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(calls):
            wrapper(began, None, None, inputs=None)
        least = min(least, (time.perf_counter() - began) / calls)
    return COLD * least
