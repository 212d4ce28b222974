"""Two runs at the same step, layer by layer."""

import math
from dataclasses import dataclass

import numpy as np

from gradtui.core.errors import UsageError
from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.logged import LAYERS
from gradtui.doctor import thresholds as T

ALIKE = 1e-9
"""Relative difference of two losses up to which they are taken for the same number."""


@dataclass(frozen=True, slots=True)
class LayerPair:
    """A layer that both runs have. `ratio` is `other` over `one`, NaN where either is missing."""

    name: str
    one: float
    other: float

    @property
    def ratio(self) -> float:
        if not self.one > 0 or math.isnan(self.other):
            return math.nan
        return self.other / self.one


@dataclass(frozen=True, slots=True)
class Comparison:
    """Gradient norms before clipping, losses, and where the runs part."""

    steps: tuple[int, int]
    """The step of each that is compared: the same one wherever both have kept it."""
    loss: tuple[float, float]
    total_norm: tuple[float, float]
    layers: tuple[LayerPair, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    """Layers that only one of them has."""
    parted: int | None
    """The first common step at which the losses differ; None where they never do."""


def compared(one: Facts, other: Facts, step: int | None = None) -> Comparison:
    """Both runs at `step`, or at the last step that both have reached.

    Where a step was thinned away the nearest kept one is taken. Raises UsageError where a run is
    empty or has not come as far.
    """
    if not len(one) or not len(other):
        raise UsageError("a run without steps cannot be compared.")
    last = min(int(one.steps[-1]), int(other.steps[-1]))
    if step is not None and step > last:
        raise UsageError(f"both runs have steps 0 to {last}, not {step}.")
    at = last if step is None else step
    common = np.intersect1d(one.steps, other.steps)
    near = int(common[np.abs(common - at).argmin()]) if len(common) else at
    if abs(near - at) <= max(at // 20, 1):
        at = near
    i, j = _nearest(one.steps, at), _nearest(other.steps, at)
    mine = dict(zip(layer_names(one), _norms(one, i), strict=True))
    yours = dict(zip(layer_names(other), _norms(other, j), strict=True))
    pairs = tuple(LayerPair(name, mine[name], yours[name]) for name in mine if name in yours)
    return Comparison(
        (int(one.steps[i]), int(other.steps[j])),
        (float(one.loss[i]), float(other.loss[j])),
        (float(one.total_norm[i]), float(other.total_norm[j])),
        pairs,
        (tuple(n for n in mine if n not in yours), tuple(n for n in yours if n not in mine)),
        _parted(one, other, common),
    )


def not_comparable(one: Facts, other: Facts) -> str:
    """Why no verdict can be given on one run beside the other; "" where it can."""
    if not len(one) or not len(other):
        return "one of them has no steps"
    tasks = (one.info.task, other.info.task)
    if all(tasks) and tasks[0] != tasks[1]:
        return f"they are different tasks, {tasks[0]} and {tasks[1]}"
    classes = (one.info.classes, other.info.classes)
    if all(classes) and classes[0] != classes[1]:
        return f"they are different tasks, of {classes[0]} and {classes[1]} classes"
    layers = [set(layer_names(facts)) for facts in (one, other) if _tells_layers(facts)]
    if len(layers) == 2 and not layers[0] & layers[1]:
        return "they are different nets: no layer of one is in the other"
    if len(layers) < 2 and (one.info.logged is None or other.info.logged is None):
        return "a log without layers does not tell whether it is of the same net"
    common = min(int(one.steps[-1]), int(other.steps[-1])) + 1
    finite = one.first_nonfinite is None and other.first_nonfinite is None
    if finite and common < T.STILL_STEPS:
        return f"they have only {common} steps in common"
    return ""


def _tells_layers(facts: Facts) -> bool:
    """Whether anything is known of single layers: a log need not tell."""
    return facts.info.logged is None or facts.info.logged.gradients == LAYERS


def layer_names(facts: Facts) -> list[str]:
    """Row names, numbered where one comes twice; none of a log that tells nothing of layers."""
    if not _tells_layers(facts):
        return []
    seen: dict[str, int] = {}
    out = []
    for row in facts.layout.rows:
        seen[row.name] = seen.get(row.name, 0) + 1
        out.append(row.name if seen[row.name] == 1 else f"{row.name} #{seen[row.name]}")
    return out


def _norms(facts: Facts, at: int) -> list[float]:
    norms: FloatArray = facts.row_norms[at]
    if not _tells_layers(facts):
        return []
    return [float(norm) for norm in norms]


def _nearest(steps: IntArray, step: int) -> int:
    return int(np.abs(steps - step).argmin())


def _parted(one: Facts, other: Facts, common: IntArray) -> int | None:
    if not len(common):
        return None
    a = one.loss[np.searchsorted(one.steps, common)]
    b = other.loss[np.searchsorted(other.steps, common)]
    with np.errstate(invalid="ignore"):
        alike = np.isclose(a, b, rtol=ALIKE, atol=0.0, equal_nan=True)
    return None if alike.all() else int(common[np.argmin(alike)])
