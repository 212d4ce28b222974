"""Exact zeros in gradients, where no activation was looked at.

A unit that is zero for a whole batch leaves zeros in its bias and its weights, and in the weights of the
next layer that it feeds. A pinned unit leaves only the first two.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad
from gradtui.doctor import thresholds as T
from gradtui.doctor.layer_sizes import LayerSizes
from gradtui.doctor.robust_statistics import middle


class ExactZeros(LayerSizes):
    """What a rule may ask of zeros, by layer."""

    def _zeros(self, chosen: npt.NDArray[np.bool_]) -> FloatArray:
        """[len(rows)] share of exact zeros now in the gradients of these tensors; NaN where there
        is none. Where none were counted lately, a norm of zero says it of a whole tensor."""
        layout, grads = self.facts.layout, self.facts.grads[self.now][:, chosen]
        counted = grads[:, :, Grad.ZEROS]
        counted = counted[~np.isnan(counted).all(axis=1)]  # not every step need be counted
        if len(counted):
            zeros = middle(counted)
        elif len(grads):
            norms = grads[:, :, Grad.NORM]  # which the very last step may not have
            nothing = (norms == 0).any(axis=0) & ~(np.abs(norms) > 0).any(axis=0)
            zeros = np.where(nothing, layout.numel[chosen], 0.0)
        else:
            return np.full(len(self.rows), np.nan)
        known = ~np.isnan(zeros)
        of, count = layout.row_of[chosen][known], len(layout.rows)
        total = np.bincount(of, weights=layout.numel[chosen][known], minlength=count)
        found = np.bincount(of, weights=zeros[known], minlength=count)
        out = np.full(count, np.nan)
        np.divide(found, total, out=out, where=total > 0)
        return np.asarray(out[self.rows])

    @cached_property
    def zero_fraction(self) -> FloatArray:
        """[len(rows)] of the weights."""
        return self._zeros(self.facts.layout.judged)

    @cached_property
    def zero_biases(self) -> FloatArray:
        """[len(rows)] of the biases: the share of units that no gradient reached."""
        layout = self.facts.layout
        biases = np.array([t.role == "bias" and not t.structural_zero for t in layout.tensors])
        normed = {t.row for t in layout.tensors if t.role == "gain"}
        own = np.array([t.row not in normed for t in layout.tensors])
        return self._zeros(biases & own)

    @cached_property
    def silent(self) -> tuple[int, ...]:
        """Positions in `rows` of layers that nothing passes: their weights and those of the layer
        that they feed get exactly zero, while that layer's bias, which needs no input, gets
        something. Without biases to tell by: layers that got gradients once, and get none now."""
        zero = np.nan_to_num(self.zero_fraction) >= T.SILENT
        if not zero.any() or self.seen < T.STILL_STEPS:
            return ()
        bias = self.zero_biases
        fed = zero & (bias < 1)
        fed[0] = False
        # Bias gradients end where a later layer is cut off, so only the last such layer counts.
        ends = np.flatnonzero(fed)
        if len(ends):
            first = int(ends[-1])
            while first > 0 and zero[first - 1]:
                first -= 1
            return tuple(range(first, int(ends[-1])))
        once = self.facts.total_norm[self.used]
        if zero.all() and (np.isnan(bias).all() or (bias == 1).all()) and (once > 0).any():
            return tuple(range(max(len(self.rows) - 1, 1)))
        return ()

    @cached_property
    def quiet_units(self) -> FloatArray:
        """[len(rows)] share of units without a gradient, by the bias; the last row feeds nothing."""
        out = np.nan_to_num(self.zero_biases)
        if len(out):
            out[-1] = 0.0
        return out

    @cached_property
    def passes_zeros(self) -> npt.NDArray[np.bool_]:
        """[len(rows)] whether the next layer's weights say that this one's outputs are zero too."""
        following = np.append(np.nan_to_num(self.zero_fraction)[1:], 0.0)
        return np.asarray(following > T.PASSED_ON)
