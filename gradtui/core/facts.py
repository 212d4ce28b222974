"""A stretch of a run in numpy arrays: what rules and renderables read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gradtui.core.event import RunInfo
from gradtui.core.extremes import Extremes
from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.rank_facts import RankFacts
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad, NonFinite, Weight

SCALARS = ("loss", "accuracy", "lr", "seconds", "overhead", "clip_coefficient", "loss_scale")


def merged_rows(norms: FloatArray, row_of: IntArray, rows: int) -> FloatArray:
    """[..., tensors] L2 norms -> [..., rows], root of the sum of squares without over- or underflow.

    A row without tensors is NaN; NaN and inf in a tensor are NaN and inf in its row.
    """
    out = np.full((*norms.shape[:-1], rows), np.nan)
    if row_of.size == 0:
        return out
    part = norms
    if (row_of[1:] < row_of[:-1]).any():
        order = np.argsort(row_of, kind="stable")
        row_of, part = row_of[order], norms[..., order]
    present, starts = np.unique(row_of, return_index=True)
    if len(present) == len(row_of):  # one tensor a row, as where biases are left out
        out[..., present] = part
        return out
    widths = np.diff(starts, append=part.shape[-1])
    top = np.maximum.reduceat(part, starts, axis=-1)
    usable = np.isfinite(top) & (top > 0)
    scale = np.where(usable, top, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.square(part / np.repeat(scale, widths, axis=-1))
        total = top * np.sqrt(np.add.reduceat(squares, starts, axis=-1))
    out[..., present] = np.where(usable, total, top)
    return out


def before_clipping(grads: FloatArray, clipped: BoolArray, coefficient: FloatArray) -> FloatArray:
    """[n, tensors, Grad.COLUMNS] with norms, maxima and sums as they were before clipping.

    `clipped` [n] says which were taken after it, `coefficient` [n] by what factor; where it shortened
    to nothing, or is not known (clipping by value), they are left as they are.
    """
    known = clipped & (coefficient > 0) & (coefficient < 1)
    if not known.any():
        return grads
    out = grads.copy()
    factor = coefficient[known][:, None]
    with np.errstate(over="ignore"):
        for column in (Grad.NORM, Grad.ABS_MAX, Grad.SUM):
            out[known, :, column] /= factor
    return out


class Norms(NamedTuple):
    """Norms merged over tensors: [n], [n, rows], [n, rows], as in `Facts`."""

    total: FloatArray
    rows: FloatArray
    judged: FloatArray


def merged_norms(grads: FloatArray, layout: Layout) -> Norms:
    """`grads` [n, tensors, Grad.COLUMNS]. A missing gradient (its counts are NaN too) adds nothing;
    a row that has none at all is NaN."""
    present = ~np.isnan(grads[..., Grad.NONFINITE])
    norms = np.where(present, grads[..., Grad.NORM], 0.0)
    count, owned = len(layout.rows), layout.parameters
    by_row = []
    for chosen in (slice(None), layout.judged):
        of = layout.row_of[chosen]
        merged = merged_rows(norms[:, chosen], of, count)
        if not present.all():
            some = merged_rows(present[:, chosen].astype(np.float64), of, count) > 0
            merged = np.where(some, merged, np.nan)
        by_row.append(merged)
    whole = np.zeros(int(owned.sum()), np.int64)
    parameters = norms if owned.all() else norms[:, owned]
    return Norms(merged_rows(parameters, whole, 1)[:, 0], *by_row)


@dataclass(frozen=True)
class Facts:
    """A read-only stretch of a run, from its first kept step to some later one: what rules read.

    Arrays are views, [n] or [n, tensors, columns]; columns as in `snapshot`. Weights and activations
    are NaN at steps where they were not measured; `weights_at` and `activations_at` list where they
    were. Row quantities merge the tensors of a row.
    """

    layout: Layout
    info: RunInfo
    steps: IntArray
    loss: FloatArray
    accuracy: FloatArray
    lr: FloatArray
    seconds: FloatArray
    overhead: FloatArray
    clip_coefficient: FloatArray
    loss_scale: FloatArray
    skipped: npt.NDArray[np.bool_]
    optimizer: IntArray
    """[n] which optimizer stepped; gradients that are not its own are missing at its steps."""
    grads: FloatArray
    """Before clipping, also where they were taken after it."""
    weights: FloatArray
    activations: FloatArray
    total_norm: FloatArray
    """[n] L2 norm over all parameters, before clipping."""
    row_norms: FloatArray
    """[n, rows] L2 norm of the gradient, all tensors of the row."""
    judged_norms: FloatArray
    """[n, rows] as `row_norms`, of the tensors whose size means something (no biases)."""
    has_weights: npt.NDArray[np.bool_]
    has_activations: npt.NDArray[np.bool_]
    first_nonfinite: NonFinite | None = None
    every: ScalarSeries | None = None
    """The scalars of all steps, also of those that were not measured; None where every step was, or
    nobody has followed them."""
    time: FloatArray | None = None
    """[n] seconds since 1970 at which each step was taken; None where nobody has kept that."""
    ranks: RankFacts | None = None
    """What its processes have to say together; None where it was not looked for."""
    extremes: Extremes | None = None
    """Loss and total norm of all steps, also of those between the kept ones; None while all are kept."""
    states: Mapping[int, FloatArray] = field(default_factory=dict)
    """Step -> [tensors, State.COLUMNS] at those, kept or not, at which optimizers' states were looked at."""

    @cached_property
    def scalars(self) -> ScalarSeries:
        """The scalars of every step, thinned evenly in a long run; where nobody has followed them, those
        of the kept ones."""
        every = self.every
        if every is not None and len(every) and every.taken >= self.kept_scalars.taken:
            return every
        return self.kept_scalars

    @cached_property
    def kept_scalars(self) -> ScalarSeries:
        """The scalars of the kept steps."""
        count = len(self.steps)
        time = np.full(count, np.nan) if self.time is None else self.time
        return ScalarSeries(self.steps, time, self.loss, self.lr, self.optimizer, self.skipped)

    def __len__(self) -> int:
        return len(self.steps)

    @cached_property
    def weights_at(self) -> IntArray:
        return np.flatnonzero(self.has_weights)

    @cached_property
    def activations_at(self) -> IntArray:
        return np.flatnonzero(self.has_activations)

    def update_ratios(self, at: IntArray) -> FloatArray:
        """[len(at), rows] update_norm / weight_norm of the judged tensors at these kept steps."""
        judged = np.flatnonzero(self.layout.judged & self.layout.parameters)
        rows, count = self.layout.row_of[judged], len(self.layout.rows)
        weight, update = (
            merged_rows(self.weights[at[:, None], judged, column], rows, count)
            for column in (Weight.NORM, Weight.UPDATE)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return update / weight

    def until(self, n: int) -> "Facts":
        """The first `n` kept steps, as if the run had ended there."""
        last = int(self.steps[n - 1]) if n else -1
        seen = self.first_nonfinite
        cut = {name: getattr(self, name)[:n] for name in PER_STEP}
        return Facts(
            layout=self.layout,
            info=self.info,
            first_nonfinite=seen if seen is not None and seen.step <= last else None,
            every=self.every.until(last) if self.every is not None else None,
            time=self.time[:n] if self.time is not None else None,
            ranks=self.ranks.until(last) if self.ranks is not None else None,
            extremes=self.extremes.until(last) if self.extremes is not None else None,
            states={step: table for step, table in self.states.items() if step <= last},
            **cut,
        )


PER_STEP = (
    "steps",
    *SCALARS,
    "skipped",
    "optimizer",
    "grads",
    "weights",
    "activations",
    "total_norm",
    "row_norms",
    "judged_norms",
    "has_weights",
    "has_activations",
)
