"""A run as it was measured, in numpy arrays that are bounded whatever the run's length."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.alternating_optimizers import on_lattice, round_length, seldom
from gradtui.core.event import RunInfo
from gradtui.core.extremes import FollowedExtremes
from gradtui.core.facts import PER_STEP, SCALARS, Facts, before_clipping, merged_norms
from gradtui.core.layout import FloatArray, Layout
from gradtui.core.scalar_series import FollowedScalars, ScalarSeries
from gradtui.core.snapshot import (
    HIST_BINS,
    Act,
    Grad,
    NonFinite,
    Snapshot,
    State,
    U32Array,
    Weight,
    merge_norms,
)

CAPACITY = 2048
"""Steps kept in full. When they are used up every second one goes, the newest excepted."""
ROOM, LEAST = 128 << 20, 64
"""Bytes that these may take, of a net of thousands of tensors fewer steps; and how many there are anyway."""
HISTOGRAMS_KEPT = 256
HISTOGRAM_ROOM, LEAST_HISTOGRAMS = 64 << 20, 4
STATES_KEPT = 512
STATE_ROOM, LEAST_STATES = 16 << 20, 16
FIRST = 256
"""Steps for which there is memory to begin with."""


@dataclass
class History:
    """Collects snapshots of one run; `facts()` is what has been seen so far."""

    layout: Layout
    info: RunInfo
    capacity: int = CAPACITY
    stride: int = 1
    """Every how many rounds of steps one is kept; doubles each time the capacity is reached."""
    period: int = 1
    """Steps of a round: more than one where optimizers take turns."""
    first_nonfinite: NonFinite | None = None
    histograms: dict[int, U32Array] = field(default_factory=dict)
    """Step -> [tensors, HIST_BINS] counts, the latest few hundred; of a large net a few."""
    states: dict[int, FloatArray] = field(default_factory=dict)
    """Step -> [tensors, State.COLUMNS], likewise."""
    latest: Snapshot | None = None
    seen: int = 0
    """Snapshots received, kept or not."""
    following: FollowedScalars = field(default_factory=FollowedScalars)
    """The scalars of every step, where they come."""
    extremes: FollowedExtremes = field(default_factory=FollowedExtremes)
    """Of the steps that are not kept, too."""
    _n: int = 0
    _derived: int = 0
    """Kept steps whose merged columns are up to date."""
    _taken: dict[int, int] = field(default_factory=dict)
    """Steps of each optimizer, kept or not."""
    _columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    _histograms_kept: int = HISTOGRAMS_KEPT
    _states_kept: int = STATES_KEPT

    def __post_init__(self) -> None:
        tensors, rows = len(self.layout.tensors), len(self.layout.rows)
        step = 8 * (tensors * (Grad.COLUMNS + Weight.COLUMNS) + rows * (Act.COLUMNS + 2)) or 1
        self.capacity = min(self.capacity, max(ROOM // step, LEAST))
        most = HISTOGRAM_ROOM // max(4 * HIST_BINS * tensors, 1)
        self._histograms_kept = min(HISTOGRAMS_KEPT, max(most, LEAST_HISTOGRAMS))
        most = STATE_ROOM // max(8 * State.COLUMNS * tensors, 1)
        self._states_kept = min(STATES_KEPT, max(most, LEAST_STATES))

    def __len__(self) -> int:
        return self._n

    def append(self, snapshot: Snapshot) -> None:
        """Keep a snapshot. Steps must come in rising order; gaps (drops) are fine."""
        if not self._columns:
            self._allocate(min(FIRST, self.capacity))
        if self.stride > 1 and self._n and not self._stays(self._n - 1):
            self._n -= 1  # the newest is held only until a newer one comes
        if self._n == self.capacity:
            self._thin()
        elif self._n == len(self._columns["steps"]):
            self._allocate(min(2 * self._n, self.capacity))
        self._write(self._n, snapshot)
        grads = self._columns["grads"][self._n, self.layout.parameters]
        total = merge_norms(grads[~np.isnan(grads[:, Grad.NONFINITE]), Grad.NORM])
        self.extremes.add_step(snapshot.step, snapshot.loss, float(total), snapshot.optimizer)
        self._n += 1
        self.seen += 1
        self._taken[snapshot.optimizer] = self._taken.get(snapshot.optimizer, 0) + 1
        self.latest = snapshot
        if self.first_nonfinite is None:
            self.first_nonfinite = snapshot.nonfinite
        if snapshot.histograms is not None:
            self.histograms[snapshot.step] = snapshot.histograms
            halve(self.histograms, self._histograms_kept)
        if snapshot.states is not None:
            self.states[snapshot.step] = snapshot.states
            halve(self.states, self._states_kept)

    def follow(self, scalars: ScalarSeries) -> None:
        """Take in the scalars of every step, measured or not."""
        self.following.add(scalars)
        self.extremes.add_losses(scalars.steps, scalars.loss, scalars.optimizer)

    @property
    def taken(self) -> int:
        """Steps of all optimizers so far, as far as is known."""
        latest = self.latest.step + 1 if self.latest is not None else 0
        return max(latest, self.following.view().taken)

    def _stays(self, at: int) -> bool:
        """Whether a kept step is one of those that thinning left, and not just the newest."""
        columns = self._columns
        if int(columns["optimizer"][at]) in seldom(self._taken):
            return True
        return bool(on_lattice(columns["steps"][at], self.period, self.stride))

    def facts(self) -> Facts:
        """Views of everything kept; valid until the next `append`."""
        if not self._columns:
            self._allocate(min(FIRST, self.capacity))
        self._derive()
        cut = {name: self._columns[name][: self._n] for name in PER_STEP}
        every = self.following.view()
        return Facts(
            layout=self.layout,
            info=self.info,
            first_nonfinite=self.first_nonfinite,
            every=every if len(every) else None,
            time=self._columns["time"][: self._n],
            ranks=None,
            # The steps of a log have a loss now and then.
            extremes=self.extremes.view() if self.info.logged is None else None,
            states=dict(self.states),
            **cut,
        )

    def _allocate(self, size: int) -> None:
        tensors, rows = len(self.layout.tensors), len(self.layout.rows)
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "steps": ((), np.int64),
            "time": ((), np.float64),
            **dict.fromkeys(SCALARS, ((), np.float64)),
            "skipped": ((), np.bool_),
            "optimizer": ((), np.int64),
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
        columns["time"][at] = snapshot.time
        for name in SCALARS:
            columns[name][at] = getattr(snapshot, name)
        columns["skipped"][at] = snapshot.skipped
        columns["optimizer"][at] = snapshot.optimizer
        columns["grads"][at] = snapshot.grads
        if snapshot.stage == "clipped":
            coefficient = np.array([snapshot.clip_coefficient])
            here = slice(at, at + 1)
            columns["grads"][here] = before_clipping(
                columns["grads"][here], np.array([True]), coefficient
            )
        columns["weights"][at] = np.nan if snapshot.weights is None else snapshot.weights
        activations = snapshot.activations
        columns["activations"][at] = np.nan if activations is None else activations
        columns["has_weights"][at] = snapshot.weights is not None
        columns["has_activations"][at] = snapshot.activations is not None
        self._derived = min(self._derived, at)

    def _derive(self) -> None:
        """Merge the rows of all steps that came since the last time at once: a step at a time this
        would cost more than everything else that is done with a snapshot."""
        if self._derived == self._n:
            return
        columns, fresh = self._columns, slice(self._derived, self._n)
        norms = merged_norms(columns["grads"][fresh], self.layout)
        columns["total_norm"][fresh] = norms.total
        columns["row_norms"][fresh], columns["judged_norms"][fresh] = norms.rows, norms.judged
        self._derived = self._n

    def _thin(self) -> None:
        """Drop every second kept step, in place of a copy: views handed out before go stale."""
        self._derive()
        steps, optimizers = (self._columns[name][: self._n] for name in ("steps", "optimizer"))
        if self.period == 1:
            self.period = round_length(steps, optimizers)
        rare = np.flatnonzero(np.isin(optimizers, list(seldom(self._taken))))
        while len(rare) > self.capacity // 8:
            rare = rare[::2]
        always = np.zeros(self._n, np.bool_)
        always[rare] = True
        keep = np.arange(self._n)
        while len(keep) > 3 * self.capacity // 4:
            self.stride *= 2
            keep = np.flatnonzero(on_lattice(steps, self.period, self.stride) | always)
        fresh = {}
        for name, column in self._columns.items():
            fresh[name] = np.empty_like(column)
            fresh[name][: len(keep)] = column[keep]
        self._columns = fresh
        self._n = self._derived = len(keep)


def halve(kept: dict[int, Any], most: int) -> None:
    """Drop every second of what is kept by step until there is no more than that; the first and the newest
    stay."""
    while len(kept) > most:
        for step in sorted(kept)[1:-1:2]:
            del kept[step]
