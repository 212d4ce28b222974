"""From measured tensors to snapshots: numbered, sent to the host without waiting, handed on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.snapshot import HIST_BINS, Grad, Snapshot, U32Array, Weight
from gradtui.stream.ports import Sink
from gradtui.training.histogram import histogram
from gradtui.training.locate import first_nonfinite
from gradtui.training.measure import clone, measure_gradients, measure_weights
from gradtui.training.plan import Plan
from gradtui.training.transfer import HostCopy
from gradtui.training.watching.budget import Budget, Detail
from gradtui.training.watching.losses import Loss
from gradtui.training.watching.quiet import Quiet

LARGEST_COPY = 1 << 26
"""Elements of all weights together from which no copy is kept to measure updates with."""


class Source:
    """Tensors that are stepped together, and how they are measured."""

    def __init__(
        self, tensors: Sequence[Tensor], at: IntArray, layout: Layout, share: float
    ) -> None:
        self.tensors = list(tensors)
        self.ids = [id(tensor) for tensor in tensors]
        self.at, self.layout = at, layout
        self.plan = Plan(self.tensors)
        self.budget = Budget(share)
        self.ended = 0.0
        self._clones: list[Tensor] | None = None
        self._copied = sum(tensor.numel() for tensor in tensors) <= LARGEST_COPY

    def gradients(self, grads: Sequence[Tensor | None], detail: Detail) -> dict[str, Tensor]:
        parts = {"grads": measure_gradients(self.plan, grads, counts=detail.counts)}
        if detail.histograms:
            parts["histograms"] = histogram(self.plan, grads)
        return parts

    def remember_weights(self) -> None:
        if self._copied:
            self._clones = clone(self.plan, self.tensors, self._clones)

    def weights(self) -> Tensor:
        return measure_weights(self.plan, self.tensors, self._clones)


@dataclass(slots=True)
class Record:
    """One snapshot to be: what is known without asking the device, and what is on its way."""

    step: int
    source: Source
    layout: Layout
    at: IntArray
    detail: Detail
    parts: dict[str, Tensor]
    stage: str = "raw"
    optimizer: int = 0
    evaluation: int = 0
    lr: float = float("nan")
    skipped: bool = False
    backwards: int = 1
    seconds: float = 0.0
    overhead: float = 0.0
    cost: float = 0.0
    """Seconds that measuring it has taken so far."""

    def add_loss(self, loss: Loss) -> None:
        self.backwards = loss.count
        if loss.value is not None:
            self.parts["loss"] = loss.value


class Records:
    """`send` and `flush` put snapshots into the sink in order."""

    def __init__(self, sink: Sink, quiet: Quiet) -> None:
        self.sink = sink
        self._quiet = quiet
        self._copy: HostCopy[Record] | None = None
        self.last_step = -1

    def send(self, record: Record) -> None:
        """The step is over. What it took is charged to the budget."""
        now = time.perf_counter()
        source = record.source
        record.overhead = self._quiet.take_spent()
        record.seconds = now - source.ended if source.ended else record.overhead
        source.ended = now
        if record.detail.norms:
            if self._copy is None:
                self._copy = HostCopy(source.plan.device)
                self._device = source.plan.device
            parts = {name: t.to(self._device) for name, t in record.parts.items()}
            self._copy.submit(record, parts)
            self._hand_on(wait=False)
        cost = record.cost + time.perf_counter() - now
        source.budget.took(record.detail, cost, record.overhead)

    def begin_anew(self, sink: Sink) -> None:
        """Forget what is on its way: it is another process's."""
        self.sink, self._copy, self.last_step = sink, None, -1

    def flush(self) -> None:
        self._hand_on(wait=True)

    def _hand_on(self, *, wait: bool) -> None:
        if self._copy is None:
            return
        for record, parts in self._copy.flush() if wait else self._copy.ready():
            self.sink.put(_snapshot(record, parts))
            self.last_step = record.step


def _snapshot(record: Record, parts: dict[str, FloatArray]) -> Snapshot:
    layout, at = record.layout, record.at
    count = len(layout.tensors)
    measured = parts["grads"]
    if "divisor" in parts:  # a fused optimizer divides by the loss scale itself
        measured[:, [Grad.NORM, Grad.ABS_MAX, Grad.SUM]] /= float(parts["divisor"])
    grads = np.full((count, Grad.COLUMNS), np.nan)
    grads[at] = measured
    weights = None
    if "weights" in parts:
        weights = np.full((count, Weight.COLUMNS), np.nan)
        weights[at] = parts["weights"]
    counts: U32Array | None = None
    if "histograms" in parts and "divisor" not in parts:
        counts = np.zeros((count, HIST_BINS), np.uint32)
        counts[at] = parts["histograms"].astype(np.uint32)
    skipped = record.skipped or bool(parts.get("found_inf", np.zeros(())) > 0)
    loss = float(parts["loss"]) if "loss" in parts else float("nan")
    seen = None
    if not skipped:
        known = loss if "loss" in parts else 0.0
        seen = first_nonfinite(layout, record.step, known, grads, weights, None)
    return Snapshot(
        run=0,
        step=record.step,
        loss=loss,
        grads=grads,
        stage=record.stage,
        lr=float(parts["lr"]) if "lr" in parts else record.lr,
        seconds=record.seconds,
        overhead=record.overhead,
        clip_coefficient=float(parts["clip"]) if "clip" in parts else float("nan"),
        loss_scale=float(parts["scale"]) if "scale" in parts else float("nan"),
        skipped=skipped,
        weights=weights,
        histograms=counts,
        nonfinite=seen,
        optimizer=record.optimizer,
        evaluation=record.evaluation,
        backwards=record.backwards,
    )


def add_lr(record: Record, optimizer: Any) -> None:
    """The learning rate of the first group, a number or a tensor."""
    groups = getattr(optimizer, "param_groups", ())
    lr = groups[0].get("lr") if groups else None
    if isinstance(lr, Tensor) and lr.numel() == 1:
        record.parts["lr"] = lr.detach().reshape(()).to(torch.float64)
    elif isinstance(lr, (int, float)):
        record.lr = float(lr)
