"""Whether a policy's loss has its entropy the wrong way round, added where it is to be taken off, or pairs
each action with the advantages of all.

Read off the graphs of the first losses that hold a policy gradient (Williams, 1992): log-probabilities of
what was chosen, each times a constant of its own, some of them below zero. The entropy beside it is a sum of
p log p. To take it off keeps a policy trying (Williams and Peng, 1991); to add it makes the policy certain of
whatever it happens to do. No node is kept.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from gradtui.autograd.action_worth import FEWEST, Paid, wrongly_paid
from gradtui.autograd.node_types import DISTANCES, below_of, number, shape, stem_of, words
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import (
    ENTROPY_ADDED,
    EVEN_POLICY,
    PAIRED_ADVANTAGES,
    REVERSED_ADVANTAGES,
    Faults,
)
from gradtui.patching.own_errors import suppress_own

LOOKS = 8
"""Losses that are looked at: of several in turns the policy's need not be the first."""
ASKED = 4
"""Of these, policies' losses for which the rewards of the program are asked for."""
NODES = 160
SINGLES = 32
"""Actions of a rollout that are looked at where each has a node of its own."""
NEAR = 12
"""Nodes from a product down to what was chosen."""
AS_IT_IS = words(
    "Mean Sum View UnsafeView ReshapeAlias Squeeze Unsqueeze Expand Clone ToCopy Alias"
)
CLOSE = 4
"""Nodes from a product to a softmax or a logarithm."""
LEARNED_BY = 255
"""Losses after which a policy should prefer something."""
EVEN, EVEN_FIRST = 0.98, 0.95
"""Of the largest entropy; and at first: what has become even may be best so."""
BY_HAND = words("Unsqueeze Index")
"""What makes a column of a row on purpose."""
MORE = 2.0
"""Times what actions are worth: the best policy is a softmax of that worth over the entropy's weight."""
CHOSEN = words("Gather Index")
TABLES = words("LogSoftmax Logsumexp Softmax")
NORMAL = ("Sub", "Div", "Neg")
"""What `torch.distributions.Normal` has above the square, outermost first."""
JOINED = words("Stack Cat")
LESSER = words("Minimum Maximum Where")
"""How a clipped policy gradient takes one of two (PPO)."""
ERRORS = DISTANCES | words("Pow")
COMPARED, ALIKE = 16, 0.9
"""Actions that are asked for, and how alike the two are where one is made of the other."""
REVERSED = (
    "in the policy's loss what actions are worth has the wrong sign: those that came to more than the critic "
    "in the same loss expected are made less likely"
)
WORDS = (
    "the entropy of the policy is added to its loss: each step makes it surer of what it does, whatever "
    "comes of that"
)


class Entropy(NamedTuple):
    """The sum of p log p in a loss: what it is multiplied by, and the node of the product p log p."""

    weight: float
    product: Any


class Actions(NamedTuple):
    """Log-probabilities of actions in a loss: what they are multiplied by besides `worth` [actions]."""

    weight: float
    worth: Tensor
    among: slice = slice(None)
    """Of those of a rollout, in its order, where each has a node of its own."""


class Chosen(NamedTuple):
    """Log-probabilities of what was chosen, some nodes below a product: what they are multiplied by on
    the way there, a number and tensors of one value each action, and whether each is a node by itself."""

    weight: float
    factors: tuple[Tensor, ...]
    single: bool


class Parts(NamedTuple):
    entropies: list[Entropy]
    actions: list[Actions]
    paired: str
    """In words, where actions meet the advantages of all."""
    missing: list[Tensor]
    """What each value that is trained in the same loss falls short of its target by."""


NO_PARTS = Parts([], [], "", [])


class PolicyLoss:
    """`look` at the first losses, `glance` at later ones; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = 0
        self._first: Faults = ()
        self._later: Faults = ()
        self._evenness = 0.0
        """Of the first policy that was seen."""
        self._before: Faults = ()
        """What the last glance would have told."""
        self._asked = 0
        """Times that the program's variables were asked for."""
        self._paid: Faults = ()
        """What the last policy's loss has shown beside the program's rewards."""

    @property
    def told(self) -> Faults:
        return (*self._first, *self._later)

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS

    def look(self, loss: Tensor, variables: Callable[[], Sequence[Paid]] = tuple) -> None:
        """Call before backward. Nothing is told where the graph is not as expected. `variables`: what the
        program has of rewards."""
        self._looks += 1
        with suppress_own, torch.no_grad():
            parts = parts_of(loss.grad_fn)
            if parts.actions and parts.entropies and not self._evenness:
                self._evenness = min(_evenness(one.product) for one in parts.entropies)
            found = wrong_from_the_start(parts)
            if not found and parts.actions and self._asked < ASKED:
                self._asked += 1
                paid = wrong_by_rewards(parts.actions[0], variables)
                # Of two that play against each other one may well be paid for what the other one loses.
                found = tuple(one for one in paid if one[0] in dict(self._paid))
                self._paid = paid
            if found:
                self._looks, self._first = LOOKS, found

    def glance(self, loss: Tensor, passes: int) -> None:
        """The same, after so many backward passes; told is what two in a row agree on."""
        if passes < LEARNED_BY or not self._evenness > EVEN_FIRST:
            return
        with suppress_own, torch.no_grad():
            found = even(parts_of(loss.grad_fn), passes)
            self._later = found if self._before else ()
            self._before = found


def parts_of(root: Any) -> Parts:
    """Of what is below, as a loss of a policy has them. None where what one is multiplied by is not known."""
    waiting, entropies, actions, paired = deque([(root, 1.0)]), [], [], ""
    missing: list[Tensor] = []
    singles: list[float] = []
    joined = False
    for _ in range(NODES):
        if not waiting:
            break
        node, weight = waiting.popleft()
        if node is None:
            continue
        word, below = stem_of(node), [one for one, _ in node.next_functions]
        parts = below_of(node)
        if word in AS_IT_IS or word in LESSER:
            waiting.extend((one, weight) for one in parts)
        elif word in JOINED and parts:  # the steps of a rollout, which are alike
            joined = True
            most = SINGLES if _size(parts[0]) == 1 else 1
            waiting.extend((one, weight) for one in parts[:most])
        elif word == "Neg":
            waiting.extend((one, -weight) for one in parts)
        elif word in ("Add", "Sub"):
            alpha = number(node, "alpha")
            second = (-1 if word == "Sub" else 1) * (1.0 if alpha is None else alpha)
            waiting.extend(
                (one, weight * way)
                for one, way in zip(below, (1, second), strict=False)
                if one is not None
            )
        elif word in ("Mul", "Div") and len(parts) == 1:
            factor = saved(node, "other" if below[0] is not None else "self")
            if factor is None:
                return NO_PARTS
            if factor.numel() == 1:
                value = float(factor) if word == "Mul" else 1 / (float(factor) or math.inf)
                chosen = _chosen(parts[0])
                if chosen is not None and chosen.single:
                    singles.append(weight * value * chosen.weight)
                else:
                    waiting.append((parts[0], weight * value))
            elif word == "Mul" and (chosen := _chosen(parts[0])) is not None:
                actions.append(Actions(weight * chosen.weight, _product(factor, chosen.factors)))
                paired = paired or _paired(node, parts[0], factor)
        elif word == "Mul" and len(parts) == 2 and _expected_logarithm(parts):
            entropies.append(Entropy(weight, node))
        elif word in ERRORS and weight < 0:
            return NO_PARTS  # an objective that is maximised: all signs are the other way round
        elif word in ERRORS:
            short = _missing(node, word)
            missing += [] if short is None else [short]
    if len(singles) > 1 and joined:
        actions.append(Actions(1.0, _numbers(singles), slice(len(singles))))
    elif len(singles) > 1:  # one was added after the other: the last one is nearest
        actions.append(Actions(1.0, _numbers(singles[::-1]), slice(-len(singles), None)))
    return Parts(entropies, actions, paired, missing)


def _missing(node: Any, word: str) -> Tensor | None:
    """What values fall short of their targets by, of one of ERRORS; None where both sides are trained."""
    error = node if word != "Pow" else node.next_functions[0][0]
    trained = [one is not None for one, _ in error.next_functions[:2]]
    if trained not in ([True], [True, False], [False, True]):
        return None
    if word == "Pow":
        away = saved(node, "self")
        whole = number(node, "exponent") == 2 and stem_of(error) == "Sub"
        return None if away is None or not whole else (-away if trained[0] else away)
    values, targets = saved(node, "self"), saved(node, "target")
    if values is None or targets is None or values.shape != targets.shape:
        return None
    return targets - values if trained[0] else values - targets


def wrong_from_the_start(parts: Parts) -> Faults:
    """What is wrong with a policy's loss whatever has been learned."""
    if parts.paired:
        return ((PAIRED_ADVANTAGES, parts.paired),)
    if any(_reversed(one, short) for one in parts.actions for short in parts.missing):
        return ((REVERSED_ADVANTAGES, REVERSED),)
    policy = any(bool((one.worth < 0).any()) for one in parts.actions)
    added = bool(parts.entropies) and all(one.weight < 0 for one in parts.entropies)
    return ((ENTROPY_ADDED, WORDS),) if policy and added else ()


def wrong_by_rewards(actions: Actions, variables: Callable[[], Sequence[Paid]]) -> Faults:
    """What is wrong by the rewards that a program has; these are asked for where there are actions enough."""
    if actions.worth.numel() < FEWEST:
        return ()
    among = actions.among
    held = [Paid(name, values[among] if values.dim() else values) for name, values in variables()]
    return wrongly_paid(-actions.weight * actions.worth.double(), held)


def _numbers(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _reversed(actions: Actions, short: Tensor) -> bool:
    """Whether actions that came to more than the critic expected are made less likely, and others more."""
    if actions.worth.numel() != short.numel() or short.numel() < COMPARED:
        return False
    pushed = actions.weight * actions.worth.double().flatten()
    both = torch.stack([pushed, short.double().flatten()])
    return bool(torch.corrcoef(both)[0, 1] > ALIKE)


def even(parts: Parts, passes: int) -> Faults:
    """Whether a policy does all alike after so many losses, and its entropy weighs more than its actions."""
    gains = [
        abs(one.weight) * float(one.worth.double().square().mean().sqrt()) for one in parts.actions
    ]
    bonus = min((one.weight for one in parts.entropies), default=0.0)
    if not gains or not bonus > MORE * max(gains):
        return ()
    shares = [_evenness(one.product) for one in parts.entropies]
    if not all(share > EVEN for share in shares):
        return ()
    return (
        (
            EVEN_POLICY,
            f"after {passes:,} losses the policy's entropy is {100 * min(shares):.1f} % of the largest that "
            f"there is; in the loss it weighs {bonus:.3g}, and what actions are worth {max(gains):.3g}",
        ),
    )


def _evenness(product: Any) -> float:
    """Mean entropy over its largest value; NaN where that is not kept."""
    table = [saved(product, name) for name in ("self", "other")]
    if any(one is None or one.dim() < 1 or one.shape[-1] < 2 for one in table):
        return math.nan
    one, other = (cast(Tensor, part).double() for part in table)
    return float(-(one * other).sum(-1).mean()) / math.log(one.shape[-1])


def _paired(product: Any, chosen: Any, factor: Tensor) -> str:
    """In words, where log-probabilities of n actions, times what they are weighed by, are n x n numbers."""
    pairs, actions, weights = shape(product), shape(chosen), tuple(factor.shape)
    if len(pairs) != 2 or pairs[0] != pairs[1] or pairs[0] < 2:
        return ""
    n = pairs[0]
    row = actions == (n,) and weights in ((n, 1), (n, n))
    column = actions == (n, 1) and weights == (n,) and stem_of(chosen) not in BY_HAND
    if not row and not column:
        return ""  # or each action is to meet all of them
    return (
        f"log-probabilities of shape {actions} are multiplied by advantages of shape {weights}: each action "
        "is judged by those of all"
    )


def _size(node: Any) -> int:
    return math.prod(shape(node))


def _product(factor: Tensor, others: Sequence[Tensor]) -> Tensor:
    """Of those that have its shape, as masks have."""
    for other in others:
        factor = factor * other if other.shape == factor.shape else factor
    return factor


def _picks(node: Any) -> bool:
    for _ in range(CLOSE):
        if stem_of(node) in CHOSEN or not below_of(node):
            break
        node = below_of(node)[0]
    return stem_of(node) in CHOSEN


def _chosen(node: Any) -> Chosen | None:
    """The way down to single ones out of a table of logarithms, or to the logarithm of a normal density: as
    those of actions are. None where there is no such, or its sign is not known."""
    weight, picked = 1.0, False
    factors: list[Tensor] = []
    single, path = _size(node) == 1, deque([""] * 3, 3)
    for _ in range(NEAR):
        word, parts = stem_of(node), below_of(node)
        picked = picked or word in CHOSEN
        if picked and word in TABLES:
            return Chosen(weight, tuple(factors), single)
        if word == "Pow" and tuple(path) == NORMAL and number(node, "exponent") == 2:
            return Chosen(-weight, tuple(factors), single)
        if not parts:
            return None
        first = node.next_functions[0][0] is not None
        into = parts[0]
        if word in ("Neg", "Rsub"):
            weight = -weight
        elif word == "Sub":
            normalised = [one for one in parts if stem_of(one) == "Logsumexp"]
            into = (normalised or parts)[0]
            picked = picked or (bool(normalised) and any(_picks(one) for one in parts))
            weight = (
                -weight if not first or (len(parts) > 1 and normalised == parts[:1]) else weight
            )
        elif word in ("Mul", "Div") and len(parts) == 1 and not picked:
            factor = saved(node, "other" if first else "self")
            if factor is None:
                return None
            if factor.numel() == 1:
                value = float(factor)
                weight *= value if word == "Mul" else 1 / (value or math.inf)
            elif word == "Mul":
                factors.append(factor)
            elif not bool((factor > 0).all()):
                return None
        single = single and word != "Mean" and not factors
        path.append(word)
        node = into
    return None


def _expected_logarithm(factors: list[Any]) -> bool:
    """Whether one of the two is a table of probabilities and the other of their logarithms."""
    kinds = {_kind(one) for one in factors}
    return kinds == {"probability", "logarithm"}


def _kind(node: Any) -> str:
    for _ in range(CLOSE):
        word, below = stem_of(node), below_of(node)
        if word == "Softmax":
            return "probability"
        if word == "Exp":
            return "probability" if below and _kind(below[0]) == "logarithm" else ""
        if word in ("LogSoftmax", "Log"):
            return "logarithm"
        if word == "Sub" and any(stem_of(one) == "Logsumexp" for one in below):
            return "logarithm"
        # Probabilities are divided by their sum, and kept from being exactly 0.
        if not below or (word not in ("Add", "View", "Div") and not word.startswith("Clamp")):
            return ""
        node = below[0]
    return ""
