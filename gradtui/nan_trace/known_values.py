"""What is known of the numbers in the graph of a loss: what its nodes have saved, and what follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gradtui.autograd.saved_tensors import operands, results, saved
from gradtui.nan_trace.recomputation import computed

MOST = 2000
"""Nodes that are read, those next to the loss first."""
DEEPEST = 100
"""Steps from something that is known to what is computed from it."""


@dataclass(frozen=True, slots=True)
class GivenTensor:
    """One tensor that a node takes in. `node` is None for what has no gradient; `value` where it is
    not known."""

    node: Any
    number: int
    value: Tensor | None
    name: str


class KnownValues:
    """Of the graph above `loss`; `outputs` are tensors in it that are known from elsewhere."""

    def __init__(self, loss: Tensor, outputs: Iterable[Tensor] = ()) -> None:
        self._known: dict[tuple[Any, int], Tensor | None] = {}
        self._open: set[tuple[Any, int]] = set()
        waiting: list[Any] = [loss.grad_fn]
        seen = {loss.grad_fn}
        while waiting:
            layer: list[Any] = []
            for node in waiting:
                self._read(node)
                for below, _ in node.next_functions:
                    if below is not None and below not in seen and len(seen) < MOST:
                        seen.add(below)
                        layer.append(below)
            waiting = layer
        for tensor in (*outputs, loss):
            if tensor.grad_fn in seen and tensor.is_cpu:
                self._known[tensor.grad_fn, tensor.output_nr] = tensor.detach()

    def _read(self, node: Any) -> None:
        for number, key in enumerate(results(node)):
            result = saved(node, key) if key else None
            if result is not None:
                self._known[node, number] = result
        for name, (below, number) in zip(operands(node), node.next_functions, strict=False):
            value = None if below is None else saved(node, name)
            if value is not None:
                self._known[below, number] = value

    def of(self, node: Any, number: int = 0) -> Tensor | None:
        """A result of `node`."""
        key = node, number
        if key not in self._known:
            if key in self._open or len(self._open) > DEEPEST:
                return None
            self._open.add(key)
            self._known[key] = self._found(node, number)
            self._open.discard(key)
        return self._known[key]

    def _found(self, node: Any, number: int) -> Tensor | None:
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, Tensor):
            return leaf.detach() if leaf.is_cpu else None
        return computed(node, number, [one.value for one in self.given(node)])

    def given(self, node: Any) -> list[GivenTensor]:
        """What a node takes in, slot by slot."""
        names = operands(node)
        found = []
        for slot, (below, number) in enumerate(node.next_functions):
            name = names[slot] if slot < len(names) else ""
            value = saved(node, name) if name else None
            if value is None and below is not None:
                value = self.of(below, number)
            found.append(GivenTensor(below, number, value, name))
        return found
