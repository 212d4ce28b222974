"""Optimizers that take turns: thinning must not keep the steps of one and lose the other's."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import IntArray

LONGEST = 64
"""Steps of the longest round; an optimizer that steps more seldom has no part in one."""


def round_length(steps: IntArray, optimizers: IntArray) -> int:
    """How many steps it takes until every optimizer has had its turn: 2 for a GAN, 6 for one whose
    critic steps five times, 1 with a single optimizer.

    `steps` [n] rise, `optimizers` [n] says whose they are.
    """
    longest = 1.0
    if len(steps) and optimizers.min() != optimizers.max():
        for one in np.unique(optimizers):
            own = steps[optimizers == one]
            gap = (float(own[-1]) - float(own[0])) / (len(own) - 1) if len(own) > 1 else np.inf
            if gap <= LONGEST:
                longest = max(longest, gap)
    return round(longest)


def seldom(taken: Mapping[int, int]) -> frozenset[int]:
    """Optimizers with less than one step in LONGEST; `taken` has the steps of each."""
    if len(taken) == 1:
        return frozenset()
    enough = sum(taken.values()) / LONGEST
    return frozenset(one for one, count in taken.items() if count < enough)


def on_lattice(steps: IntArray, period: int, stride: int) -> npt.NDArray[np.bool_]:
    """[...] whether each step stays when of all rounds of `period` steps every `stride`-th is kept."""
    kept: npt.NDArray[np.bool_] = steps // period % stride == 0
    return kept


class RoundLength:
    """The length of a round, found out from the first ENOUGH steps: of one program it is the same
    on every rank."""

    ENOUGH = 512

    def __init__(self) -> None:
        self.period = 1
        self._steps = np.empty(0, np.int64)
        self._optimizers = np.empty(0, np.int64)

    def see(self, steps: IntArray, optimizers: IntArray) -> int:
        """Look at steps in the order in which they were taken; the length so far."""
        room = self.ENOUGH - len(self._steps)
        if room > 0:
            self._steps = np.append(self._steps, steps[:room])
            self._optimizers = np.append(self._optimizers, optimizers[:room])
            self.period = max(self.period, round_length(self._steps, self._optimizers))
        return self.period
