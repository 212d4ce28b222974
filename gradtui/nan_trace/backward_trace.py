"""Runs the backward pass of a module once more, watching every node of its graph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from gradtui.autograd.saved_tensors import called
from gradtui.core.autopsy import Argument
from gradtui.nan_trace.module_trace import Visit
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.origin_search import Origin
from gradtui.nan_trace.slopes import argument_at
from gradtui.nan_trace.value_ranges import NOTHING, ValueRange, look, look_at

LARGEST_GRAPH = 200_000
"""Nodes that are watched at most."""


@dataclass(frozen=True, slots=True)
class Step:
    """One node that ran and took or gave something that is not finite."""

    node: Any
    taken: ValueRange
    given: ValueRange
    onward: int
    """Which of its results is not finite."""
    argument: Argument | None = None
    """What its operation was given."""


class BackwardTrace:
    """`run` it; then `steps` has the nodes in question, in order, and `leaves` what reached them.

    An output that others were computed from had their part in its gradient already; so only the
    `seeds` of the others are used.
    """

    def __init__(self, outputs: Sequence[Tensor], seeds: dict[int, Tensor]) -> None:
        starts = [t.grad_fn for t in outputs if t.grad_fn is not None]
        self._nodes = graph(starts)
        below = {node for start in starts for node, _ in start.next_functions}
        inner = set(graph(list(below)))
        self._outputs = outputs
        self.seeds = {
            number: seed
            for number, seed in seeds.items()
            if number < len(outputs)
            and outputs[number].grad_fn is not None
            and (outputs[number].grad_fn not in inner or len(seeds) == 1)
        }
        self.steps: list[Step] = []
        self.leaves: list[tuple[Tensor, ValueRange]] = []
        self._handles: list[Any] = []

    def run(self) -> None:
        pairs = [(self._outputs[number], seed) for number, seed in self.seeds.items()]
        found = [leaf for node in self._nodes if (leaf := _leaf(node)) is not None]
        leaves = list({id(leaf): leaf for leaf in found}.values())
        if not pairs or not leaves:
            return
        for node in self._nodes:
            if _leaf(node) is None:
                self._handles.append(node.register_hook(self._note(node)))
        try:
            grads = torch.autograd.grad(
                [t for t, _ in pairs], leaves, [_like(g, t) for t, g in pairs], allow_unused=True
            )
        finally:
            for handle in self._handles:
                handle.remove()
        self.leaves = [
            (leaf, look(grad)) for leaf, grad in zip(leaves, grads, strict=True) if grad is not None
        ]

    def _note(self, node: Any) -> Any:
        def note(given: tuple[Tensor | None, ...], taken: tuple[Tensor | None, ...]) -> None:
            out = [NOTHING if grad is None else look(grad) for grad in given]
            bad = [i for i, one in enumerate(out) if one.bad]
            into = look_at([("", grad) for grad in taken if grad is not None])
            if bad or into.bad:
                onward = bad[0] if bad else -1
                born = bad and not into.bad
                argument = argument_at(node) if born else None
                given_back = out[onward] if bad else NOTHING
                self.steps.append(Step(node, into, given_back, onward, argument))

        return note


def backward_origin(back: BackwardTrace, visits: list[Visit], root: nn.Module) -> Origin | None:
    """Where a gradient became NaN or infinite first, going down from the loss."""
    if back.steps:
        first = _first(back)
        visit = innermost(visits, _sequence(first.node))
        if visit is None:
            return None
        if first.taken.bad:  # several gradients, each of them finite, add up to this
            return Origin("backward", visit, "gradient of the output", "", "sum", first.taken)
        leaf = _onward(first.node, first.onward)
        name = "" if leaf is None else _called(leaf, visit.module) or _called(leaf, root)
        tensor = f"{name}.grad" if name else "gradient of the input"
        operation, code = _operation(first.node), _between(visit, first.node)
        made = Origin("backward", visit, tensor, code, operation, first.given)
        number = _sequence(first.node) - visit.first
        return replace(made, node=number, argument=first.argument)
    for leaf, found in back.leaves:
        name = _called(leaf, root)
        if found.bad and name:
            owners = [v for v in visits if _called(leaf, v.module) and not v.children]
            visit = (owners or visits)[0]
            word = _called(leaf, visit.module)
            return Origin("backward", visit, f"{word}.grad", "", "sum", found)
    return None


def _called(leaf: Tensor, module: nn.Module) -> str:
    """The name of a parameter within a module."""
    for path, one in walk(module):
        for name, parameter in (vars(one).get("_parameters") or {}).items():
            if parameter is leaf:
                return f"{path}.{name}" if path else str(name)
    return ""


def _first(back: BackwardTrace) -> Step:
    """The first step whose NaN or infinity reaches a parameter or an input; others are swallowed, as
    by the backward of a ReLU that was off."""
    steps = {step.node: step for step in back.steps if step.given.bad}
    reached = {id(leaf) for leaf, found in back.leaves if found.bad}
    leads: dict[Any, bool] = {}
    for step in reversed(back.steps):  # what runs later is nearer to the leaves
        below = [node for node, _ in step.node.next_functions if node is not None]
        leads[step.node] = step.given.bad and any(
            id(leaf) in reached if (leaf := _leaf(node)) is not None else leads.get(node, False)
            for node in below
            if node in steps or _leaf(node) is not None
        )
    return next((step for step in back.steps if leads[step.node]), back.steps[0])


def graph(starts: Sequence[Any]) -> list[Any]:
    """Every node below these, each once."""
    seen: set[Any] = set()
    found: list[Any] = []
    waiting = list(starts)
    while waiting and len(found) < LARGEST_GRAPH:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        found.append(node)
        waiting += [below for below, _ in node.next_functions]
    return found


def innermost(visits: list[Visit], number: int) -> Visit | None:
    """The call during which the node with this sequence number was made."""
    around = [v for v in visits if v.first <= number and (number < v.last or v.last < 0)]
    return max(around, key=lambda v: (v.first, v.index), default=None)


def _between(visit: Visit, node: Any) -> str:
    """In which stretch of a module's own code, going by its children."""
    if not visit.children:
        return ""
    number = _sequence(node)
    earlier = [v for v in visit.children if 0 <= v.last <= number]
    later = [v for v in visit.children if v.first > number]
    words = [_name(v, visit) for v in (*earlier[-1:], *later[:1])]
    if earlier and later:
        return f"between {words[0]} and {words[1]}"
    return f"after {words[0]}" if earlier else f"before {words[0]}" if later else ""


def _name(child: Visit, parent: Visit) -> str:
    prefix = f"{parent.path}." if parent.path else ""
    return child.path.removeprefix(prefix) or child.kind


def _leaf(node: Any) -> Tensor | None:
    """What an accumulating node accumulates into."""
    return getattr(node, "variable", None) if node.name().endswith("AccumulateGrad") else None


def _onward(node: Any, number: int) -> Tensor | None:
    """The leaf that a result goes to, past what only reshapes it."""
    for _ in range(3):
        if number >= len(node.next_functions):
            return None
        node = node.next_functions[number][0]
        if node is None:
            return None
        leaf = _leaf(node)
        if leaf is not None or len(node.next_functions) != 1:
            return leaf
        number = 0
    return None


def _sequence(node: Any) -> int:
    return int(node._sequence_nr())


def _operation(node: Any) -> str:
    """ "SqrtBackward0" is the backward of sqrt; a function that somebody wrote keeps its name."""
    return called(node)


def _like(grad: Tensor, output: Tensor) -> Tensor:
    return grad.to(output.dtype) if grad.dtype != output.dtype else grad
