"""The table of layers: of each what its gradients and weights were, over the run and at its end."""

from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np
import numpy.typing as npt

from gradtui.commands.page.heat import INFINITE, LOST, HeatMap
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.snapshot import Grad, Weight, merge_norms

MOST = 2000
"""Layers that are told of at most."""
SPARK = 48
"""Points of a small curve."""
LOOKED_BACK = 64
"""Times that weights were measured, among which the last of a layer is looked for."""
END = 10
"""The first and the last part of a run that are compared are one in so many."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer; numbers are NaN where they are not known."""

    name: str
    kind: str
    shapes: str
    parameters: int
    now: float
    """L2 norm of the gradient at the last step that has one, before clipping; below over all steps."""
    median: float
    low: float
    high: float
    change: float
    """Median of the last tenth of the steps over that of the first."""
    weights: float
    """L2 norm at the last step at which weights were measured."""
    weights_lost: bool
    """Whether they were not finite then."""
    update: float
    """Norm of the last measured update over that of the weights."""
    zeros: float
    """Share of the gradient that is exactly zero."""
    lost: int
    """Kept steps with a value that is not finite."""
    lost_first: int
    """The first of them, -1: none."""
    spark: tuple[float | None, ...] = ()
    """log10 of the norm over the steps; None where it is no number."""
    sick: bool = False
    """Whether a finding names it."""


def shown_rows(layout: Layout, named: set[int], present: BoolArray) -> IntArray:
    """At most MOST rows in their order: those that findings name, then those that have gradients."""
    count = len(layout.rows)
    order = sorted(range(count), key=lambda row: (row not in named, not present[row], row))
    return np.array(sorted(order[:MOST]), np.int64)


def present_rows(facts: Facts) -> npt.NDArray[np.bool_]:
    """[n, rows] whether any tensor of a row had a gradient."""
    there = ~np.isnan(facts.grads[:, :, Grad.NONFINITE])
    out = np.zeros((len(facts), len(facts.layout.rows)), np.bool_)
    for row, tensors in enumerate(facts.layout.tensors_of):
        out[:, row] = there[:, list(tensors)].any(axis=1)
    return out


def layer_rows(
    facts: Facts, rows: IntArray, there: BoolArray, heat: HeatMap, named: set[int]
) -> tuple[LayerRow, ...]:
    """`there` as from `present_rows`, `heat` of the same rows."""
    at = facts.weights_at[-LOOKED_BACK:]
    updates = _latest(facts.update_ratios(at))
    sparks = _sparks(heat)
    return tuple(
        _layer(facts, int(row), there[:, row], float(updates[row]), sparks[i], int(row) in named)
        for i, row in enumerate(rows)
    )


def _latest(values: FloatArray) -> FloatArray:
    """[n, rows] -> [rows] the last one that is not NaN: where optimizers take turns that is not the last
    step's of all."""
    known = ~np.isnan(values)
    last = np.where(known, np.arange(len(values))[:, None], -1).max(axis=0, initial=-1)
    picked = (
        np.take_along_axis(values, np.maximum(last, 0)[None], axis=0)[0] if len(values) else last
    )
    return np.asarray(np.where(last >= 0, picked, nan), np.float64)


def _layer(
    facts: Facts,
    row: int,
    there: BoolArray,
    update: float,
    spark: tuple[float | None, ...],
    sick: bool,
) -> LayerRow:
    layout, info = facts.layout, facts.layout.rows[row]
    tensors = list(layout.tensors_of[row])
    kept = there & ~facts.skipped
    norms = facts.row_norms[kept, row]
    finite = norms[np.isfinite(norms)]
    odd = facts.grads[:, tensors, Grad.NONFINITE]
    steps = facts.steps[(np.nan_to_num(odd) > 0).any(axis=1) & ~facts.skipped]
    weights = _weights(facts, tensors)
    kind = f"{info.kind}, {info.activation}" if info.activation else info.kind
    return LayerRow(
        name=info.name,
        kind=kind,
        shapes="; ".join(_shape(layout, place) for place in tensors),
        parameters=int(sum(layout.tensors[i].numel for i in tensors if layout.parameters[i])),
        now=float(norms[-1]) if len(norms) else nan,
        median=float(np.median(finite)) if len(finite) else nan,
        low=float(finite.min()) if len(finite) else nan,
        high=float(finite.max()) if len(finite) else nan,
        change=_change(finite),
        weights=float(merge_norms(weights[:, Weight.NORM])) if len(weights) else nan,
        weights_lost=bool((weights[:, Weight.NONFINITE] > 0).any()),
        update=update,
        zeros=_zeros(facts, tensors),
        lost=len(steps),
        lost_first=int(steps[0]) if len(steps) else -1,
        spark=spark,
        sick=sick,
    )


def _shape(layout: Layout, place: int) -> str:
    tensor = layout.tensors[place]
    return f"{tensor.name} {'×'.join(map(str, tensor.shape)) or 'one number'}"


def _change(finite: FloatArray) -> float:
    part = len(finite) // END
    if part < 1:
        return nan
    before, after = float(np.median(finite[:part])), float(np.median(finite[-part:]))
    return after / before if before > 0 else nan


def _weights(facts: Facts, tensors: list[int]) -> FloatArray:
    """[tensors, Weight.COLUMNS] of those whose weights were measured, the last time that any of them was."""
    for at in facts.weights_at[-LOOKED_BACK:][::-1].tolist():
        found = facts.weights[at][tensors]
        known: FloatArray = found[~np.isnan(found[:, Weight.NONFINITE])]
        if len(known):
            return known
    return np.empty((0, Weight.COLUMNS))


def _zeros(facts: Facts, tensors: list[int]) -> float:
    """At the last step at which zeros of all tensors were counted."""
    counts = facts.grads[:, tensors, Grad.ZEROS]
    counted = np.flatnonzero(~np.isnan(counts).any(axis=1))
    numel = float(facts.layout.numel[tensors].sum())
    if not len(counted) or not tensors or numel <= 0:
        return nan
    return float(counts[counted[-1]].sum()) / numel


def _sparks(heat: HeatMap) -> list[tuple[float | None, ...]]:
    """Of every row at most SPARK of the map's columns, of each stretch what is lost, else the farthest from
    its mean. Columns at the ends without a gradient are left out."""
    logs = heat.logs()
    rows, count = logs.shape
    lost = np.isin(heat.levels, (LOST, INFINITE))
    known = ~np.isnan(logs)
    sums = np.where(known, logs, 0.0).sum(axis=1)
    middle = sums / np.maximum(known.sum(axis=1), 1)
    far = np.where(known, np.abs(logs - middle[:, None]), np.where(lost, np.inf, -1.0))
    edges = np.unique(np.linspace(0, count, min(SPARK, max(count, 1)) + 1).astype(np.int64))
    picked = [far[:, a:b].argmax(axis=1) + a for a, b in pairwise(edges.tolist())]
    if not picked:
        return [()] * rows
    at = np.stack(picked, axis=1)
    points, odd = (np.take_along_axis(x, at, axis=1) for x in (logs, lost))
    there = ~np.isnan(points) | odd
    return [
        tuple(None if o else float(p) for p, o, t in zip(*line, strict=True) if t)
        for line in zip(points.tolist(), odd.tolist(), there.tolist(), strict=True)
    ]
