"""Whether the state of a recurrence is cut off at every time step, and not once a chunk: then nothing is
learned from one step to another (Williams and Peng, 1990, on how far back to go).

Read off the graphs of the first losses. A cell is two matrices whose products are added, used again and
again in one pass: of input and state. Here that of the state is never given anything that has a history. No
node is kept.
"""

from collections import deque
from typing import Any

from torch import Tensor

from gradtui.autograd.node_types import LEAF, TURNS, VIEWS, below_of, stem_of, words
from gradtui.core.wiring import CUT_RECURRENCE, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS = 3
"""First losses, which have to agree."""
NODES = 1500
STEPS = 4
"""Times that a cell is used, at least."""
PRODUCTS = {"Addmm": 1, "Mm": 0}
"""Product -> the place of what goes in."""
PARTS = VIEWS | words("Split SplitWithSizes Slice Unbind Select Chunk UnsafeSplit Narrow")
"""What gates are taken out of a product by."""
GATES = (1, 3, 4)
"""Of a plain cell, a GRU and an LSTM."""
NEAR = 3
"""Nodes from a sum to the products that are added."""


class CutRecurrence:
    """`look` at each of the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = 0
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        steps = 0
        with suppress_own:
            steps = _cut_cells(loss.grad_fn)
        if not steps:
            self._looks = LOOKS
        elif self._looks == LOOKS:
            found = (
                f"the state that a cell is given has no history at any of the {steps} time steps that a "
                "loss is made of"
            )
            self.told = ((CUT_RECURRENCE, found),)


class _Use:
    """Of a matrix: how often something is multiplied by it, and whether anything of that has a history."""

    def __init__(self, weight: Tensor) -> None:
        self.count, self.fed = 0, False
        rows, columns = weight.shape if weight.dim() == 2 else (0, 1)
        self.of_state = rows % columns == 0 and rows // columns in GATES
        """Whether it may lead from a state to the gates of the next one."""


def _cut_cells(root: Any) -> int:
    """How often cells are used whose states have no history; 0 where there is none."""
    uses: dict[int, _Use] = {}
    sums, waiting, seen = [], deque([root]), {root}
    while waiting:
        node = waiting.popleft()
        word = stem_of(node)
        if word in PRODUCTS and (weight := _weight(node, PRODUCTS[word])) is not None:
            use = uses.setdefault(id(weight), _Use(weight))
            use.count += 1
            use.fed |= node.next_functions[PRODUCTS[word]][0] is not None
        elif word == "Add":
            sums.append(node)
        for below in below_of(node) if node is not None else ():
            if below not in seen:
                if len(seen) == NODES:
                    return 0
                seen.add(below)
                waiting.append(below)
    return max((_steps_cut(node, uses) for node in sums), default=0)


def _steps_cut(node: Any, uses: dict[int, _Use]) -> int:
    added = [uses[key] for key in _added(node) if key in uses]
    if len(added) != 2 or added[0].count != added[1].count or added[0].count < STEPS:
        return 0
    cut = [use for use in added if not use.fed and use.of_state]
    # Of a matrix of inputs, which may have none, that of the state is told by its shape.
    certain = not any(use.fed for use in added) or sum(use.of_state for use in added) == 1
    return added[0].count if cut and certain else 0


def _weight(product: Any, place: int) -> Tensor | None:
    """The parameter that something is multiplied by, if it is one."""
    node = product.next_functions[place + 1][0]
    if stem_of(node) in TURNS:
        (node, *_) = below_of(node) or [None]
    return node.variable if stem_of(node) == LEAF else None


def _added(node: Any) -> set[int]:
    """Ids of the weights of the products that are added."""
    found = set()
    for below in below_of(node):
        for _ in range(NEAR):
            if stem_of(below) not in PARTS or len(below_of(below)) != 1:
                break
            (below,) = below_of(below)
        if stem_of(below) in PRODUCTS:
            found.add(id(_weight(below, PRODUCTS[stem_of(below)])))
    return found
