"""When the graph of a loss is read: before the first layout is made, and where that lacks something.

A graph is read before backward takes it apart. A layout that was made when nothing had been seen of
some of its tensors (an optimizer that calls its closure itself, a second network) is made anew when
a graph shows them; readers know how to go on from one layout to another.
"""

from collections.abc import Callable, Sequence, Set
from typing import Any

from torch import Tensor

from gradtui.autograd.graph import NODES
from gradtui.autograd.row_order import Arranged, arranged
from gradtui.autograd.topology import UNSEEN, Topology, wiring_of
from gradtui.core.layout import Layout
from gradtui.core.wiring import (
    FEW_FOR_NORM,
    FLAT_OPERATION,
    OVER_ONE,
    OWN_BACKWARD,
    PARALLEL_MODULES,
    Faults,
)
from gradtui.instrument.exception_guard import ExceptionGuard

FIRST = 3
"""Backward passes before the first layout whose graphs are read."""
FEW_VALUES = 2
"""Two values less their mean, over their deviation, are +1 and -1 whatever they were."""
ALLOWED, LEAST = 20_000, 500
"""Nodes that are looked at before the first layout, and after each while there are tensors of which
nothing was seen; and what a small graph counts for at least."""


class GraphReader:
    def __init__(self, guard: ExceptionGuard) -> None:
        self._guard = guard
        self.forget()

    def forget(self) -> None:
        self._wirings: list[Topology] = []
        self._side_by_side: tuple[str, ...] = ()
        self._left = ALLOWED
        self._lacking: set[int] | None = None
        """Tensors of the layout of which nothing was seen, by id; None before there is one."""
        self._trained: set[int] = set()
        """All of its tensors that are trained; by id as well, as the layout builder holds them."""
        self._news: Callable[[], None] = lambda: None

    def look(self, roots: Any) -> None:
        """A backward pass from `roots` is about to begin."""
        first = self._lacking is None
        if self._left <= 0 or (first and len(self._wirings) >= FIRST):
            return
        left, self._left = self._left, 0  # for good where this fails
        with self._guard("reading the graph of a loss"):
            wiring = wiring_of(roots, min(left, NODES))
            if wiring not in UNSEEN:
                self._left = left - max(wiring.nodes, LEAST)
            if self._lacking is None:
                self._wirings.append(wiring)
            elif shown := _ids(wiring) & self._lacking:
                whole = _ids(wiring) >= self._trained
                self._wirings = [wiring] if whole else [*self._wirings, wiring]
                self._lacking -= shown
                self._left = self._left if self._lacking else 0
                self._news()

    def leaves(self) -> list[Tensor]:
        """What the first graphs end in, as far as that is still there; empty where a part was hidden."""
        if any(wiring in UNSEEN for wiring in self._wirings):
            return []
        used = [one for wiring in self._wirings for one in wiring.leaves if one is not None]
        found = [tensor for one in used if (tensor := one.tensor()) is not None]
        return list({id(tensor): tensor for tensor in found}.values())

    @property
    def told(self) -> Faults:
        """Of the first graph: normalisations over so few values that next to nothing is left of them,
        operations without a slope, or over one value, that lie between tensors and the loss, functions whose
        backward somebody has written; and lists of modules that lie side by side."""
        first = self._wirings[:1]
        counts = [count for wiring in first for count in wiring.norm_values]
        few = [count for count in counts if count <= FEW_VALUES]
        own = [name for wiring in first for name in wiring.own]
        ways = {
            FLAT_OPERATION: [name for wiring in first for name in wiring.flat],
            OVER_ONE: [name for wiring in first for name in wiring.of_one],
        }
        told = []
        if self._side_by_side:
            told.append((PARALLEL_MODULES, ", ".join(self._side_by_side)))
        leaves = sum(len(wiring.leaves) for wiring in first)
        for kind, names in ways.items():
            if names:
                through = " or ".join(dict.fromkeys(names))
                told.append(
                    (
                        kind,
                        f"all that {len(names)} of {leaves} parameters do for the loss goes through "
                        f"{through}",
                    )
                )
        if few:
            every = (
                "the normalisation"
                if len(counts) == 1
                else f"{len(few)} of {len(counts)} normalisations"
            )
            verb = "takes" if len(few) == 1 else "take"
            values = "a single value: nothing is left of it"
            if max(few) > 1:
                values = "2 values: what is left is which of them is larger"
            told.append((FEW_FOR_NORM, f"{every} {verb} mean and variance over {values}"))
        if own:
            more = f" and {len(own) - 1} more" if len(own) > 1 else ""
            told.append((OWN_BACKWARD, f"{own[0]}{more}"))
        return tuple(told)

    def arrange(
        self,
        layout: Layout,
        tensors: Sequence[Tensor],
        standard: Set[int],
        news: Callable[[], None],
    ) -> Arranged:
        """The layout in order. `news` is called when more is known of these tensors."""
        known = {one for wiring in self._wirings for one in _ids(wiring)}
        self._trained = {id(one) for one in tensors if one.requires_grad}
        lacking = self._trained - known
        seen = not any(wiring in UNSEEN for wiring in self._wirings)
        self._left = ALLOWED if lacking and seen else 0
        self._lacking, self._news = lacking, news
        with self._guard("the order of the layers"):
            found = arranged(layout, tensors, standard, self._wirings)
            self._side_by_side = found.side_by_side
            return found
        return as_it_is(layout)


def as_it_is(layout: Layout) -> Arranged:
    return Arranged(layout, tuple(range(len(layout.tensors))))


def _ids(wiring: Topology) -> set[int]:
    """Of the tensors that are still there."""
    found = (used.tensor() for used in wiring.leaves if used is not None)
    return {id(tensor) for tensor in found if tensor is not None}
