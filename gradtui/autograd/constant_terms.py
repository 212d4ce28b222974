"""Whether a derivative of a net is part of the loss as a mere number: torch.autograd.grad makes a graph of
what it gives only with create_graph=True.

Seen of a program that, before each of its first backward passes, takes a derivative of the net's outputs by
what goes in, without a graph, and whose loss has a term that hangs on these inputs and on nothing that is
trained: the equation that the derivative is to obey. What such a derivative is used for besides (adversarial
examples, Langevin's sampling, a look at what matters) leaves no such term; nor does a term that is detached
from the inputs as well, of which nothing is told. No node is kept.
"""

from collections import deque
from collections.abc import Iterable, Set
from typing import Any

from torch import Tensor, nn

from gradtui.autograd.leaves import leaf_ids
from gradtui.autograd.node_types import DISTANCES, PARTS_OF_LOSSES, below_of, stem_of, words
from gradtui.core.wiring import DERIVATIVE_CUT, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS = 8
"""First losses that are looked at."""
AGREED = 3
"""Of these in a row that must agree."""
NODES = 32
SUMS = words("Add Sub Rsub")
SCALES = DISTANCES | words("Mul Div Neg Mean Sum View Squeeze ToCopy Pow Abs")
OF_OUTPUTS = words("Sum Mean View Squeeze Select Slice Index Unbind Neg")
"""What makes one number of a net's outputs, to take its derivative."""
LOSSES = PARTS_OF_LOSSES - OF_OUTPUTS - words("Mul Div Sub Rsub Add Gather")
NEAR = 6
TERM = 300
"""Nodes of a term that are looked through."""
WORDS = (
    "before each backward pass torch.autograd.grad takes a derivative of the net's outputs without "
    "create_graph=True, and a term of the loss hangs on its inputs and on nothing that is trained"
)


class ConstantTerms:
    """`derivative_taken` and `look` at the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = self._agreed = 0
        self._passes = -1
        """How many backward passes there had been when a derivative was taken last."""
        self._inputs: frozenset[int] = frozenset()
        """By what, as ids: looked for in the loss that follows at once."""
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS or bool(self.told)

    def derivative_taken(self, outputs: Any, inputs: Any, passes: int) -> None:
        """Of `outputs` by `inputs`, as torch.autograd.grad is given them, without a graph."""
        with suppress_own:
            if _of_answers(_several(outputs)) and not _trained(_several(inputs)):
                self._passes = passes
                self._inputs = frozenset(map(id, _several(inputs)))

    def look(self, loss: Tensor, passes: int) -> None:
        """Call before backward, which is the pass of that number."""
        self._looks += 1
        found = False
        with suppress_own:
            found = self._passes == passes - 1 and constant_term(loss.grad_fn, self._inputs)
        self._agreed = self._agreed + 1 if found else 0
        if self._agreed == AGREED:
            self.told = ((DERIVATIVE_CUT, WORDS),)


def constant_term(root: Any, inputs: Set[int]) -> bool:
    """Whether what is summed up to a loss has a part from which gradients go to these, and to nothing that is
    trained."""
    waiting = deque([root])
    for _ in range(NODES):
        if not waiting:
            break
        node = waiting.popleft()
        word, parts = stem_of(node), below_of(node)
        if word in SUMS:
            if any(leaf_ids(part, TERM) <= inputs for part in parts):
                return True
            waiting.extend(parts)
        elif word in SCALES and len(parts) == 1:
            waiting.extend(parts)
    return False


def _of_answers(outputs: Iterable[Tensor]) -> bool:
    """Whether they are what a net answers, or sums of that, and not a loss."""
    roots = [one.grad_fn for one in outputs]
    return bool(roots) and all(root is not None and not _is_loss(root) for root in roots)


def _is_loss(node: Any) -> bool:
    for _ in range(NEAR):
        word, below = stem_of(node), below_of(node)
        if word in LOSSES:
            return True
        if word not in OF_OUTPUTS or len(below) != 1:
            return False
        node = below[0]
    return False


def _trained(inputs: Iterable[Tensor]) -> bool:
    return any(isinstance(one, nn.Parameter) for one in inputs)


def _several(things: Any) -> list[Tensor]:
    held = things if isinstance(things, (list, tuple)) else [things]
    return [one for one in held if isinstance(one, Tensor)]
