"""Values of steps as they are sent: pure functions of what was measured."""

import time
from collections.abc import Sequence
from math import isfinite, isnan

import numpy as np

from gradtui.commands.forward.records import StepValues
from gradtui.core.facts import before_clipping, merged_norms, merged_rows
from gradtui.core.layout import FloatArray, Layout
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad, Snapshot, Weight, merge_norms


def scalar_values(scalars: ScalarSeries) -> list[StepValues]:
    """Loss and learning rate of every step; a learning rate of NaN is none."""
    out = []
    columns = (scalars.steps, scalars.time, scalars.loss, scalars.lr)
    for step, when, loss, lr in zip(*(column.tolist() for column in columns), strict=True):
        out.append(StepValues(step, moment(when), _scalars(loss, lr)))
    return out


def step_values(
    snapshots: Sequence[Snapshot], layout: Layout, names: Sequence[str], *, with_scalars: bool
) -> list[StepValues]:
    """Norms and update ratios of measured steps. `names` are those of the first rows of `layout`, which
    are sent; `with_scalars`: loss and learning rate as well, as they come in no other way."""
    if not snapshots:
        return []
    grads = np.stack([one.grads for one in snapshots])
    clipped = np.array([one.stage == "clipped" for one in snapshots])
    coefficient = np.array([one.clip_coefficient for one in snapshots])
    norms = merged_norms(before_clipping(grads, clipped, coefficient), layout)
    after = merged_norms(grads, layout).total
    present = _present_rows(grads, layout)
    out = []
    for i, one in enumerate(snapshots):
        values = _scalars(one.loss, one.lr) if with_scalars else {}
        values["total_norm"] = float(norms.total[i])
        if not isnan(one.clip_coefficient):
            taken = one.stage == "clipped"
            values["clipped_norm"] = float(after[i] * (1.0 if taken else one.clip_coefficient))
        rows = norms.rows[i].tolist()
        layers = {
            "grad_norm": {name: rows[k] for k, name in enumerate(names) if present[i, k]},
        }
        if one.weights is not None:
            whole, ratios = update_ratios(one.weights, layout)
            if not isnan(whole):
                values["update_ratio"] = whole
            known = {n: r for n, r in zip(names, ratios.tolist(), strict=False) if not isnan(r)}
            if known:
                layers["update_ratio"] = known
        out.append(StepValues(one.step, moment(one.time), values, layers))
    return out


def update_ratios(weights: FloatArray, layout: Layout) -> tuple[float, FloatArray]:
    """`weights` [tensors, Weight.COLUMNS] -> the ratio of the norms of change and weights over all tensors
    that are judged, and [rows]; NaN where nothing was measured."""
    chosen = layout.judged & layout.parameters
    part, rows = weights[chosen], layout.row_of[chosen]
    seen = ~np.isnan(part[:, Weight.NONFINITE])
    part, rows = part[seen], rows[seen]
    norm, update = part[:, Weight.NORM], part[:, Weight.UPDATE]
    with np.errstate(divide="ignore", invalid="ignore"):
        count = len(layout.rows)
        by_row = merged_rows(update, rows, count) / merged_rows(norm, rows, count)
        whole = merge_norms(update) / merge_norms(norm) if len(norm) else np.float64(np.nan)
    return float(whole), by_row


def moment(when: float) -> float:
    """Seconds since 1970; now where a step has no time that could be one."""
    return when if isfinite(when) and when > 0 else time.time()


def _scalars(loss: float, lr: float) -> dict[str, float]:
    return {"loss": loss} | ({} if isnan(lr) else {"lr": lr})


def _present_rows(grads: FloatArray, layout: Layout) -> FloatArray:
    """[n, rows] whether any tensor of a row had a gradient."""
    there = (~np.isnan(grads[..., Grad.NONFINITE])).astype(np.float64)
    out: FloatArray = np.nan_to_num(merged_rows(there, layout.row_of, len(layout.rows)))
    return out
