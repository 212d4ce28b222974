"""Whether a layer is made anew in each forward pass, so that no optimizer can know its weights."""

import weakref
from collections.abc import Callable, Iterable, Sequence

from torch import Tensor, nn

from gradtui.autograd.graph import Graph
from gradtui.autograd.layer_outputs import uses
from gradtui.core.wiring import REMADE, Faults

LOOKS = 3
"""Looks in a row that have to agree: the passes of the first steps."""
FAR = 4
Shapes = tuple[tuple[int, ...], ...]


class RemadeLayers:
    """`look` at the graphs of losses; `told` is what is known by now. `stepped`: what optimizers hold."""

    def __init__(self, stepped: Callable[[], Sequence[Tensor]] = list) -> None:
        self._stepped = stepped
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._agreed = 0
        self._done = False
        self._shapes: Shapes = ()
        self._last: tuple[weakref.ref[Tensor], ...] = ()
        """Weights of the last pass that no optimizer holds."""

    def look(self, graph: Graph) -> None:
        """Of one that has nothing of that kind no more are looked at. No tensor is kept alive."""
        if self.told or self._done:
            return
        stepped = self._stepped()
        unheld = _unheld(graph, stepped) if stepped else []
        shapes = tuple(sorted(tuple(one.shape) for one in unheld))
        gone = all(ref() is None for ref in self._last)
        self._agreed = self._agreed + 1 if shapes == self._shapes and gone and shapes else 1
        self._shapes, self._last = shapes, tuple(weakref.ref(one) for one in unheld)
        self._done = not shapes and bool(stepped)
        if self._agreed >= LOOKS and shapes:
            self.told = ((REMADE, _words(shapes)),)


def _unheld(graph: Graph, stepped: Sequence[Tensor]) -> list[Tensor]:
    """Weights of layers beside others that an optimizer holds. What has the size of one that is held and has
    no part in this pass may be its copy, as a learner's in an inner loop is."""
    leaves = {at: leaf for at, ref in graph.leaves.items() if (leaf := ref()) is not None}
    held, reached = {id(one) for one in stepped}, {id(leaf) for leaf in leaves.values()}
    if not held & reached:
        return []
    copies = {one.numel() for one in stepped if id(one) not in reached}
    return [
        leaf
        for at, leaf in leaves.items()
        if type(leaf) is nn.Parameter and id(leaf) not in held and leaf.numel() not in copies
        if leaf.dim() > 1 and uses(graph, at, FAR)
    ]


def _words(shapes: Iterable[tuple[int, ...]]) -> str:
    each = ", ".join(str(shape) for shape in shapes)
    return (
        f"weights {each} of the net are other tensors in each of {LOOKS} passes, gone after it, and in no "
        "optimizer"
    )
