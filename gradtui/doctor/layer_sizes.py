"""How large the gradients, weights and updates of layers are, now and at first."""

import math
from functools import cached_property
from itertools import pairwise

import numpy as np

from gradtui.core.facts import merged_rows
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.robust_statistics import middle
from gradtui.doctor.stretch import Stretch


class LayerSizes(Stretch):
    """What a rule may ask of layers: gradients, weights and updates by the rows of the layout."""

    @cached_property
    def rows(self) -> IntArray:
        """Rows with weight matrices that ever got a gradient, input side first.

        A scale or a temperature has a norm of its own kind, and is looked at only where there is
        no matrix at all.
        """
        layout = self.facts.layout
        flat = {t.row for t in layout.tensors if t.role == "weight" and len(t.shape) >= 2}
        got = ~np.isnan(self.facts.judged_norms[:, layout.weight_rows]).all(axis=0)
        alive = layout.weight_rows[got] if len(self.facts) else layout.weight_rows
        deep = [r for r in alive.tolist() if r in flat]
        return np.array(deep, dtype=np.int64) if deep else alive

    def norms_at(self, window: IntArray, rows: IntArray) -> FloatArray:
        """[len(window), len(rows)] gradient norms of the judged tensors, before clipping; a missing
        tensor adds nothing to its row, and a row that has none is NaN."""
        layout = self.facts.layout
        chosen = np.flatnonzero(layout.judged)
        absent = np.isnan(self.facts.grads[window[:, None], chosen, Grad.NONFINITE])
        if not absent.any():
            merged = self.facts.judged_norms[window[:, None], rows]
        else:
            norms = self.facts.grads[window[:, None], chosen, Grad.NORM]
            of, count = layout.row_of[chosen], len(layout.rows)
            some = merged_rows((~absent).astype(np.float64), of, count) > 0
            merged = merged_rows(np.where(absent, 0.0, norms), of, count)
            merged = np.where(some, merged, np.nan)[:, rows]
        with np.errstate(over="ignore"):
            return np.asarray(merged * self.clip_scale[window][:, None])

    def typical(self, rows: IntArray, window: IntArray) -> FloatArray:
        """[len(rows)] median of the judged norms over the steps of `window`."""
        if not len(window):
            return np.full(len(rows), np.nan)
        return middle(self.norms_at(window, rows))

    @cached_property
    def row_norms(self) -> FloatArray:
        """[len(rows)] median gradient norm of each now."""
        return self.typical(self.rows, self.now)

    @cached_property
    def row_sizes(self) -> FloatArray:
        """[len(rows)] number of weights; 1 where a log does not tell."""
        layout = self.facts.layout
        judged = layout.judged
        sizes = np.bincount(
            layout.row_of[judged], weights=layout.numel[judged], minlength=len(layout.rows)
        )
        return np.maximum(sizes[self.rows], 1.0)

    def ratios(self, window: IntArray) -> FloatArray:
        """[len(rows)] median update_norm / weight_norm over the measurements in `window`; NaN
        where there are none."""
        taken = window[self.facts.has_weights[window]]
        if not len(taken):
            return np.full(len(self.rows), np.nan)
        return middle(self.facts.update_ratios(taken)[:, self.rows])

    @cached_property
    def largest_ratio(self) -> float:
        """The largest update ratio of any layer at any step where it was measured; NaN if never."""
        taken = self.used[self.facts.has_weights[self.used]]
        ratios = self.facts.update_ratios(taken)[:, self.rows] if len(taken) else np.zeros((0, 1))
        known = ratios[~np.isnan(ratios)]
        return float(known.max()) if len(known) else float("nan")

    def effects(self, window: IntArray) -> FloatArray:
        """[k] length of the step times gradient norm, where both were measured in `window`: what such
        a step can change of the loss at most, to first order."""
        taken = window[self.facts.has_weights[window]]
        owned = self.facts.layout.parameters
        updates = np.nan_to_num(self.facts.weights[taken][:, owned, Weight.UPDATE])
        known = np.linalg.norm(updates, axis=1) * self.total[taken]
        return np.asarray(known[np.isfinite(known)])

    @cached_property
    def reach(self) -> float:
        """What all steps together can have changed of the loss at most; NaN where none was measured."""
        effects = self.effects(self.used)
        return float(effects.mean()) * self.seen if len(effects) else math.nan

    @cached_property
    def gains(self) -> FloatArray:
        """[k] sqrt(fan_in) * rms of each layer's matrix when it was first measured, in order: what
        a signal's width is multiplied by. Norms are taken after a step: where that step was a good
        part of the matrix, what was there before is not known, and NaN."""
        at = self.facts.weights_at
        if not len(at) or not self._chain:
            return np.empty(0)
        chosen = np.array(self._chain, np.int64)
        first = self.facts.weights[at[0], chosen]
        size, update = first[:, Weight.NORM], first[:, Weight.UPDATE]
        tensors = self.facts.layout.tensors
        width = np.array([max(tensors[k].shape[0], 1) for k in self._chain], np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            known = np.isfinite(size) & ~(update >= T.OVERWHELMED * size)
            return np.where(known, size / np.sqrt(width), np.nan)

    @cached_property
    def _chain(self) -> list[int]:
        """Of each row the largest matrix; all of a row whose matrices are a chain by themselves."""
        tensors = self.facts.layout.tensors
        out: list[int] = []
        for row in self.rows.tolist():
            mine = self.facts.layout.matrices_of[row]
            if len(mine) == 1:
                out += mine
                continue
            shapes = [tensors[k].shape for k in mine]
            fits = all(b[1] == a[0] for a, b in pairwise(shapes))
            if len(mine) > 2 and fits:
                out += mine
            elif mine:
                out.append(max(mine, key=lambda k: tensors[k].numel))
        return out

    @cached_property
    def growth(self) -> float:
        """By how much the first weights multiply a signal on its way through, as far as ReLU
        layers would; 1 where no weight was measured, NaN where the first step had overwhelmed
        them. Below 1 it shrinks."""
        hidden = self.gains[:-1]
        if not len(hidden):
            return 1.0
        known = hidden[hidden > 0]
        if np.isnan(hidden).any() or not len(known):
            return float("nan")
        return float(np.exp(np.clip(np.log(known / np.sqrt(2)).sum(), -600, 600)))

    @property
    def normed(self) -> bool:
        """There are normalisations between the layers, which undo what weights multiply by."""
        return any("Norm" in row.kind for row in self.facts.layout.rows)

    @cached_property
    def activations(self) -> FloatArray:
        """[m, rows of the layout, Act.COLUMNS], the last few measurements."""
        at = self.facts.activations_at[-T.ACTIVATION_WINDOW :]
        return self.facts.activations[at]

    @cached_property
    def units_seen(self) -> bool:
        """Whether activations tell of most layers that have one which units answer. Of a watched
        program that is not so where batches are small, or a part of the net is hidden."""
        named = [
            row
            for row in self.rows
            if self.facts.layout.rows[int(row)].activation not in ("", "identity")
        ]
        known = np.isfinite(self.dead[named])
        return len(known) > 0 and bool(known.mean() > 0.5)

    def share(self, column: int) -> FloatArray:
        """[rows of the layout] least of the last measurements of a share; NaN where unmeasured."""
        if not len(self.activations):
            return np.full(len(self.facts.layout.rows), np.nan)
        return np.asarray(self.activations[:, :, column].min(axis=0))

    @cached_property
    def dead(self) -> FloatArray:
        """[rows of the layout] share of units dead in each of the last batches looked at."""
        return self.share(Act.DEAD)

    def largest_rows(self, at: int | np.int64) -> tuple[int, ...]:
        """Rows whose gradient was above the band at a kept step, or at least the largest one."""
        if not len(self.rows):
            return ()
        norms = np.nan_to_num(self.norms_at(np.array([at]), self.rows)[0], posinf=np.inf)
        high = self.rows[norms > T.BAND_HIGH]
        return tuple(int(r) for r in (high if len(high) else self.rows[[int(np.argmax(norms))]]))
