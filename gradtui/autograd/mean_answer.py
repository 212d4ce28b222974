"""What a loss of squares costs whoever answers with the mean of the targets, read off the nodes of the first
losses: of small batches one tells too little.

The targets are the program's own tensor, kept for backward: they are read where nobody has packed them and
where reading does not make a device wait. Of squares that are written out, ((answers - targets) ** 2).mean(),
the difference is kept, and the answers are computed anew where a linear layer gives them.
"""

import math
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.layer_outputs import linear_outputs
from gradtui.autograd.node_types import RESHAPES, below_of, name_of, number, stem, stem_of
from gradtui.autograd.saved_tensors import saved
from gradtui.patching.own_errors import suppress_own

MEAN = 1
"""Value of torch's `reduction`."""
PART = 1 << 18
"""Elements of a batch that are looked at, the first rows."""
FEWEST = 8
"""Rows that tell what is usual."""
ENOUGH = 16384
"""Rows that are waited for: of these the variance is known to some 1 % in one column."""
MOVED, MOVED_FROM = 2.5, 256
"""Times that the variance of later targets is larger or smaller, from which on they are others than the
first; and elements that are asked for."""
LOOKS, MOST_LOOKS = 8, 96
"""Losses that are looked at, and while rows are fewer than that."""
FAR = 4
"""Views between a difference and the layer that gives the answers."""


class MeanAnswer:
    """`look` at the first losses; `cost` is what is known by then."""

    def __init__(self) -> None:
        self.cost = 0.0
        """The mean over columns of the variance of all targets seen; 0 while it is not known, and where
        a loss is no plain mean of squares."""
        self.done = False
        self._looks = self._rows = 0
        self._mean = self._squares = torch.zeros(())
        """By column, float64; squares are of what lies between rows and mean."""

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        targets = None
        with suppress_own, torch.no_grad():
            targets = _targets(loss.grad_fn)
        if targets is None:
            self.done, self.cost = True, 0.0
            return
        if self._rows and targets.shape[1:] != self._mean.shape:
            self.done = True  # of columns that change the first batch has told
            return
        with torch.no_grad():
            self._add(targets)
        enough = self._looks >= LOOKS and self._rows >= ENOUGH
        self.done = enough or self._looks >= MOST_LOOKS
        # Told at once where one batch tells, and better in the end: each telling is written.
        if self._rows >= FEWEST and (self.done or not self.cost):
            found = float((self._squares / max(self._rows - 1, 1)).mean())
            self.cost = found if math.isfinite(found) else 0.0

    def check(self, loss: Tensor) -> None:
        """A later loss: where its targets vary otherwise than the first ones did, nothing is known."""
        if not self.done or not self.cost:
            return
        targets = None
        with suppress_own, torch.no_grad():
            targets = _targets(loss.grad_fn)
        if targets is None or targets.numel() < MOVED_FROM or len(targets) < 2:
            return
        with torch.no_grad():
            now = float(targets.var(0).mean())
        if not 1 / MOVED < now / self.cost < MOVED:
            self.cost = 0.0

    def _add(self, rows: Tensor) -> None:
        """Merges means and squares (Chan, Golub and LeVeque, 1983)."""
        mean = rows.mean(0)
        squares = (rows - mean).square().sum(0)
        if self._rows:
            whole = self._rows + len(rows)
            apart = mean - self._mean
            squares = self._squares + squares + apart.square() * (self._rows * len(rows) / whole)
            mean = self._mean + apart * (len(rows) / whole)
        self._mean, self._squares = mean, squares
        self._rows += len(rows)


def _targets(node: Any) -> Tensor | None:
    """[rows, ...] float64, the first of them; None where `node` is no plain mean of squares, or where they
    cannot be read."""
    if node is None:
        return None
    if stem(name_of(node)) == "Mean":
        return _targets_of_squares(node)
    if stem(name_of(node)) != "MseLoss" or node._saved_reduction != MEAN:
        return None
    if node._raw_saved_target.unpack_hook is not None:
        return None
    targets: Tensor = node._saved_target
    plain = type(targets) is Tensor and targets.is_cpu and targets.is_floating_point()
    if not plain or targets.dim() < 1 or not targets.numel():
        return None
    rows = max(PART * len(targets) // targets.numel(), FEWEST)
    return targets.detach()[:rows].double()


def _targets_of_squares(mean: Any) -> Tensor | None:
    """The same of squares that are written out."""
    square: Any = next(iter(below_of(mean)), None)
    if stem_of(square) != "Pow" or number(square, "exponent") != 2:
        return None
    difference, away = saved(square, "self"), below_of(square)[0]
    if difference is None or stem_of(away) != "Sub" or len(below_of(away)) != 1:
        return None
    answers = _answers(below_of(away)[0])
    if answers is None or answers.numel() != difference.numel() or difference.dim() < 1:
        return None
    first = away.next_functions[0][0] is not None
    answers = answers.reshape(difference.shape)
    targets = answers - difference if first else answers + difference
    rows = max(PART * len(targets) // max(targets.numel(), 1), FEWEST)
    return targets[:rows].double()


def _answers(node: Any) -> Tensor | None:
    for _ in range(FAR):
        if stem_of(node) not in RESHAPES:
            break
        node = below_of(node)[0]
    if stem_of(node) not in ("Addmm", "Mm"):
        return None
    return linear_outputs(node)
