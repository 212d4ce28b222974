"""Steps of which scalars are recorded, and at most norms, from training to the thread that writes
them."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.snapshot import Grad, Snapshot


class NormsAlone(NamedTuple):
    """What is known of the gradients of a step beside its scalars."""

    norms: FloatArray
    """[n] L2 norms, all finite; NaN where there is no gradient."""
    at: IntArray
    """[n] places of these tensors in the layout."""
    tensors: int
    """How many the layout has."""
    limit: float = float("nan")
    total: float = float("nan")
    """What they were clipped to, and their norm before; NaN where they were not clipped."""

    @property
    def factor(self) -> float:
        """What clip_grad_norm_ has multiplied them by; NaN where they were not clipped."""
        return 1.0 if self.limit == np.inf else min(self.limit / (self.total + 1e-6), 1.0)

    def stage(self, *, scaled: bool) -> str:
        """As in a snapshot; `scaled`: the loss was multiplied."""
        if self.limit == self.limit:
            return "clipped"
        return "unscaled" if scaled else "raw"

    def before(self) -> FloatArray | None:
        """[tensors] norms before they were clipped; None where they were not."""
        factor = self.factor
        if np.isnan(factor):
            return None
        norms = np.full(self.tensors, np.nan)
        norms[self.at] = self.norms / factor if factor > 0 else self.total
        return norms

    def table(self) -> FloatArray:
        """[tensors, Grad.COLUMNS], as in a snapshot."""
        grads = np.full((self.tensors, Grad.COLUMNS), np.nan)
        grads[self.at, Grad.NORM] = self.norms
        grads[self.at, Grad.NONFINITE] = np.where(np.isnan(self.norms), np.nan, 0.0)
        return grads


Row = tuple[int, float, float, float, int, int, float, float, bool, NormsAlone | None]
"""One step: its number, time (seconds since 1970), loss, learning rate, optimizer, backward passes,
loss scale, objective, whether a loss scaler threw it away, and its norms. NaN: unknown."""

MOST = 1 << 16
"""Rows that may wait; what comes on top pushes out the oldest, which is then counted as lost."""
NORMS_WAIT = 1 << 20
"""Norms of waiting rows, at most: what comes on top waits without."""
ROW_COST = 256
"""Bytes that a waiting row takes without norms, roughly."""
NORM_COST = 8


class ScalarBatch(NamedTuple):
    """What a taker finds: rows in the order of steps; `closed`: none will follow; `lost`: how many
    were pushed out before them."""

    rows: list[Row]
    closed: bool
    lost: int


def snapshot_of(row: Row, norms: NormsAlone) -> Snapshot:
    """What is recorded of a step whose norms are known. Its time and cost are in the next record's."""
    step, when, loss, lr, optimizer, backwards, scale, objective, skipped, _ = row
    before = norms.before()
    return Snapshot(
        run=0,
        step=step,
        loss=loss,
        grads=norms.table(),
        stage=norms.stage(scaled=scale == scale),
        lr=lr,
        clip_coefficient=norms.factor,
        norms_before=before,
        loss_scale=scale,
        skipped=skipped,
        optimizer=optimizer,
        backwards=backwards,
        objective=objective,
        time=when,
    )


def split(rows: Sequence[Row]) -> Iterator[list[Row] | Snapshot]:
    """Rows in order -> those that have norms as snapshots, and the stretches between them."""
    between: list[Row] = []
    for row in rows:
        norms = row[-1]
        if norms is None:
            between.append(row)
            continue
        if between:
            yield between
            between = []
        yield snapshot_of(row, norms)
    if between:
        yield between


class ScalarRows:
    """The steps between two that are measured in full, numbered without a gap. One thread appends to `rows`,
    another takes from it; neither waits for the other."""

    __slots__ = ("_next", "closed", "norms", "rows", "size")

    def __init__(self) -> None:
        self.rows: deque[Row] = deque(maxlen=MOST)
        self.closed = False
        self.size = 0
        """Rows in all, once it is closed."""
        self.norms = 0
        """Norms in all, so far."""
        self._next = -1

    @property
    def cost(self) -> int:
        """Bytes that it has taken, roughly, once it is closed."""
        return ROW_COST * self.size + NORM_COST * self.norms

    def has_room(self, tensors: int) -> bool:
        """Whether one more row may have so many norms: its reader is not far behind."""
        return len(self.rows) * tensors < NORMS_WAIT

    def close(self, size: int) -> None:
        """No more will come."""
        self.size = size
        self.closed = True

    def take(self) -> ScalarBatch:
        """What has come since the last call."""
        closed = self.closed  # first: what was appended before closing is found below
        found: list[Row] = []
        for _ in range(len(self.rows)):
            found.append(self.rows.popleft())
        lost = 0
        if found:
            lost = found[0][0] - self._next if self._next >= 0 else 0
            self._next = found[-1][0] + 1
        return ScalarBatch(found, closed, max(lost, 0))
