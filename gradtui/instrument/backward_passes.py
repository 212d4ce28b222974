"""Backward passes as they were seen: of which numbers, how these were made into a loss, and whether they
are still on their device."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.autograd.loss_factors import UNKNOWN, LossFactors, Value, plain_factors, times
from gradtui.core.layout import FloatArray
from gradtui.instrument.step_loss import Part, StepLoss, Windows, sums_of
from gradtui.stats.tensors import local

NAN = float("nan")
REAL = frozenset((torch.float32, torch.float64, torch.bfloat16, torch.float16))
WIDE = 1 << 16
"""Values of which a loss is the weighted sum, at most."""


class Pass(NamedTuple):
    """One backward pass, as `Part` has it, of numbers that may still be on their device."""

    value: Value
    end: LossFactors | None
    """None where it was not looked at."""
    seed: Value
    kept: bool
    missed: frozenset[int] = frozenset()
    """Ids of optimizers whose gradients it has not added to, or not to those of the next step."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The backward passes since the last step, from which `sums` has its loss and its objective."""

    passes: tuple[Pass, ...] = ()
    windows: Windows | None = None
    forgotten: int = 0
    """Passes before these, of which there were too many to be kept: the objective is then unknown."""

    @property
    def count(self) -> int:
        return max(self.forgotten + len(self.passes), 1)

    def remote(self) -> list[Tensor]:
        """Numbers that are on another device, as `sums` wants them."""
        return [one for done in self.passes for one in _numbers(done) if isinstance(one, Tensor)]

    def sums(self, remote: FloatArray | None = None) -> StepLoss | None:
        """[...] the values of `remote` in its order; None where no loss was seen."""
        if not self.passes:
            return None
        rest = iter(()) if remote is None else iter(remote.tolist())
        parts = []
        for done, end in zip(self.passes, self._endings(), strict=True):
            numbers = [next(rest) if isinstance(n, Tensor) else n for n in _numbers(done)]
            factors = numbers[2:] if done.end is not None else end.factors
            plain = tuple(plain_factors(factors))
            parts.append(Part(numbers[0], end.kind, plain, end.summed, numbers[1], done.kept))
        sums = sums_of(parts, self.windows or Windows())
        return sums._replace(objective=NAN) if self.forgotten else sums

    def _endings(self) -> list[LossFactors]:
        """One that was not looked at counts as like the next that was."""
        out, latest = [], UNKNOWN
        for done in reversed(self.passes):
            latest = latest if done.end is None else done.end
            out.append(latest)
        return out[::-1]


def _numbers(done: Pass) -> list[Value]:
    return [done.value, done.seed, *(() if done.end is None else done.end.factors)]


def in_full(done: Pass | float) -> Pass:
    return Pass(done, None, 1.0, False) if isinstance(done, float) else done


def is_broken(done: Pass | float) -> bool:
    value = done if isinstance(done, float) else done.value
    return isinstance(value, float) and not isfinite(value)


def weighted_sum(one: Any, seed: Any) -> Value | None:
    """The sum of these values with `seed` as weights, 1 where there are none. None where that is no loss:
    weights are not below zero, as gradients are that are handed on."""
    plain = isinstance(one, Tensor) and one.dtype in REAL and 0 < one.numel() <= WIDE
    if not plain or (seed is None and one.numel() != 1):
        return None
    if seed is None:
        return value_of(one)
    if not isinstance(seed, Tensor) or seed.shape != one.shape or seed.dtype not in REAL:
        return None
    if one.numel() == 1:
        return times(value_of(one), (value_of(seed),))
    if not (one.is_cpu and seed.is_cpu and type(one) is type(seed) is Tensor):
        return None  # whether weights are below zero would be waited for
    weights = seed.detach().double()
    return None if bool(weights.min() < 0) else value_of((one.detach().double() * weights).sum())


def value_of(loss: Tensor) -> Value:
    """On a CPU a look is free, and keeps nothing alive; elsewhere it would wait for the device."""
    if type(loss) is Tensor and loss.is_cpu:
        value = loss.item()
        return float(abs(value)) if isinstance(value, complex) else float(value)
    scalar = local(loss).detach().reshape(())
    # Not a view: a program may go on computing in place.
    return (scalar.abs() if scalar.is_complex() else scalar).to(torch.float64, copy=True)
