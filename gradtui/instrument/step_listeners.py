"""Who is told of backward passes and steps, and in which order: `Watcher` lists them."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.autograd.loss_factors import Value
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.patching.cuda_capture import capturing


class StepListener:
    """Does nothing; a part of the instrumentation overrides what it wants to be told. Nothing is told
    of steps that are let through."""

    __slots__ = ()

    def backward_begins(self, roots: Any) -> None:
        """A backward pass from `roots` is about to begin."""

    def backward_within(self, roots: Any) -> None:
        """One begins within another one, as reentrant checkpoints have it."""

    def loss_seen(self, loss: Tensor, value: Value) -> None:
        """What the pass is of is one number, `value` without a scale."""

    def backward_ended(self) -> None:
        """A pass is over, whether it has raised or not."""

    def backward_done(self) -> None:
        """It has not."""

    def first_step(self) -> None:
        """An optimizer is about to take its first step, the first of the program."""

    def step_begins(self, optimizer: Optimizer, closure: bool) -> None:
        """A step is about to be taken; `closure`: backward passes are part of it."""

    def step_skipped(self, optimizer: Any, scaling: Any) -> None:
        """A gradient scaler has thrown a step away (`Scaling`)."""


class FirstLooks(StepListener):
    """One that looks at the first steps, until it has seen enough or cannot look any more: then it stops."""

    def __init__(self, guard: ExceptionGuard, doing: str) -> None:
        self._guard, self._doing = guard, doing

    def stop(self) -> None:
        """Nothing is looked at any more, and nothing kept."""
        raise NotImplementedError

    def _run(self, look: Callable[[], bool]) -> None:
        """`look` says whether there is more to be seen."""
        on = False
        with self._guard(self._doing):
            on = not capturing() and look()
        if not on:
            self.stop()


class StepListeners:
    """Calls them in the order in which they were given, those that have overridden a method."""

    def __init__(self) -> None:
        self.all: tuple[StepListener, ...] = ()
        self.listen()

    def listen(self, *listeners: StepListener) -> None:
        """From now on these, in this order."""
        self.all = listeners
        self.backward_begins = self._each("backward_begins")
        self.backward_within = self._each("backward_within")
        self.loss_seen = self._each("loss_seen")
        self.backward_ended = self._each("backward_ended")
        self.backward_done = self._each("backward_done")
        self.first_step = self._each("first_step")
        self.step_begins = self._each("step_begins")
        self.step_skipped = self._each("step_skipped")

    def _each(self, name: str) -> Callable[..., None]:
        nothing = getattr(StepListener, name)
        calls = [getattr(one, name) for one in self.all if getattr(type(one), name) is not nothing]

        def tell(*arguments: Any) -> None:
            for call in calls:
                call(*arguments)

        return tell
