"""Norms of steps that are let through: of these nothing else is measured."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.clipping import Clips, QuickClip
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.grad_scalers import GradScalers
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.nested_steps import untraced
from gradtui.instrument.optimizer_numbers import listed
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.step_measurement import StepMeasurement
from gradtui.instrument.step_records import StepRecorder
from gradtui.runstore.format.scalar_rows import NormsAlone

UNKNOWN = np.empty(0)


class NormsBetween:
    """`take` before such a step. What is still scaled, or was clipped by value or in parts, is left to
    records in full."""

    def __init__(
        self,
        guard: ExceptionGuard,
        losses: LossCapture,
        measurement: StepMeasurement,
        records: StepRecorder,
        clips: Clips,
        scalers: GradScalers,
    ) -> None:
        self._guard, self._meter, self._losses = guard, guard.meter, losses
        self._measurement, self._records = measurement, records
        self._clips, self._scalers = clips, scalers
        self.found: NormsAlone | None = None
        """What `take` has found."""
        self.remote: dict[str, Tensor] = {}
        """Its numbers, while they are on an accelerator."""
        self._take = untraced(self._measured)

    def take(
        self,
        optimizer: Optimizer,
        source: ParamGroup,
        args: Any,
        kwargs: Any,
        *,
        replayed: bool = False,
    ) -> bool:
        """Whether the step has to be recorded in full, because norms alone would not do. Else they are
        `found`, or are not to be had."""
        self.found, self.remote = None, {}
        closure = len(args) > 1 or bool(kwargs)
        scaled = self._scalers.current is not None and not _unscaled(optimizer)
        clip = self._clips.quick(source.sum_of_ids)
        if self._losses.broken or not self._measurement.placed(source):
            source.budget.norms_missed()
            return True
        unseen = replayed and bool(self._clips.limits)  # what a graph clips is not told
        if closure or scaled or unseen or clip is True:
            source.budget.norms_missed()
            return False
        if not self._records.has_room(len(source.ids)):
            return False
        mark = self._meter.timed
        known = bool(self._take(optimizer, source, clip))
        cost = self._meter.norms_taken(mark)
        if not known:
            source.budget.norms_missed()
            return True
        source.budget.took_norms(cost)
        return False

    def _measured(self, optimizer: Optimizer, source: ParamGroup, clip: QuickClip | bool) -> bool:
        with self._guard("norms alone"):
            same = source.held.are(listed(optimizer))
            norms = source.norms_alone() if same else None
            if norms is None:
                return False
            assert source.at is not None
            assert source.layout is not None
            remote = {"norms": norms} if isinstance(norms, Tensor) else {}
            found = NormsAlone(
                UNKNOWN if isinstance(norms, Tensor) else norms,
                source.at,
                len(source.layout.tensors),
            )
            if isinstance(clip, QuickClip):
                found = found._replace(limit=clip.limit)
                if isinstance(clip.total, Tensor):
                    remote["total"] = clip.total.detach().to(torch.float64, copy=True)
                else:
                    found = found._replace(total=clip.total)
            self.found, self.remote = found, remote
        return self.found is not None


def _unscaled(optimizer: Optimizer) -> bool:
    """Whether a scaler has divided the gradients already: some optimizers do so themselves, later."""
    return getattr(optimizer, "grad_scale", None) is None
