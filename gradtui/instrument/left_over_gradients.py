"""Whether an optimizer steps by what the loss of another one has left in its gradients: an actor's loss goes
through the critic, and a generator's through the discriminator, whose gradients are to be cleared after it.

Of each optimizer one small gradient is looked at, on a CPU, in the first steps of a program with several. A
pass belongs to those that step between it and the next. What one leaves in the gradients of an optimizer that
it does not belong to, and is still there when a pass of its own adds to it, is left over. So is, where both
step after both passes, what a loss leaves that is nothing but the mean of a net's own output, as an actor's
is of its critic's (Lillicrap et al., 2016): no net is trained to answer ever more, whatever it is asked.
"""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.autograd.node_types import LAYERS, LEAF, TURNS, VIEWS, below_of, stem_of, words
from gradtui.core.wiring import LEFT_OVER, Faults
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.instrument.step_listeners import FirstLooks
from gradtui.instrument.weak_tensors import smallest_gradient

AGREED = 3
"""Steps of one optimizer in a row."""
MOST, PASSES = 64, 256
"""Steps of all of them, and backward passes, after which nothing is looked at any more."""
ALONE = 12
"""Steps of one optimizer, and none of another, after which it is alone."""
SEVERAL = 4
"""Optimizers at most."""
LEAST = 0.05
"""What is left over, over what the pass has added to it."""
NODES = 8
"""From a loss to the layer whose output it is the mean of."""
AVERAGES = VIEWS | words("Mean Sum Neg Mul Div")
NOBODY: frozenset[int] = frozenset()
SAME_WAY = 0.999
"""Cosine of the gradient at the step and after the pass: clipping makes it shorter, and no more."""


class _Look:
    """One gradient of one optimizer."""

    def __init__(self, optimizer: Optimizer, tensor: weakref.ref[Tensor]) -> None:
        self.optimizer, self._tensor = weakref.ref(optimizer), tensor
        self.before: Tensor | None = None
        """As the pass under way found it."""
        self.after: Tensor | None = None
        """As the last pass that added to it left it."""
        self.added = self._version = -1
        """The number of that pass, and how often the weight had been written to by then."""
        self.left: Tensor | None = None
        """What passes of others have left in it."""
        self.agreed, self.suspect = 0, False
        """The latter: of the step just taken."""
        self._held = {id(p) for p in parameters_of(optimizer)}
        self._window: list[tuple[bool, set[int]]] = []
        """Of each pass that has added to it since it was cleared or stepped by: whether its loss is the mean
        of this net's output, and ids of optimizers that it has added to."""

    def now(self) -> Tensor | None:
        tensor = self._tensor()
        return None if tensor is None or tensor.grad is None else tensor.grad.detach()

    def _written(self) -> int:
        tensor = self._tensor()
        return -1 if tensor is None else tensor._version

    def begins(self, stepped: set[int], last: int) -> None:
        """Another pass; `stepped` since the one before it, number `last`."""
        key = id(self.optimizer())
        if key in stepped:
            both = self._judged(stepped)
            self.agreed = self.agreed + 1 if both or (self.suspect and stepped == {key}) else 0
        self.suspect = False
        grad = self.now()
        whole = grad is not None and self.after is not None and torch.equal(grad, self.after)
        used = key in stepped or self._written() != self._version
        if not whole or used or not bool(grad is not None and grad.any()):
            self.left, self._window = None, []
        elif stepped and self.added == last:
            self.left = self.after
        self.before = None if grad is None else grad.clone()

    def _judged(self, stepped: set[int]) -> bool:
        """Whether the step just taken went by what others make of this net's output, and by more."""
        others = [reached for mean, reached in self._window if mean and len(reached & stepped) > 1]
        own = [mean for mean, reached in self._window if len(reached) == 1]
        return len(others) == 1 and bool(own) and not any(own)

    def done(self, number: int) -> bool:
        """Whether the pass has added to it."""
        grad = self.now()
        before, self.before = self.before, None
        if grad is None:
            self.after = None
        elif before is None or not torch.equal(grad, before):
            self.after, self.added, self._version = grad.clone(), number, self._written()
            return True
        return False

    def passed(self, output: frozenset[int], reached: set[int]) -> None:
        """`output` has the ids of the weights of whose output the loss of the pass is the mean."""
        self._window.append((bool(output & self._held), reached))

    def steps(self, number: int) -> None:
        """By a gradient that `number`, the last pass, has added to what others left?"""
        grad, after, left = self.now(), self.after, self.left
        self.suspect = False
        if grad is None or after is None or left is None or self.added != number:
            return
        own = (after - left).double().norm()
        mine, whole = grad.flatten().double(), after.flatten().double()
        same = bool(mine @ whole >= SAME_WAY * mine.norm() * whole.norm() > 0)
        self.suspect = same and bool(left.double().norm() >= LEAST * own)


class LeftOverGradients(FirstLooks):
    def __init__(self, guard: ExceptionGuard, news: Callable[[], None]) -> None:
        super().__init__(guard, "gradients that are left over")
        self._news = news
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._open = True
        """Whether it may still turn out to be so."""
        self._looks: dict[int, _Look] = {}
        self._stepped: set[int] = set()
        """Ids of optimizers, since the last pass."""
        self._passes = self._steps = 0
        self._output = NOBODY
        """Ids of the weights of whose output the loss of the pass under way is the mean."""

    def stop(self) -> None:
        self._open = False
        self._looks = {}

    def backward_begins(self, roots: Any) -> None:
        if self._open:
            self._run(lambda: self._begins(roots))

    def backward_done(self) -> None:
        if self._open and self._looks:
            self._run(self._done)

    def step_begins(self, optimizer: Optimizer, closure: bool) -> None:
        if self._open:
            self._run(lambda: self._step(optimizer, closure))

    def _begins(self, roots: Any) -> bool:
        for look in self._looks.values():
            look.begins(self._stepped, self._passes)
            if look.agreed == AGREED:
                return self._tell(look)
        self._stepped = set()
        self._passes += 1
        looked = bool(self._looks) and isinstance(roots, Tensor)
        self._output = _averaged(roots.grad_fn) if looked else NOBODY
        return self._passes < PASSES

    def _done(self) -> bool:
        reached = {key for key, look in self._looks.items() if look.done(self._passes)}
        for key in reached:
            self._looks[key].passed(self._output, reached)
        return True

    def _step(self, optimizer: Optimizer, closure: bool) -> bool:
        key = id(optimizer)
        self._steps += 1
        if key not in self._looks:
            tensor = smallest_gradient(parameters_of(optimizer))
            if tensor is None or len(self._looks) == SEVERAL:
                return False
            self._looks[key] = _Look(optimizer, tensor)
        self._looks[key].steps(self._passes)
        self._stepped.add(key)
        alone = len(self._looks) == 1 and self._steps >= ALONE
        return not closure and not alone and self._steps < MOST

    def _tell(self, look: _Look) -> bool:
        optimizer = look.optimizer()
        count = 0 if optimizer is None else len(parameters_of(optimizer))
        found = (
            f"gradients of the {count} tensors of one {type(optimizer).__name__} also hold what the backward "
            "pass of another optimizer's loss has left there, when it steps"
        )
        self.told = ((LEFT_OVER, found),)
        self._news()
        return False


def _averaged(node: Any) -> frozenset[int]:
    """Ids of the weights of the layer whose output a loss is the mean of, with a factor; else nobody's."""
    for _ in range(NODES):
        below = below_of(node) if node is not None else []
        if stem_of(node) in LAYERS:
            turned = [leaf for one in below if stem_of(one) in TURNS for leaf in below_of(one)]
            leaves = [one for one in (*below, *turned) if stem_of(one) == LEAF]
            return frozenset(id(leaf.variable) for leaf in leaves)
        if stem_of(node) not in AVERAGES or len(below) != 1:
            break
        (node,) = below
    return NOBODY
