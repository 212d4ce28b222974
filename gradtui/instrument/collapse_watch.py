"""Whether what a loss is to keep apart has become one: latent units, outputs that are compared.

The loss comes down while that happens, and no gradient shows it. Looked at where activations are.
"""

from typing import Any, NamedTuple

from gradtui.autograd.compared_outputs import spread_of_compared
from gradtui.autograd.graph import Graph
from gradtui.autograd.latent_units import ACTIVE, latent_units
from gradtui.core.wiring import COLLAPSED_OUTPUT, UNUSED_LATENT, Faults

FIRST = 3
"""Looks that tell what the spread was at first."""
LATENT, OUTPUT = (3, 150), (2, 100)
"""Looks in a row that have to agree, and steps between the first of them and the last, at least: sound
autoencoders may begin to use their latent late."""
FALLEN = 1 / 3
"""Of the spread at first, and in all: of outputs that lie about a point."""


class Looks(NamedTuple):
    """In a row, that agree: how many, and the steps of the first and the last."""

    looks: int
    first: int
    last: int

    def then(self, step: int) -> "Looks":
        return Looks(self.looks + 1, self.first if self.looks else step, step)

    def lasts(self, enough: tuple[int, int]) -> bool:
        """`enough`: looks, and steps between the first and the last."""
        looks, apart = enough
        return self.looks >= looks and self.last - self.first >= apart


NONE = Looks(0, 0, 0)


class CollapseWatch:
    """`look` at the graphs of losses, at a cadence; `told` is what holds now."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._latent = self._output = ""
        self._unused = NONE
        """The last looks, those that found no active unit."""
        self._alike = NONE
        """And those that found outputs alike."""
        self._first = 0.0
        """Largest spread of the first looks."""
        self._spreads = 0

    @property
    def told(self) -> Faults:
        latent = ((UNUSED_LATENT, self._latent),) if self._latent else ()
        output = ((COLLAPSED_OUTPUT, self._output),) if self._output else ()
        return (*latent, *output)

    def look(self, graph: Graph, nodes: list[Any], step: int) -> None:
        """At the graph of the loss of that step; both as `readable` gives them. No node is kept."""
        self._look_at_latent(graph, nodes, step)
        self._look_at_output(graph, nodes, step)

    def _look_at_latent(self, graph: Graph, nodes: list[Any], step: int) -> None:
        found = latent_units(graph, nodes)
        if found is None:
            return
        self._unused = NONE if found.active else self._unused.then(step)
        if not self._unused.lasts(LATENT):
            self._latent = ""
        elif not self._latent:
            self._latent = (
                f"none of {found.units} latent units is active: the mean of each varies by less than "
                f"{ACTIVE:g} over a batch, at {self._unused.looks} looks from step {self._unused.first:,} on"
            )

    def _look_at_output(self, graph: Graph, nodes: list[Any], step: int) -> None:
        spread = spread_of_compared(graph, nodes)
        if spread is None:
            return
        self._spreads += 1
        if self._spreads <= FIRST:
            self._first = max(self._first, spread)
        alike = spread < FALLEN * min(self._first, 1.0) and spread < FALLEN
        self._alike = self._alike.then(step) if alike else NONE
        if not self._alike.lasts(OUTPUT):
            self._output = ""
        elif not self._output:
            self._output = (
                f"the outputs that the loss compares with one another are nearly one: their spread is "
                f"{spread:.2g} (at first {self._first:.2g}, 1 is all about), from step "
                f"{self._alike.first:,} on"
            )
