"""Whether a program loads other weights into its model while it trains, and goes on from these.

`load_state_dict` is looked at, and the weights before and after it: to load averages for an evaluation and
to put the weights back is no change. What is loaded before the first step is a beginning.
"""

from collections.abc import Callable, Sequence, Set
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.wiring import WEIGHTS_LOADED, Faults
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.instrument.patches import Begun, Patches
from gradtui.stats.tensors import PLAIN_TYPES

OFTEN = 3
"""Times from which on it is told: a run is taken back to its best weights once or twice."""
Sums = tuple[float, ...]
"""Of the weights of a module, as `sums_of` gives them."""


class WeightLoads:
    """`install` it, and `told` is what is known by now. `optimizers` gives those of the program, and `news`
    is called when more is told."""

    def __init__(
        self,
        guard: ExceptionGuard,
        meter: CostMeter,
        optimizers: Callable[[], Sequence[Optimizer]],
        news: Callable[[], None],
    ) -> None:
        self._guard, self._meter, self._news = guard, meter, news
        self._optimizers = optimizers
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._said = 0
        """How many times that was when it was last told."""
        self._times = 0
        self._step = -1
        """Steps that had been taken at the last loads."""
        self._changed = False
        """Whether the weights are other ones than before these."""
        self._before: dict[int, Sums] = {}
        """By the id of the module."""

    def install(self, patches: Patches) -> None:
        patches.enclose(nn.Module, "load_state_dict", ("self",), self._around)

    def _around(self, module: Any) -> Begun:
        step = self._meter.steps
        with self._guard("weights that are loaded"):
            self._begins(module, step)
        yield
        with self._guard("weights that are loaded"):
            self._ends(module)

    def _begins(self, module: nn.Module, step: int) -> None:
        if step != self._step:
            self._count()
            self._step, self._changed, self._before = step, False, {}
        if step and id(module) not in self._before and (sums := self._sums(module)):
            self._before[id(module)] = sums

    def _ends(self, module: nn.Module) -> None:
        before = self._before.get(id(module))
        if before is not None:
            self._changed = self._sums(module) != before

    def _sums(self, module: nn.Module) -> Sums:
        stepped = {id(one) for each in self._optimizers() for one in parameters_of(each)}
        return sums_of(module, stepped)

    def _count(self) -> None:
        """Steps were taken since the last loads: with the weights as these have left them."""
        self._times += self._changed
        if self._times >= max(OFTEN, 2 * self._said):  # not told again each time
            self._said = self._times
            words = (
                f"load_state_dict() has put other weights into the model {self._times} times between two "
                f"steps, last after step {self._step - 1:,}"
            )
            self.told = ((WEIGHTS_LOADED, words),)
            self._news()


def sums_of(module: nn.Module, stepped: Set[int]) -> Sums:
    """[3 a parameter] of each of its parameters that is stepped: its sum, and its first and last element.
    `stepped`: ids. Empty where one is on another device, which would have to be waited for."""
    found: list[float] = []
    with torch.no_grad():
        for one in module.parameters():
            if id(one) not in stepped:
                continue
            if not _at_hand(one):
                return ()
            flat = one.detach().reshape(-1)
            found += [float(flat.sum(dtype=torch.float64)), float(flat[0]), float(flat[-1])]
    return tuple(found)


def _at_hand(one: Tensor) -> bool:
    """Whether its values can be read without waiting for anything."""
    plain = type(one) in PLAIN_TYPES and one.is_cpu and one.layout is torch.strided
    return plain and one.is_floating_point() and one.numel() > 0
