"""Norms of steps that are let through: of these nothing else is measured."""

from operator import attrgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.core.layout import FloatArray
from gradtui.instrument.clipping import Clips, QuickClip
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.grad_scalers import GradScalers
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.nested_steps import out_of_sight
from gradtui.instrument.optimizer_numbers import listed
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.step_measurement import StepMeasurement
from gradtui.instrument.step_records import StepRecorder
from gradtui.patching.own_errors import is_ours
from gradtui.patching.tracebacks import without_ours
from gradtui.runstore.format.scalar_rows import NormsAlone
from gradtui.stats.tensors import PLAIN_TYPES

DOING = "norms alone"
_grad = attrgetter("grad")


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
        self._take = out_of_sight(self, NormsBetween._measured)

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
        meter = self._meter
        clock = meter.clock
        began = clock()
        known = self._take(optimizer, source, clip)
        cost = clock() - began
        meter.took_norms(cost)
        if not known:
            source.budget.norms_missed()
            return True
        source.budget.took_norms(cost)
        return False

    def _measured(self, optimizer: Optimizer, source: ParamGroup, clip: QuickClip | bool) -> bool:
        """Whether there are norms, which are `found` then."""
        tensors = listed(optimizer)
        if not source.held.are(tensors):
            return False
        if torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack():
            return self._unseen(source, clip)
        if not PLAIN_TYPES.issuperset(map(type, tensors)):
            return self._unseen(source, clip)
        # As the guard does it, in fewer lines: no mode sees plain tensors where there is none.
        grad = torch.is_grad_enabled()
        try:
            torch._C._set_grad_enabled(False)
            norms = source.norms_of(list(map(_grad, tensors)))
        except Exception as error:
            if not is_ours(error):  # a signal's: the program's own
                without_ours(error)
                raise
            self._guard.failed(DOING, error)
            return False
        finally:
            torch._C._set_grad_enabled(grad)
        if type(norms) is not np.ndarray or clip is not False:
            with self._guard(DOING):
                return self._told(norms, source, clip)
            return False
        assert source.at is not None
        assert source.layout is not None
        self.found = NormsAlone(norms, source.at, len(source.layout.tensors))
        return True

    def _unseen(self, source: ParamGroup, clip: QuickClip | bool) -> bool:
        """The same, where a mode or a type of the program's would see what is done with tensors."""
        with self._guard(DOING):
            return self._told(source.norms_alone(), source, clip)
        return False

    def _told(
        self, norms: FloatArray | Tensor | None, source: ParamGroup, clip: QuickClip | bool
    ) -> bool:
        if norms is None:
            return False
        assert source.at is not None
        assert source.layout is not None
        remote = {}
        if isinstance(norms, Tensor):
            remote, norms = {"norms": norms}, _there(source)
        found = NormsAlone(norms, source.at, len(source.layout.tensors))
        if isinstance(clip, QuickClip):
            found = found._replace(limit=clip.limit)
            if isinstance(clip.total, Tensor):
                remote["total"] = clip.total.detach().to(torch.float64, copy=True)
            else:
                found = found._replace(total=clip.total)
        self.found, self.remote = found, remote
        return True


def _there(source: ParamGroup) -> FloatArray:
    """[tensors] in place of norms that are still elsewhere: NaN where there is no gradient, else 0."""
    absent = [tensor.grad is None for tensor in source.held.tensors()]
    return np.where(absent, np.nan, 0.0)


def _unscaled(optimizer: Optimizer) -> bool:
    """Whether a scaler has divided the gradients already: some optimizers do so themselves, later."""
    return getattr(optimizer, "grad_scale", None) is None
