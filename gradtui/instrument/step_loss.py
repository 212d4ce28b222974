"""From the backward passes of a step to its loss.

A step's gradient is that of the *sum* of what backward was called on: its objective. The *loss* is
what one batch has lost on average. They are the same number where there is one backward pass, or
where the program has divided by the number of micro-batches, or by the number of all their tokens;
where it has not, the loss is the mean over the micro-batches. Losses that were computed differently
are no micro-batches of one another, they add up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isclose, prod
from typing import NamedTuple

CLOSE = 1e-5
"""Two constants are the same."""


class Part(NamedTuple):
    """One backward pass. `value` is what it was called on; see `Ending` for the rest."""

    value: float
    kind: str = ""
    factors: tuple[float, ...] = ()
    summed: int = 0
    seed: float = 1.0
    """What backward was given as the gradient of `value`."""
    kept: bool = False
    """Whether the graph was kept, for another backward pass from it."""


@dataclass(slots=True)
class Windows:
    """What steps so far have shown of accumulation, by kind of loss."""

    sizes: dict[str, int] = field(default_factory=dict)
    """How many micro-batches the program divides by: the last window of an epoch may have fewer, and
    is divided by the same number."""
    sums: dict[str, float] = field(default_factory=dict)
    """What sums were last divided by, where all of a step were by the same number; -1 once that is
    known to be how many values a whole step has."""
    undivided: int = 0
    """Micro-batches of the last step whose losses were left as they are; 0 where they were divided."""


class StepLoss(NamedTuple):
    loss: float
    objective: float


def sums_of(parts: Sequence[Part], windows: Windows) -> StepLoss:
    """The loss and the objective of one step; at least one part."""
    if len(parts) == 1 and not windows.sizes:
        (one,) = parts
        return StepLoss(one.value, one.seed * one.value)
    objective = _total(parts)
    if len({part.seed for part in parts}) == 1:
        parts = [part._replace(seed=1.0) for part in parts]
    whole = _joined(parts)
    if _add_up(whole):
        _remember(whole, windows)
        return StepLoss(_total(whole), objective)
    kinds: dict[str, list[Part]] = {}
    for part in whole:
        kinds.setdefault(part.kind, []).append(part)
    groups = [_turned(group) for group in kinds.values()]
    if len({len(group) for group in groups}) > 1:  # of one loss, to which a term is added at times
        groups = [whole]
    return StepLoss(sum(_loss(group, windows) for group in groups), objective)


def _loss(group: Sequence[Part], windows: Windows) -> float:
    """Of parts of one kind."""
    total = _total(group)
    if _add_up(group) or _of_all(group, windows):
        _remember(group, windows)
        return total
    size = windows.sizes.get(group[0].kind, 0)
    divided = size and all(_has(part.factors, 1 / size) for part in group)
    windows.undivided = 0 if divided else len(group)
    return total / len(group) * (size if divided else 1)


def _total(parts: Iterable[Part]) -> float:
    return sum(part.seed * part.value for part in parts)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Passes through one graph as one: those whose graph was kept, and the next. Where every graph
    was kept, that tells nothing."""
    if all(part.kept for part in parts) or not any(part.kept for part in parts):
        return list(parts)
    out: list[Part] = []
    running: list[Part] = []
    for part in parts:
        running.append(part)
        if not part.kept:
            out.append(_one(running))
            running = []
    return [*out, *running]


def _turned(group: Sequence[Part]) -> list[Part]:
    """Where some count against the others they are terms of one loss."""
    signs = {_product(part) < 0 for part in group}
    return [_one(group)] if len(signs) > 1 else list(group)


def _one(parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    common = [f for f in parts[0].factors if all(_has(part.factors, f) for part in parts[1:])]
    return Part(_total(parts), " + ".join(part.kind for part in parts), tuple(common))


def _add_up(parts: Sequence[Part]) -> bool:
    """Whether each was multiplied by its share of the whole: 1/4 of each of four."""
    if len(parts) == 1:
        return False
    columns = [*zip(*(part.factors for part in parts), strict=False), [*map(_product, parts)]]
    return any(
        all(0 < share < 1 for share in shares) and isclose(sum(shares), 1, rel_tol=CLOSE)
        for shares in columns
    )


def _of_all(group: Sequence[Part], windows: Windows) -> bool:
    """Whether sums were divided by how many values all of them have together, not each. That is more
    than any has, or, where padding is left out, another number in every step."""
    if not all(part.summed > 1 and part.factors and part.factors[-1] > 0 for part in group):
        return False
    counts = [1 / part.factors[-1] for part in group]
    if len(group) == 1 or not all(isclose(count, counts[0], rel_tol=CLOSE) for count in counts):
        return False
    kind, known = group[0].kind, windows.sums.get(group[0].kind, 0.0)
    beyond = counts[0] > max(part.summed for part in group) * (1 + CLOSE)
    if beyond or known < 0:
        windows.sums[kind] = -1
        return True
    windows.sums[kind] = counts[0]
    return bool(known) and not isclose(known, counts[0], rel_tol=CLOSE)


def _remember(parts: Sequence[Part], windows: Windows) -> None:
    count = len(parts)
    for part in parts:
        if count > 1 and _has(part.factors, 1 / count):
            windows.sizes[part.kind] = count


def _has(factors: Iterable[float], wanted: float) -> bool:
    return any(isclose(factor, wanted, rel_tol=CLOSE) for factor in factors)


def _product(part: Part) -> float:
    return prod(part.factors, start=part.seed)
