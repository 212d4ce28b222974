"""The loss, seen where a program calls backward."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from gradtui.training.tensors import local
from gradtui.training.watching.outlook import Outlook, look_ahead
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet
from gradtui.training.watching.scout import Scout

Value = float | Tensor
"""Of a loss: a number where reading it makes nobody wait, else [] float64 on its device."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The mean of the scalars on which backward was called since the last step, micro-batches of
    an accumulated gradient that is; `count` says how many there were."""

    value: Value | None = None
    count: int = 1


class Losses:
    """Wraps torch.autograd.backward, which Tensor.backward calls too.

    A backward within another one (checkpointing) is not counted. While the meter says that nothing
    is awaited, a call costs no more than being handed on, or than reading one number.
    """

    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._values: list[Value] = []
        self._stale = False
        self._scaled: tuple[weakref.ref[Tensor], Value] | None = None
        self._scout = Scout(quiet)
        self.outlook: Outlook | None = Outlook(scout=self._scout)
        """What the first loss has told of the task."""
        self._looked = False
        self.depth = 0
        self.before: Callable[[Any], None] = lambda tensors: None
        self.graph: Callable[[Tensor, Value], None] = lambda loss, value: None
        """Called with each loss whose backward pass begins, and what it is without a scale."""
        self.over: Callable[[], None] = lambda: None
        """Called at the end, whether it raised or not; then `after`, where it has not."""
        self.after: Callable[[], None] = lambda: None

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "backward", self._around, loose=True)

    def take(self) -> Loss:
        """For the step that is being taken. Another optimizer that steps before the next backward
        gets the same."""
        self._stale = True
        return self.seen()

    @property
    def broken(self) -> bool:
        """Whether any of them is no number, as far as that is known without waiting."""
        return any(type(value) is float and not isfinite(value) for value in self._values)

    def used(self) -> None:
        """What has been seen so far belongs to a step that is over."""
        self._stale = True

    def drop_used(self) -> None:
        """Nothing was seen of the step that is being taken, unless something was since."""
        if self._stale:
            self._values = []

    def seen(self) -> Loss:
        """As `take`, but more may come."""
        if not self._values:
            return Loss()
        if len(self._values) == 1:
            return Loss(self._values[0])
        count = len(self._values)
        numbers = [value for value in self._values if not isinstance(value, Tensor)]
        if len(numbers) == count:
            return Loss(sum(numbers) / count, count)
        tensors = [value for value in self._values if isinstance(value, Tensor)]
        home = tensors[-1].device
        total = torch.stack([value.to(home, non_blocking=True) for value in tensors]).sum()
        return Loss((total + sum(numbers)) / count, count)

    def unscaled(self, scaled: Tensor, loss: Tensor) -> None:
        """Backward will be called on `scaled`; the loss is `loss`."""
        self._look(loss)
        self._scaled = weakref.ref(scaled), _value(loss)

    def forget(self) -> None:
        self._values, self._stale, self.depth, self._scaled = [], False, 0, None
        self._scout.forget()

    def note(self, tensors: Any, seeds: Any = None) -> None:
        """A backward pass from `tensors` begins; it is a loss if it is one number."""
        self._scout.look(tensors)
        if self._stale:
            self._values, self._stale = [], False
        one = tensors[0] if isinstance(tensors, (list, tuple)) and len(tensors) == 1 else tensors
        if not isinstance(one, Tensor) or one.numel() != 1:
            return
        if seeds is not None and not (isinstance(seeds, Tensor) and seeds.numel() == 1):
            return
        if self._scaled is not None and self._scaled[0]() is one:
            self._values.append(self._scaled[1])
        else:
            self._look(one)
            self._values.append(_value(one))
        self.graph(one, self._values[-1])

    def _look(self, loss: Tensor) -> None:
        if not self._looked:
            self._looked = True
            with self._quiet("looking at the first loss"):
                self.outlook = replace(look_ahead(loss), scout=self._scout)

    def _glimpse(self, tensors: Any) -> None:
        """As `note`, of a plain loss alone."""
        if type(tensors) is Tensor and tensors.is_cpu and tensors.numel() == 1:
            if self._stale:
                self._values, self._stale = [], False
            self._values.append(_value(tensors))

    def _around(self, original: Callable[..., Any], tensors: Any, *args: Any, **kwargs: Any) -> Any:
        meter = self._quiet.meter
        if meter.idle and meter.glancing and not self.depth:
            self._glimpse(tensors)
        if meter.idle or self.depth:
            return original(tensors, *args, **kwargs)
        with self._quiet("a backward pass"):
            seeds = args[0] if args else kwargs.get("grad_tensors")
            self.before(tensors)
            self.note(tensors, seeds)
        self.depth += 1
        try:
            out = original(tensors, *args, **kwargs)
        finally:
            self.depth = 0
            self.over()
        self.after()
        return out


def _value(loss: Tensor) -> Value:
    """On a CPU a look is free, and keeps nothing alive; elsewhere it would wait for the device."""
    if type(loss) is Tensor and loss.is_cpu:
        value = loss.item()
        return float(abs(value)) if isinstance(value, complex) else float(value)
    scalar = local(loss).detach().reshape(())
    # Not a view: a program may go on computing in place.
    return (scalar.abs() if scalar.is_complex() else scalar).to(torch.float64, copy=True)
