"""Optimizers that step within a backward pass, one a parameter, and are recorded as one."""

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.budget import NOTHING, Budget, Detail, Ledger
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.layout_builder import LayoutBuilder
from gradtui.instrument.optimizer_hooks import OptimizerHooks
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.step_measurement import StepMeasurement
from gradtui.instrument.step_records import StepRecord, StepRecorder
from gradtui.instrument.unmeasured_steps import UnmeasuredSteps


class OptimizerInBackward(StepListener):
    """`add` for each step, `together` when the pass is over. One step for all of them is counted."""

    def __init__(
        self,
        guard: ExceptionGuard,
        ledger: Ledger,
        measurement: StepMeasurement,
        layout_builder: LayoutBuilder,
        records: StepRecorder,
        hooks: OptimizerHooks,
        scalars: UnmeasuredSteps,
    ) -> None:
        self._guard, self._meter = guard, guard.meter
        self._measurement, self._layout_builder = measurement, layout_builder
        self._records, self._hooks, self._scalars = records, hooks, scalars
        self._budget = Budget(ledger)
        self._step = -1
        self._number = 0
        self._detail = NOTHING
        self._parts: list[tuple[ParamGroup, StepRecord]] = []

    def add(self, optimizer: Optimizer) -> None:
        """Measure now: the gradients may be gone before the pass is over."""
        if not self._parts:
            self._step = self._meter.steps
            self._meter.steps += 1
            detail = self._budget.next()
            if detail is NOTHING:
                self._hooks.hushed = True
                self._records.add(self._measurement.scalars(optimizer, self._step, self._number))
                self._scalars.scalars_alone(None)
                return
            self._detail = Detail(detail.norms, detail.counts)
        source = self._measurement.source(optimizer)
        if source is None:
            return
        record = self._measurement.take(optimizer, source, self._step, detail=self._detail)
        self._parts.append((source, record))

    def forget(self) -> None:
        self._parts = []

    def backward_done(self) -> None:
        if self._parts:
            with self._guard("steps within a backward pass"):
                self._together()

    def _together(self) -> None:
        parts, self._parts = self._parts, []
        layout = self._layout_builder.layout
        parts = [(source, record) for source, record in parts if record.layout is layout]
        if not parts:
            return
        tensors: list[Tensor] = [t for source, _ in parts for t in source.tensors]
        at = self._layout_builder.at(tensors)
        if at is None or layout is None:
            return
        records = [record for _, record in parts]
        whole = records[0]
        home = whole.parts["grads"].device
        whole.parts["grads"] = torch.cat([r.parts["grads"].to(home) for r in records])
        seen = [r.parts["activations"] for r in records if "activations" in r.parts]
        for table in seen:
            known = whole.parts.setdefault("activations", table)
            whole.parts["activations"] = torch.where(known.isnan(), table.to(known.device), known)
        whole.at = at
        whole.optimizer = self._number = min(record.optimizer for record in records)
        self._records.send(whole, self._budget)
