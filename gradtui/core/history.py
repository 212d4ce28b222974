"""A run as it was measured, in numpy arrays that are bounded whatever the run's length."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.event import RunInfo
from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.snapshot import Act, Grad, NonFinite, Snapshot, U32Array, Weight

CAPACITY = 2048
"""Steps kept in full. When they are used up every second one goes, the newest excepted."""

SCALARS = ("loss", "accuracy", "lr", "seconds", "overhead", "clip_coefficient", "loss_scale")
HISTOGRAMS_KEPT = 256


def merged_rows(norms: FloatArray, row_of: IntArray, rows: int) -> FloatArray:
    """[..., tensors] L2 norms -> [..., rows], root of the sum of squares without over- or underflow.

    A row without tensors is NaN; NaN and inf in a tensor are NaN and inf in its row.
    """
    out = np.full((*norms.shape[:-1], rows), np.nan)
    if row_of.size == 0:
        return out
    order = np.argsort(row_of, kind="stable")
    part = norms[..., order]
    present, starts = np.unique(row_of[order], return_index=True)
    widths = np.diff(starts, append=part.shape[-1])
    top = np.maximum.reduceat(part, starts, axis=-1)
    usable = np.isfinite(top) & (top > 0)
    scale = np.where(usable, top, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.square(part / np.repeat(scale, widths, axis=-1))
        total = top * np.sqrt(np.add.reduceat(squares, starts, axis=-1))
    out[..., present] = np.where(usable, total, top)
    return out


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
    grads: FloatArray
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
        judged = self.layout.judged & self.layout.parameters
        rows = self.layout.row_of[judged]
        part = self.weights[at][:, judged]
        weight = merged_rows(part[..., Weight.NORM], rows, len(self.layout.rows))
        update = merged_rows(part[..., Weight.UPDATE], rows, len(self.layout.rows))
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
            **cut,
        )


PER_STEP = (
    "steps",
    *SCALARS,
    "skipped",
    "grads",
    "weights",
    "activations",
    "total_norm",
    "row_norms",
    "judged_norms",
    "has_weights",
    "has_activations",
)


@dataclass
class History:
    """Collects snapshots of one run; `facts()` is what has been seen so far."""

    layout: Layout
    info: RunInfo
    capacity: int = CAPACITY
    stride: int = 1
    """Every how many steps one is kept; doubles each time the capacity is reached."""
    first_nonfinite: NonFinite | None = None
    histograms: dict[int, U32Array] = field(default_factory=dict)
    """Step -> [tensors, HIST_BINS] counts, the latest few hundred."""
    latest: Snapshot | None = None
    seen: int = 0
    """Snapshots received, kept or not."""
    _n: int = 0
    _derived: int = 0
    """Kept steps whose merged columns are up to date."""
    _columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self._n

    def append(self, snapshot: Snapshot) -> None:
        """Keep a snapshot. Steps must come in rising order; gaps (drops) are fine."""
        if not self._columns:
            self._allocate(256)
        if self._n and self.stride > 1 and int(self._columns["steps"][self._n - 1]) % self.stride:
            self._n -= 1  # the newest is held only until a newer one comes
        if self._n == self.capacity:
            self._thin()
        elif self._n == len(self._columns["steps"]):
            self._allocate(min(2 * self._n, self.capacity))
        self._write(self._n, snapshot)
        self._n += 1
        self.seen += 1
        self.latest = snapshot
        if self.first_nonfinite is None and not snapshot.skipped:
            self.first_nonfinite = snapshot.nonfinite
        if snapshot.histograms is not None:
            self.histograms[snapshot.step] = snapshot.histograms
            while len(self.histograms) > HISTOGRAMS_KEPT:
                for step in sorted(self.histograms)[1:-1:2]:
                    del self.histograms[step]

    def facts(self) -> Facts:
        """Views of everything kept; valid until the next `append`."""
        if not self._columns:
            self._allocate(256)
        self._derive()
        cut = {name: self._columns[name][: self._n] for name in PER_STEP}
        return Facts(
            layout=self.layout, info=self.info, first_nonfinite=self.first_nonfinite, **cut
        )

    def _allocate(self, size: int) -> None:
        tensors, rows = len(self.layout.tensors), len(self.layout.rows)
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "steps": ((), np.int64),
            **dict.fromkeys(SCALARS, ((), np.float64)),
            "skipped": ((), np.bool_),
            "grads": ((tensors, Grad.COLUMNS), np.float64),
            "weights": ((tensors, Weight.COLUMNS), np.float64),
            "activations": ((rows, Act.COLUMNS), np.float64),
            "total_norm": ((), np.float64),
            "row_norms": ((rows,), np.float64),
            "judged_norms": ((rows,), np.float64),
            "has_weights": ((), np.bool_),
            "has_activations": ((), np.bool_),
        }
        old = self._columns
        self._columns = {}
        for name, (shape, kind) in shapes.items():
            column = np.empty((size, *shape), dtype=kind)
            if old:
                column[: self._n] = old[name][: self._n]
            self._columns[name] = column

    def _write(self, at: int, snapshot: Snapshot) -> None:
        columns = self._columns
        columns["steps"][at] = snapshot.step
        for name in SCALARS:
            columns[name][at] = getattr(snapshot, name)
        columns["skipped"][at] = snapshot.skipped
        columns["grads"][at] = snapshot.grads
        columns["weights"][at] = np.nan if snapshot.weights is None else snapshot.weights
        activations = snapshot.activations
        columns["activations"][at] = np.nan if activations is None else activations
        columns["has_weights"][at] = snapshot.weights is not None
        columns["has_activations"][at] = snapshot.activations is not None
        self._derived = min(self._derived, at)

    def _derive(self) -> None:
        """Merge the rows of all steps that came since the last time at once: a step at a time this
        would cost more than everything else that is done with a snapshot."""
        columns, layout = self._columns, self.layout
        rows, fresh = len(layout.rows), slice(self._derived, self._n)
        norms = columns["grads"][fresh, :, Grad.NORM]
        judged, owned = layout.judged, layout.parameters
        columns["row_norms"][fresh] = merged_rows(norms, layout.row_of, rows)
        columns["judged_norms"][fresh] = merged_rows(norms[:, judged], layout.row_of[judged], rows)
        whole = np.zeros(int(owned.sum()), np.int64)
        columns["total_norm"][fresh] = merged_rows(norms[:, owned], whole, 1)[:, 0]
        self._derived = self._n

    def _thin(self) -> None:
        """Drop every second kept step, in place of a copy: views handed out before go stale."""
        self._derive()
        self.stride *= 2
        keep = np.flatnonzero(self._columns["steps"][: self._n] % self.stride == 0)
        fresh = {}
        for name, column in self._columns.items():
            fresh[name] = np.empty_like(column)
            fresh[name][: len(keep)] = column[keep]
        self._columns = fresh
        self._n = self._derived = len(keep)
