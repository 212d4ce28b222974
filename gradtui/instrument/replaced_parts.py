"""Whether a part of a model was made anew, and its optimizer was not: looked for in the graphs of losses, at
a cadence, all through the run."""

from collections.abc import Callable, Sequence

from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.core.wiring import Faults
from gradtui.instrument.unstepped_parameters import replaced

APART = 10
"""Steps between two looks that agree, at least."""
TRIES = 3
"""Looks at a graph with parameters that nobody steps, after which it is left at that."""


class ReplacedParts:
    """`look`, and `told` is what is known by now. `stepped` gives what optimizers hold."""

    def __init__(self, stepped: Callable[[], Sequence[Tensor]] = list) -> None:
        self._stepped = stepped
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._last: tuple[int, Faults] = (0, ())
        self._tries = 0

    @property
    def pending(self) -> bool:
        """Whether something was found that another look is to agree with."""
        return bool(self._last[1]) and not self.told and self._tries < TRIES

    def look(self, graph: Graph, step: int) -> None:
        if self.told or self._tries >= TRIES:
            return
        leaves = [leaf for ref in graph.leaves.values() if (leaf := ref()) is not None]
        stepped = self._stepped()
        held, reached = {id(one) for one in stepped}, {id(leaf) for leaf in leaves}
        if reached <= held or held <= reached:
            return
        first, before = self._last
        if before and step - first < APART:
            return
        found = replaced(leaves, stepped)
        self._tries += not found
        if found and found == before:
            self.told = found
        elif found != before:
            self._last = step, found
