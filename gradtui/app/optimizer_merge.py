"""Runs with several optimizers: each step measures the tensors of one, and the screen shows all."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.facts import Facts, merged_rows
from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.snapshot import Grad, U32Array, Weight

LOOK_BACK = 16
"""Histograms that are looked through for those of other optimizers' tensors."""


class OptimizerMerge:
    """Fills the gaps in facts: what belongs to another optimizer keeps the value it had last.

    Where its own optimizer steps without it, a tensor has no gradient and gets none here. Loss and
    learning rate are those of the first optimizer: two losses in turns are no curve. For the eye
    alone; the doctor judges what was measured. What has been filled is kept while the run grows.
    """

    def __init__(self) -> None:
        self._layout: Layout | None = None
        self._steps: IntArray = np.empty(0, np.int64)
        self._filled: dict[str, npt.NDArray[Any]] = {}

    def fill(self, facts: Facts) -> Facts:
        """The facts as they are where one optimizer steps, else completed."""
        if not several(facts):
            return facts
        if facts.layout is not self._layout:
            self._layout, self._steps = facts.layout, np.empty(0, np.int64)
        both = min(len(self._steps), len(facts))
        differ = np.flatnonzero(self._steps[:both] != facts.steps[:both])
        known = int(differ[0]) if len(differ) else both
        if known < len(facts):
            self._extend(facts, known)
        shown: dict[str, Any] = {
            name: part[: len(facts)] for name, part in self._filled.items() if name[0] != "_"
        }
        return replace(facts, **shown)

    def _extend(self, facts: Facts, known: int) -> None:
        """Fill the steps from the `known` first ones on."""
        before = {name: part[known - 1] for name, part in self._filled.items()} if known else {}
        fresh = _completed(facts, known, before)
        if known and bool(((before["_grads"] < 0) & (fresh["_grads"][-1] >= 0)).any()):
            known, fresh = 0, _completed(facts, 0, {})  # something has had its first turn
        if known and len(self._filled["loss"]) >= len(facts):
            for name, part in fresh.items():
                self._filled[name][known : len(facts)] = part
        else:
            room = len(facts) // 2 + 64  # so that not every step copies everything
            self._filled = {
                name: np.concatenate(
                    [
                        self._filled[name][:known],
                        part,
                        np.empty((room, *part.shape[1:]), part.dtype),
                    ]
                    if known
                    else [part, np.empty((room, *part.shape[1:]), part.dtype)]
                )
                for name, part in fresh.items()
            }
        self._steps = np.array(facts.steps)


def several(facts: Facts) -> bool:
    """Whether more than one optimizer has stepped."""
    return bool(len(facts)) and bool(facts.optimizer.min() != facts.optimizer.max())


def _completed(
    facts: Facts, start: int, before: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """The columns from `start` on; `before` is the last line before it. Names that begin with "_"
    are indices of the steps at which a tensor was last seen."""
    layout = facts.layout
    grads, at_grads = _held(facts, facts.grads, Grad.NONFINITE, start, before.get("_grads"))
    weights, at_weights = _held(facts, facts.weights, Weight.NORM, start, before.get("_weights"))
    weights[~facts.has_weights[start:]] = np.nan
    present = ~np.isnan(grads[:, :, Grad.NONFINITE])
    norms = np.where(present, grads[:, :, Grad.NORM], 0.0)
    rows, owned = len(layout.rows), layout.parameters
    some = merged_rows(present.astype(np.float64), layout.row_of, rows) > 0
    row_norms = np.where(some, merged_rows(norms, layout.row_of, rows), np.nan)
    total = merged_rows(norms[:, owned], np.zeros(int(owned.sum()), np.int64), 1)[:, 0]
    first = facts.optimizer == facts.optimizer.min()
    last = np.maximum.accumulate(np.where(first, np.arange(len(facts)), -1))[start:]
    own = np.arange(start, len(facts))
    last = np.where(last >= 0, last, own)
    loss = np.where(np.isfinite(facts.loss[start:]), facts.loss[last], facts.loss[start:])
    return {
        "grads": grads,
        "weights": weights,
        "row_norms": row_norms,
        "total_norm": total,
        "loss": loss,
        "lr": facts.lr[last],
        "_grads": at_grads,
        "_weights": at_weights,
    }


def _held(
    facts: Facts, values: FloatArray, column: int, start: int, before: npt.NDArray[Any] | None
) -> tuple[FloatArray, IntArray]:
    """[n - start, tensors, columns] with gaps filled, and [n - start, tensors] where each was last
    seen (-1: never); a gap is a NaN in `column`."""
    seen = ~np.isnan(values[start:, :, column])
    steps = np.arange(start, len(facts))[:, None]
    at = np.where(seen, steps, -1)
    if before is not None:
        at[0] = np.maximum(at[0], before)
    at = np.maximum.accumulate(at, axis=0)
    if not start and len(seen):  # before its first turn, what it had then: that is no gap
        at = np.where((at < 0) & seen.any(axis=0), seen.argmax(axis=0), at)
    others = facts.optimizer[np.maximum(at, 0)] != facts.optimizer[start:, None]
    held = ~seen & (at >= 0) & others
    out: FloatArray = np.array(values[start:])
    which = np.nonzero(held)
    out[which] = values[at[which], which[1]]
    return out, at


def histograms_together(kept: dict[int, U32Array], step: int) -> tuple[int, U32Array] | None:
    """The newest histograms not after `step`, those of other optimizers' tensors from before."""
    found: tuple[int, U32Array] | None = None
    looked = 0
    for at in reversed(kept):
        if at > step:
            continue
        if found is None:
            found = at, kept[at].copy()
        else:
            empty = found[1].sum(axis=1) == 0
            found[1][empty] = kept[at][empty]
        looked += 1
        if looked == LOOK_BACK or bool(found[1].any(axis=1).all()):
            break
    return found
