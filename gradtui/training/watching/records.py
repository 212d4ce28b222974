"""From measured tensors to snapshots: numbered, sent to the host without waiting, handed on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gradtui.core.autopsy import Autopsy
from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.snapshot import HIST_BINS, Grad, Snapshot, U32Array, Weight
from gradtui.stream.ports import Sink
from gradtui.training.locate import first_nonfinite
from gradtui.training.transfer import HostCopy
from gradtui.training.watching.budget import Budget, Detail, Ledger
from gradtui.training.watching.clips import Clip
from gradtui.training.watching.losses import Loss
from gradtui.training.watching.meter import Meter

NAN = float("nan")
Late = Callable[[int, str, float], Autopsy | None]


@dataclass(slots=True)
class Record:
    """One snapshot to be: what is known without asking the device, and what is on its way."""

    detail: Detail
    parts: dict[str, Tensor]
    layout: Layout | None = None
    at: IntArray | None = None
    step: int = -1
    stage: str = "raw"
    optimizer: int = 0
    evaluation: int = 0
    loss: float = NAN
    objective: float = NAN
    later: Loss | None = None
    """The two, where they are known only when their parts have reached the host."""
    told: bool = False
    """Whether `loss` is what the program computed."""
    autopsy: Autopsy | None = None
    lr: float = NAN
    skipped: bool = False
    backwards: int = 1
    seconds: float = 0.0
    overhead: float = 0.0

    def add_loss(self, loss: Loss) -> None:
        self.backwards = loss.count
        remote = loss.remote()
        if remote:
            home = remote[-1].device
            self.later = loss
            self.parts["loss"] = torch.stack([t.to(home, non_blocking=True) for t in remote])
        elif (sums := loss.sums()) is not None:
            self.loss, self.objective, self.told = *sums, True

    def add_clip(self, clip: Clip | None) -> None:
        if clip is not None and clip.factor is not None:
            self.parts["clip"] = clip.factor.detach().double().reshape(())

    def add_lr(self, optimizer: Any) -> None:
        """The learning rate of the first group, a number or a tensor."""
        groups = getattr(optimizer, "param_groups", ())
        lr = groups[0].get("lr") if groups else None
        if isinstance(lr, Tensor) and lr.numel() == 1:
            self.parts["lr"] = lr.detach().reshape(()).double()
        elif isinstance(lr, (int, float)):
            self.lr = float(lr)


class Records:
    """`send` and `flush` put snapshots into the sink in order."""

    def __init__(self, sink: Sink, meter: Meter, ledger: Ledger) -> None:
        self.sink = sink
        self._meter, self._ledger = meter, ledger
        self._copy: HostCopy[Record] | None = None
        self.late: Late = lambda step, phase, loss: None
        """Asked where a step turns out not to be finite only now."""
        self.last_step = -1
        self.lost = False
        """Whether anything that is not finite has been handed on."""

    def send(self, record: Record, budget: Budget) -> None:
        """The step is over. All that has been taken since the last record is charged to it: steps
        that were let through have none of their own. What is still to be done here, such as handing
        on, is the next one's."""
        spent = self._meter.take()
        if record.detail.norms:
            cost = self._meter.lately_timed
            record.overhead = spent
            record.seconds = self._ledger.add(spent, cost) or spent
            if self._copy is None:
                self._device = record.parts["grads"].device
                self._copy = HostCopy(self._device)
            parts = record.parts
            if self._device.type != "cpu" or any(t.device.type != "cpu" for t in parts.values()):
                parts = {name: t.to(self._device) for name, t in parts.items()}
            self._copy.submit(record, parts)
            self._hand_on(wait=False)
            budget.took(record.detail, cost)

    def begin_anew(self, sink: Sink) -> None:
        """Forget what is on its way: it is another process's."""
        self.sink, self._copy, self.last_step = sink, None, -1

    def flush(self) -> None:
        self._hand_on(wait=True)

    def _hand_on(self, *, wait: bool) -> None:
        if self._copy is None:
            return
        for record, parts in self._copy.flush() if wait else self._copy.ready():
            snapshot = _snapshot(record, parts, self.late)
            self.lost |= snapshot.nonfinite is not None
            self.sink.put(snapshot)
            self.last_step = record.step


def _snapshot(record: Record, parts: dict[str, FloatArray], late: Late) -> Snapshot:
    layout, at = record.layout, record.at
    assert layout is not None
    assert at is not None
    measured = parts["grads"]
    if "divisor" in parts:  # a fused optimizer divides by the loss scale itself
        measured[:, [Grad.NORM, Grad.ABS_MAX, Grad.SUM]] /= float(parts["divisor"])
    grads = _spread(layout, at, measured, Grad.COLUMNS)
    weights = None
    if "weights" in parts:
        weights = _spread(layout, at, parts["weights"], Weight.COLUMNS)
    counts: U32Array | None = None
    if "histograms" in parts and "divisor" not in parts:
        counts = np.zeros((len(layout.tensors), HIST_BINS), np.uint32)
        counts[at] = parts["histograms"].astype(np.uint32)
    skipped = record.skipped or bool(parts.get("found_inf", np.zeros(())) > 0)
    loss, objective = record.loss, record.objective
    if record.later is not None and (sums := record.later.sums(parts["loss"])) is not None:
        loss, objective = sums
    seen = None
    if not skipped:
        known = loss if "loss" in parts or record.told else 0.0
        seen = first_nonfinite(layout, record.step, known, grads, weights, record.autopsy)
        if seen is not None and seen.autopsy is None:
            seen = seen._replace(autopsy=late(record.step, seen.phase, known))
    return Snapshot(
        run=0,
        step=record.step,
        loss=loss,
        objective=objective,
        grads=grads,
        stage=record.stage,
        lr=float(parts.get("lr", record.lr)),
        seconds=record.seconds,
        overhead=record.overhead,
        clip_coefficient=float(parts.get("clip", NAN)),
        loss_scale=float(parts.get("scale", NAN)),
        skipped=skipped,
        weights=weights,
        histograms=counts,
        nonfinite=seen,
        optimizer=record.optimizer,
        evaluation=record.evaluation,
        backwards=record.backwards,
    )


def _spread(layout: Layout, at: IntArray, measured: FloatArray, columns: int) -> FloatArray:
    """[tensors of the layout, columns], NaN for those that were not measured."""
    out = np.full((len(layout.tensors), columns), np.nan)
    out[at] = measured
    return out
