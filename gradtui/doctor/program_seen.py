"""What was seen of a program, as far as code depends on it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, RowInfo, TensorInfo
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor.reading import Reading
from gradtui.doctor.recurrence import recurrent_gains

EARLY = 10
"""Steps that tell what things are before anything goes wrong."""

SOUND_NORM = 1e2
"""A total norm above that is of a run that is sick already."""

ZEROS = 0.8
"""Share of zeros in a weight gradient that says that hardly a unit passes anything."""

LAYERS = ("Linear", "Conv1d", "Conv2d", "Conv3d")
"""Layers whose `weight` the initialisations of torch.nn.init are made for."""
ATTENTION = ("MultiheadAttention", "NonDynamicallyQuantizableLinear", "TransformerEncoderLayer")
SEQUENCES = (*ATTENTION, "Embedding", "RNN", "LSTM", "GRU", "LayerNorm", "RMSNorm")
"""Kinds of a net whose signals have a dimension of time: batch statistics do not fit them."""


class SymptomSeen(Protocol):
    """What a remedy goes by of the finding that it is for."""

    @property
    def symptom(self) -> str: ...
    @property
    def first_step(self) -> int: ...
    @property
    def rows(self) -> tuple[int, ...]: ...
    @property
    def layers(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class ProgramSeen:
    facts: Facts
    finding: SymptomSeen

    @cached_property
    def all_rows(self) -> tuple[RowInfo, ...]:
        """Layers with weights."""
        layout = self.facts.layout
        return tuple(layout.rows[int(row)] for row in layout.weight_rows)

    @cached_property
    def rows(self) -> tuple[RowInfo, ...]:
        """Those that the finding names; all of them where it names none."""
        layout, named = self.facts.layout, set(self.finding.rows)
        chosen = [layout.rows[int(row)] for row in layout.weight_rows if int(row) in named]
        return tuple(chosen) or self.all_rows

    def path(self, row: RowInfo) -> str:
        """Of the module whose row it is, from the model; "" for the model itself."""
        names = [t.name for t in self._tensors.get(id(row), ()) if t.role != "hidden"]
        return names[0].rpartition(".")[0] if names else row.name

    def has_bias(self, row: RowInfo) -> bool:
        return any(t.role == "bias" for t in self._tensors.get(id(row), ()))

    @cached_property
    def _tensors(self) -> dict[int, list[TensorInfo]]:
        """Of each row, by its identity: it is asked for row by row, and there may be thousands."""
        found: dict[int, list[TensorInfo]] = {}
        for tensor in self.facts.layout.tensors:
            found.setdefault(id(self.facts.layout.rows[tensor.row]), []).append(tensor)
        return found

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(row.kind for row in self.facts.layout.rows)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The activations behind the layers but the last, the commonest first; none where the graph
        of the loss did not tell them."""
        words = [row.activation for row in self.all_rows[:-1]]
        words = [word for word in words if word not in ("", "identity")]
        return tuple(sorted(set(words), key=lambda word: (-words.count(word), word)))

    @property
    def activation(self) -> str:
        """The commonest of them, "" where none is known."""
        return self.words[0] if self.words else ""

    @property
    def attention(self) -> bool:
        return bool(self.kinds.intersection(ATTENTION))

    @property
    def sequences(self) -> bool:
        return bool(self.kinds.intersection(SEQUENCES))

    @cached_property
    def answers(self) -> int:
        """Width of the output, as the last layer tells it; 0 where it does not."""
        return self.all_rows[-1].fan_out if self.all_rows else 0

    @cached_property
    def lr(self) -> float:
        """The largest learning rate that was used; NaN where none was seen."""
        known = self.facts.lr[np.isfinite(self.facts.lr) & (self.facts.lr > 0)]
        return float(known.max()) if len(known) else math.nan

    @property
    def lr_changes(self) -> bool:
        """A schedule, or several groups, set it."""
        known = self.facts.lr[np.isfinite(self.facts.lr) & (self.facts.lr > 0)]
        return len(known) > 0 and bool(known.max() > 1.01 * known.min())

    @property
    def optimizer(self) -> str:
        """The class of the optimizer, "" where there are several."""
        word = self.facts.info.optimizer
        return word if word.isidentifier() and word.isascii() else ""

    @cached_property
    def before(self) -> int:
        """Kept steps before the finding holds; some of the first where it holds from the start."""
        count = int(np.searchsorted(self.facts.steps, self.finding.first_step))
        return min(count, 5 * EARLY) or min(EARLY, len(self.facts))

    @cached_property
    def norm(self) -> float:
        """Median total norm before clipping, before anything went wrong; NaN where never known."""
        return middle(self.facts.total_norm[: self.before])

    @property
    def sound_start(self) -> bool:
        """The very first gradient was of a usual size, as it is with weights of a usual size."""
        return len(self.facts) > 0 and bool(1 / SOUND_NORM < self.facts.total_norm[0] < SOUND_NORM)

    @cached_property
    def ratio(self) -> float:
        """Share of itself by which the middle weight changed in a step before the finding held; NaN
        where not measured."""
        return middle(
            self._ratios[:1] if len(self._ratios) < 4 else self._ratios
        )  # growth is quick

    @cached_property
    def whole_ratio(self) -> float:
        """The same over all of the run, for what has been so all the while."""
        rows = self.facts.layout.weight_rows
        return middle(self.facts.update_ratios(self.facts.weights_at)[:, rows].ravel())

    @property
    def first_ratio(self) -> float:
        """The same of the first step that was measured, whatever held then."""
        return float(self._ratios[0]) if len(self._ratios) else math.nan

    @cached_property
    def _ratios(self) -> FloatArray:
        """Norms are known after the step alone: where it has overwhelmed the weight, what torch
        gives a layer to begin with stands for what was there before."""
        at = self.facts.weights_at
        at = at[: max(int(np.searchsorted(self.facts.steps[at], self.finding.first_step)), 1)]
        at = at[: 5 * EARLY]
        matrices = self._matrices
        if not len(at) or not len(matrices):
            return np.zeros(0)
        part = self.facts.weights[at][:, matrices]
        after, update = part[..., Weight.NORM], part[..., Weight.UPDATE]
        usual = np.sqrt([self.facts.layout.tensors[k].shape[0] / 3 for k in matrices])
        with np.errstate(invalid="ignore"):
            ratios = update / np.where(
                update < 0.3 * after, after, np.maximum(after - update, usual)
            )
        typical = np.array([middle(line) for line in ratios])
        return typical[typical > 0]

    @cached_property
    def _matrices(self) -> list[int]:
        layout = self.facts.layout
        return [int(k) for k in np.flatnonzero(layout.judged) if len(layout.tensors[k].shape) >= 2]

    @cached_property
    def growth(self) -> float:
        """By how much the first weights multiply a signal on its way through ReLU layers; NaN where
        the first update has already overwhelmed them, or was never measured."""
        at, inner = self.facts.weights_at[:1], self._matrices[:-1]
        if not len(at) or not inner or self.facts.info.attached is not None:
            return math.nan
        norm, update = (self.facts.weights[at[0], inner, c] for c in (Weight.NORM, Weight.UPDATE))
        if not (update < 0.3 * norm).all():
            return math.nan
        wide = norm / np.sqrt([self.facts.layout.tensors[k].shape[0] for k in inner])
        return float(np.exp(np.clip(np.log(wide / math.sqrt(2)).sum(), -600, 600)))

    @cached_property
    def recurrent_gain(self) -> float:
        """What a plain recurrent net multiplies a signal by at each time step; 1 for others."""
        return max(recurrent_gains(Reading(self.facts)).values(), default=1.0)

    @cached_property
    def from_start(self) -> bool:
        """What the finding names was wrong before any step was taken: its layers got nothing."""
        if self.facts.info.attached is not None:
            return False
        named = set(self.finding.rows) or set(self.facts.layout.weight_rows.tolist())
        rows = [row for row in self.facts.layout.weight_rows.tolist() if row in named]
        first = self.facts.judged_norms[:1][:, rows]
        zeros = self.facts.grads[:1, :, Grad.ZEROS]
        mine = self.facts.layout.judged & np.isin(self.facts.layout.row_of, rows)
        share = float(np.nansum(zeros[:, mine])) / max(
            float(self.facts.layout.numel[mine].sum()), 1
        )
        return bool((first == 0).any()) or share > ZEROS

    @cached_property
    def clip_factor(self) -> float:
        """Median factor of the steps that were clipped; NaN where none was."""
        factors = self.facts.clip_coefficient
        return middle(factors[(factors > 0) & (factors < 1)])

    @cached_property
    def weight_clip(self) -> float:
        """Where all weights are cut off, as a GAN's critic may have it; NaN where they are not."""
        at = self.facts.weights_at
        rows = set(self.finding.rows)
        judged = [
            k
            for k, tensor in enumerate(self.facts.layout.tensors)
            if tensor.role == "weight" and (not rows or tensor.row in rows)
        ]
        if not len(at) or len(judged) < 2:
            return math.nan
        top = self.facts.weights[at[-1], judged, Weight.ABS_MAX]
        top = top[np.isfinite(top)]
        same = len(top) > 1 and float(top.max()) <= 1.05 * float(np.median(top))
        return float(np.median(top)) if same else math.nan

    @property
    def adaptive(self) -> bool:
        return Reading(self.facts).adaptive

    @property
    def scaled(self) -> bool:
        """A loss scaler is at work."""
        return bool(np.isfinite(self.facts.loss_scale).any())

    @property
    def pure_half(self) -> bool:
        """The weights themselves are half-precision numbers."""
        return not {"float16", "bfloat16"}.isdisjoint(self.facts.info.precision.split(", "))

    @property
    def device(self) -> str:
        """Its kind: "cuda", "mps", "cpu"."""
        kind = self.facts.info.device.partition(":")[0]
        return kind if kind in ("cuda", "mps", "xpu") else "cpu"


def middle(values: Iterable[float] | FloatArray) -> float:
    """Median of those that are finite; NaN where none is."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else math.nan
