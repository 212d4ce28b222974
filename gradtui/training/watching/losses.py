"""The loss, seen where a program calls backward."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.training.tensors import local
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet


@dataclass(frozen=True, slots=True)
class Loss:
    """The mean of the scalars on which backward was called since the last step, micro-batches of
    an accumulated gradient that is; `count` says how many there were."""

    value: Tensor | None = None
    count: int = 1


class Losses:
    """Wraps torch.autograd.backward, which Tensor.backward calls too.

    A backward within another one (checkpointing) is not counted.
    """

    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._values: list[Tensor] = []
        self._stale = False
        self._scaled: tuple[weakref.ref[Tensor], Tensor] | None = None
        self.depth = 0
        self.before: Callable[[Any], None] = lambda tensors: None
        self.after: Callable[[], None] = lambda: None

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "backward", self._around)

    def take(self) -> Loss:
        """For the step that is being taken. Another optimizer that steps before the next backward
        gets the same."""
        self._stale = True
        return self.seen()

    def used(self) -> None:
        """What has been seen so far belongs to a step that is over."""
        self._stale = True

    def seen(self) -> Loss:
        """As `take`, but more may come."""
        if not self._values:
            return Loss()
        if len(self._values) == 1:
            return Loss(_scalar(self._values[0]))
        home = self._values[-1].device
        values = [_scalar(value).to(home, non_blocking=True) for value in self._values]
        return Loss(torch.stack(values).mean(), len(values))

    def unscaled(self, scaled: Tensor, loss: Tensor) -> None:
        """Backward will be called on `scaled`; the loss is `loss`."""
        self._scaled = weakref.ref(scaled), loss.detach().clone()

    def forget(self) -> None:
        self._values, self._stale, self.depth, self._scaled = [], False, 0, None

    def _around(self, original: Callable[..., Any], tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if self.depth or torch.compiler.is_compiling():
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
        with self._quiet("the end of a backward pass"):
            self.after()
        return out

    def note(self, tensors: Any, seeds: Any = None) -> None:
        """A backward pass from `tensors` begins; it is a loss if it is one number."""
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
            self._values.append(one.detach().clone())


def _scalar(tensor: Tensor) -> Tensor:
    """[] float64."""
    value = local(tensor).detach().reshape(())
    return (value.abs() if value.is_complex() else value).to(torch.float64)
