"""Whether data lie outside what is made to be like them: the same layer takes in results of a bounded
activation in one graph, and constants that are mostly beyond its bounds in another."""

import weakref
from typing import Any, NamedTuple

from torch import Tensor

from gradtui.autograd.bounded_inputs import BOUNDS, beyond, taken_in
from gradtui.autograd.graph import Graph
from gradtui.core.wiring import OUT_OF_RANGE, Faults

MOSTLY = 0.5
"""Share of the data from which on it is told. Of data with mean 0 and deviation 1 a third lies beyond 1."""
LOOKS = 3
"""Looks in a row at which data were so."""
MOST = 64
"""Layers that are kept in mind."""


class Seen(NamedTuple):
    """What has been seen of a layer: the activation that it is behind, and the looks that agree."""

    weight: "weakref.ref[Tensor]"
    bound: str = ""
    looks: int = 0


class RangeWatch:
    """`look` at the graphs of losses, at a cadence; `told` is what is known by now."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._layers: dict[int, Seen] = {}
        """By the id of the weight."""

    def look(self, graph: Graph, nodes: list[Any]) -> None:
        """Both as `readable` gives them. No node is kept."""
        if self.told:
            return
        constants: dict[int, list[Tensor]] = {}
        for weight, one in taken_in(graph, nodes):
            seen = self._seen(weight)
            if seen is None:
                continue
            if one.bound:
                self._layers[id(weight)] = seen._replace(bound=one.bound)
            elif one.values is not None and one.values.is_floating_point() and one.values.numel():
                constants.setdefault(id(weight), []).append(one.values)
        for key, given in constants.items():
            self._compare(key, given)

    def _seen(self, weight: Tensor) -> Seen | None:
        known = self._layers.get(id(weight))
        if known is None or known.weight() is not weight:
            if len(self._layers) >= MOST:
                return None
            known = self._layers[id(weight)] = Seen(weakref.ref(weight))
        return known

    def _compare(self, key: int, given: list[Tensor]) -> None:
        seen = self._layers[key]
        if not seen.bound:
            return
        bounds = BOUNDS[seen.bound]
        share, least, largest = max(beyond(values, bounds) for values in given)
        looks = seen.looks + 1 if share > MOSTLY else 0
        self._layers[key] = seen._replace(looks=looks)
        if looks >= LOOKS:
            word, (low, high) = seen.bound.lower(), bounds
            words = (
                f"one layer takes in the results of a {word}, {low:g} to {high:g}, and data from {least:.3g} "
                f"to {largest:.3g}: {100 * share:.0f} % of these lie beyond"
            )
            self.told = ((OUT_OF_RANGE, words),)
