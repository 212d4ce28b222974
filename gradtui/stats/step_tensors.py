"""What is measured of the tensors of one step, in the lab and in watched programs alike: gradients
before the update, weights around it, and the tables of a snapshot that come of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.snapshot import HIST_BINS, Grad, State, U32Array, Weight
from gradtui.stats.histogram import histogram
from gradtui.stats.measure import clone, measure_gradients, measure_norms, measure_weights
from gradtui.stats.optimizer_state import measure_states
from gradtui.stats.plan import Plan
from gradtui.stats.quick_norms import QuickNorms


class StepTensors:
    """Planned for these weights. `signals` are what gradients there are of, where that is more than
    the weights: hidden states."""

    def __init__(self, weights: Sequence[Tensor], signals: Sequence[Tensor] | None = None) -> None:
        self._weights = Plan(weights)
        self._signals = self._weights if signals is None else Plan(signals)
        self._quick: QuickNorms | None = None
        self._before: list[Tensor] | None = None

    @property
    def strained(self) -> bool:
        """Whether something that was measured has not fitted: weights may have been outgrown."""
        return self._weights.strained

    def gradients(
        self, grads: Sequence[Tensor | None], *, counts: bool, histograms: bool
    ) -> dict[str, Tensor]:
        """`grads` and, where wanted, `histograms` of a step's parts. Without `counts` norms alone."""
        measure = measure_gradients if counts else measure_norms
        parts = {"grads": measure(self._signals, grads)}
        if histograms:
            parts["histograms"] = histogram(self._signals, grads)
        return parts

    def norms(self, grads: Sequence[Tensor | None]) -> FloatArray | Tensor | None:
        """[tensors] L2 norms and nothing else, as `QuickNorms.of`; None where they are not to be had."""
        if self._quick is None:
            self._quick = QuickNorms(self._signals)
        return self._quick.of(grads) if self._quick.possible else None

    def remember(self, weights: Sequence[Tensor]) -> None:
        """The update begins."""
        reuse = self._before if self._weights.fits(weights) else None
        self._before = clone(self._weights, weights, reuse)

    def outgrown(self, weights: Sequence[Tensor]) -> bool:
        """Whether the weights are of other types or shapes by now, as after `module.to(dtype)`."""
        return not self._weights.fits(weights)

    def weights(self, weights: Sequence[Tensor], *, updates: bool = True) -> Tensor:
        """`weights` of a step's parts. `updates`: the change since they were remembered is that of one
        step."""
        return measure_weights(self._weights, weights, self._before if updates else None)

    def states(self, weights: Sequence[Tensor], optimizer: Any) -> Tensor | None:
        """`states` of a step's parts; None where there is nothing of that. Before `weights`: what does not
        fit there is no sign that weights were outgrown."""
        return measure_states(self._weights, weights, optimizer)


class Tables(NamedTuple):
    """As in `Snapshot`, a line a tensor of the layout."""

    grads: FloatArray
    weights: FloatArray | None
    histograms: U32Array | None
    states: FloatArray | None


def tables(
    layout: Layout, parts: Mapping[str, FloatArray], signals: IntArray, weights: IntArray
) -> Tables:
    """A step's parts, arrived on the host -> the tables of its snapshot. `signals` and `weights` are
    the places in the layout of what was measured; NaN stands for what was not, and no counts."""
    count = len(layout.tensors)
    grads = _spread(parts["grads"], signals, np.full((count, Grad.COLUMNS), np.nan))
    seen = counts = states = None
    if "weights" in parts:
        seen = _spread(parts["weights"], weights, np.full((count, Weight.COLUMNS), np.nan))
    if "histograms" in parts:
        counts = np.zeros((count, HIST_BINS), np.uint32)
        counts[signals] = parts["histograms"].astype(np.uint32)
    if "states" in parts:
        states = _spread(parts["states"], weights, np.full((count, State.COLUMNS), np.nan))
    return Tables(grads, seen, counts, states)


def _spread(measured: FloatArray, at: IntArray, out: FloatArray) -> FloatArray:
    out[at] = measured
    return out
