"""Whether a cross-entropy is one term of a sum beside which it counts for nothing, and nothing is learned of
it.

Its value and what guessing costs are read off its node; the loss less that is what the other terms cost.
Looked at now and then; no node is kept.
"""

import math
from collections import deque
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.autograd.loss_factors import constant
from gradtui.autograd.node_types import LAYERS, below_of, stem_of, words
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import DROWNED_TERM, Faults
from gradtui.patching.own_errors import suppress_own

NODES, TERM = 32, 300
"""Nodes of a sum, and of one of its terms, that are looked through."""
SUMS = words("Add Sub")
AS_IT_IS = words("View UnsafeView Squeeze Unsqueeze ToCopy Clone Alias")
MEAN = 1
"""Value of torch's `reduction`."""
FROM = 200
"""Backward passes before it: a net may learn its other tasks first."""
TIMES = 1000
"""The rest of the loss over this term."""
UNLEARNED, LEARNED = 0.99, 0.985
"""Of what guessing costs: from there on nothing is, and below it something."""
BATCHES, WORSE = 8, 1.05
"""Losses whose mean has to be above guessing, as a head's is whose features are made for another task. Labels
that are nearly all noise cost as much as guessing does."""
MOST_LOOKS = 48
"""Looks that are asked for in a run: what they cost is not asked."""
AGAIN = 32
"""Backward passes between two looks once it is told."""
FEWEST = 8
"""Labels that tell what it costs."""


class DrownedTerms:
    """`look` now and then; `told` is what is known by then."""

    def __init__(self) -> None:
        self._before: Beside | None = None
        """What the look before found."""
        self._trial: list[float] = []
        """Costs over what guessing costs, of losses in a row."""
        self._left = MOST_LOOKS
        """Looks that may still be asked for."""
        self._next = 0
        """Passes after which it is looked at anyhow."""
        self.told: Faults = ()

    def look(self, loss: Tensor, passes: int) -> None:
        """Call before backward, which is the pass of that number."""
        found = None
        with suppress_own, torch.no_grad():
            found = _beside(loss)
        self._left -= bool(self._trial)
        if found is None:  # another loss, of a program with several
            self._next = passes + (AGAIN if self.told else 1)
            return
        before, self._before = self._before, found
        if before is not None and found.apart and before.apart:
            self.told, self._trial = (), []
        elif self._trial:
            self._try(found)
        elif not self.told and before is not None and before.drowned and found.drowned:
            self._trial = [found.cost / found.chance] if passes >= FROM else []
        self._next = passes + (AGAIN if self.told else 1)

    def _try(self, found: "Beside") -> None:
        """A single batch costs now more, now less."""
        self._trial.append(found.cost / found.chance)
        if len(self._trial) < BATCHES:
            return
        mean = sum(self._trial) / len(self._trial)
        if mean > WORSE and found.rest > TIMES / 2 * found.factor * found.cost:
            self.told = ((DROWNED_TERM, found._replace(cost=mean * found.chance).words),)
        self._trial = []

    @property
    def tried(self) -> bool:
        """Whether several losses in a row are looked at, and not all of them were."""
        return bool(self._trial) and self._left > 0

    def due(self, passes: int) -> bool:
        """Whether it is to be looked at between two glances: to be sure, or because it may be over."""
        return bool(self._trial or self.told) and passes >= self._next


class Beside(NamedTuple):
    """A cross-entropy, what guessing costs, what it is multiplied by, and what the other terms come to."""

    cost: float
    chance: float
    factor: float
    rest: float

    @property
    def drowned(self) -> bool:
        return self.cost > UNLEARNED * self.chance and self.rest > TIMES * self.factor * self.cost

    @property
    def apart(self) -> bool:
        """Whether that is clearly not so."""
        return self.cost < LEARNED * self.chance or self.rest < TIMES / 2 * self.factor * self.cost

    @property
    def words(self) -> str:
        weighed = "" if self.factor == 1 else f" (weighed by {self.factor:.3g})"
        return (
            f"a cross-entropy is {self.cost:.3g}{weighed}, guessing costs {self.chance:.3g}, and the other "
            f"terms of the loss come to {self.rest:.3g}"
        )


def _beside(loss: Tensor) -> Beside | None:
    """The cross-entropy that is furthest from having been learned; None where there is none among others, or
    nothing is known of it."""
    if type(loss) is not Tensor or not loss.is_cpu or loss.numel() != 1:
        return None
    found = []
    for node, factor in _terms(loss.grad_fn):
        known = _cross_entropy(node)
        if known is None:
            continue
        cost, chance = known
        if factor > 0:
            found.append(Beside(cost, chance, factor, float(loss.detach()) - factor * cost))
    return max(found, key=lambda one: one.cost / one.chance, default=None)


def outweighed(loss: Tensor) -> bool:
    """Whether a cross-entropy is less than half of this loss: what guessing costs says nothing of all."""
    whole = float(loss.detach()) if loss.is_cpu and loss.numel() == 1 else math.nan
    terms = _terms(loss.grad_fn)
    with torch.no_grad():
        less = [
            node
            for node, factor in terms
            if (known := _cross_entropy(node)) is not None and 0 < 2 * factor * known[0] < whole
        ]
    # A penalty on the weights is no task.
    return bool(less) and any(_of_layers(node) for node, _ in terms if node not in less)


def _of_layers(root: Any) -> bool:
    """Whether what a layer gives is in it."""
    waiting, seen = deque([root]), {root}
    for _ in range(TERM):
        if not waiting:
            break
        node = waiting.popleft()
        if stem_of(node) in LAYERS:
            return True
        new = [one for one in below_of(node) if one not in seen]
        seen.update(new)
        waiting.extend(new)
    return False


def _terms(root: Any) -> list[tuple[Any, float]]:
    """What is summed up to a loss, and what each is multiplied by; none where it is no sum."""
    found, summed = [], False
    waiting = deque([(root, 1.0)])
    for _ in range(NODES):
        if not waiting:
            break
        node, factor = waiting.popleft()
        word, parts = stem_of(node), below_of(node)
        if word in SUMS and len(parts) == 2:
            summed = True
            waiting.append((parts[0], factor))
            waiting.append((parts[1], factor if word == "Add" else -factor))
        elif (word in SUMS or word in AS_IT_IS) and len(parts) == 1:
            waiting.append((parts[0], factor))
        elif word in ("Mul", "Div") and len(parts) == 1:
            scale = constant(node, "self" if node.next_functions[0][0] is None else "other")
            if isinstance(scale, float) and scale:
                waiting.append((parts[0], factor * scale if word == "Mul" else factor / scale))
        else:
            found.append((node, factor))
    return found if summed else []


def _cross_entropy(node: Any) -> tuple[float, float] | None:
    """Its value and that of the even guess, in nats; None where it is none, or is not plain."""
    if stem_of(node) not in ("NllLoss", "NllLoss2D") or node._saved_reduction != MEAN:
        return None
    scores, labels = saved(node, "self"), saved(node, "target")
    weighted = node._raw_saved_weight.unpack_hook is not None or node._saved_weight is not None
    if scores is None or labels is None or weighted or scores.dim() < 2 or labels.dim() < 1:
        return None
    some = max(1, (1 << 18) * len(labels) // max(scores.numel(), 1))
    scores, labels = scores[:some], labels[:some]
    counted = labels != node._saved_ignore_index
    classes = scores.shape[1]
    if int(counted.sum()) < FEWEST or classes < 3:
        return None
    picked = scores.gather(1, labels.clamp(0, classes - 1).unsqueeze(1)).squeeze(1)
    return -float(picked[counted].double().mean()), math.log(classes)
