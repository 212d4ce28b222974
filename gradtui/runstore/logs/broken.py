"""Where a log has NaN or infinities, and which of them count. Pure."""

from typing import NamedTuple

import numpy as np

from gradtui.core.layout import BoolArray, Layout
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.logs.table import Table

RECENT = 20
"""Last gradient norms that are looked at."""
PASSING = 0.1
"""Share of them up to which those that are not finite are passing: a loss scaler that doubles its scale
every 2,000 steps loses far fewer."""


class Broken(NamedTuple):
    """`rows` [n] of the table where anything is not finite; `first` is the one that counts; `passing` is a
    clause on those that do not."""

    rows: BoolArray
    first: NonFinite | None
    passing: str


def broken(table: Table, layout: Layout, names: tuple[str, str]) -> Broken:
    """`names` are those of the series of the loss and of the total norm.

    A NaN that reaches the weights stays: where gradient norms are finite again after it, that step was
    thrown away, or only looked at.
    """
    loss = table.loss_said & ~np.isfinite(table.loss)
    grad, known, where = _gradients(table)
    last = np.flatnonzero(known)[-RECENT:]
    passing = len(last) > 0 and not grad[last[-1]] and float(grad[last].mean()) <= PASSING
    counted = loss if passing else loss | grad
    rows = loss | grad
    words = _passing(table, grad & ~loss) if passing else ""
    if not counted.any():
        return Broken(rows, None, words)
    at = int(np.argmax(counted))
    step = int(table.steps[at])
    if loss[at]:
        return Broken(rows, NonFinite(step, "forward", "", names[0]), words)
    tensor = where.get(at, "")
    module = next((layout.rows[t.row].name for t in layout.tensors if t.name == tensor), "")
    return Broken(rows, NonFinite(step, "backward", module, tensor or names[1]), words)


def _gradients(table: Table) -> tuple[BoolArray, BoolArray, dict[int, str]]:
    """([n] where a gradient norm is not finite, [n] where one is known, {row: the first such tensor})."""
    grad = table.norm_said & ~np.isfinite(table.norm)
    known = table.norm_said.copy()
    where: dict[int, str] = {}
    for name, column in table.layers.items():
        known[column.rows] = True
        bad = column.rows[~np.isfinite(column.series.values)]
        grad[bad] = True
        for row in bad.tolist():
            where.setdefault(row, name)
    return grad, known, where


def _passing(table: Table, grad: BoolArray) -> str:
    steps = np.unique(table.steps[grad])
    if not len(steps):
        return ""
    which = (
        f"step {steps[0]:,}" if len(steps) == 1 else f"{len(steps):,} steps, first {steps[0]:,},"
    )
    return (
        f"the gradient norm of {which} is NaN or infinite, and finite after it: so it is where a loss "
        "scaler throws a step away, and whether one did is not told"
    )
