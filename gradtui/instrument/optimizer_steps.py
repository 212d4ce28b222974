"""Optimizer steps: one record a step, begun and ended by the optimizer's hooks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import isfinite, isnan
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.budget import NOTHING, Detail
from gradtui.instrument.clipping import Clips
from gradtui.instrument.closures import evaluated
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.grad_scalers import Scaling, SkippedSteps
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.nan_capture import NanCapture
from gradtui.instrument.nan_sampling import NanSampling
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.optimizer_hooks import KnownOptimizer, OptimizerHooks, Replaced
from gradtui.instrument.optimizer_in_backward import OptimizerInBackward
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.planned_steps import StepPlanner
from gradtui.instrument.step_listeners import StepListener, StepListeners
from gradtui.instrument.step_measurement import StepMeasurement
from gradtui.instrument.step_records import StepRecord, StepRecorder
from gradtui.instrument.undone_steps import UndoneSteps
from gradtui.instrument.unmeasured_steps import UnmeasuredSteps
from gradtui.runstore.format.scalar_rows import Row
from gradtui.stats.tensors import PLAIN_TYPES

UNNUMBERED = -2
"""The step of a record that gets its number at the end."""


class OptimizerSteps(StepListener):
    """What is done when a hook says that a step begins or ends: a `StepHandler`."""

    def __init__(
        self,
        hooks: OptimizerHooks,
        measurement: StepMeasurement,
        in_backward: OptimizerInBackward,
        records: StepRecorder,
        registry: ObjectRegistry,
        losses: LossCapture,
        clips: Clips,
        guard: ExceptionGuard,
        nan_capture: NanCapture,
        nan_sampling: NanSampling,
        scalars: UnmeasuredSteps,
        listeners: StepListeners,
        planner: StepPlanner,
    ) -> None:
        self._hooks, self._measurement, self._in_backward = hooks, measurement, in_backward
        self._records, self._registry, self._losses, self._clips = records, registry, losses, clips
        self._guard, self._nan_capture, self._nan_sampling = guard, nan_capture, nan_sampling
        self._scalars = scalars
        self._meter: CostMeter = guard.meter
        self._sources: dict[int, ParamGroup] = {}
        self._last: ParamGroup | None = None
        """What the last step was of."""
        self.seen = False
        """Whether any optimizer's step has been seen."""
        self._listeners, self._planner = listeners, planner
        self._skipped = SkippedSteps()
        self.undone = UndoneSteps()

    def forget(self) -> None:
        """What is under way is another process's, or nobody's any more."""
        self._hooks.forget()
        self._in_backward.forget()
        self._nan_sampling.forget()
        self.undone.forget()
        self._sources, self._last = {}, None

    def last_look(self, lost: Tensor | None = None) -> None:
        """At the end: the last step is measured after all, where it was let through, and weights
        that have become NaN since the last record are told of. `lost` is a loss that is not finite, at
        which the program has stopped before its backward pass."""
        if not self._not_taken():
            self._last_step()
            if lost is not None and not self._records.lost:
                self._stopped_at(lost)

    def _last_step(self) -> None:
        step = self._meter.steps - 1
        if step < 0 or step == self._records.last_step:
            return
        source, latest = self._scalars.source, self._records.latest
        known = latest is not None and latest[0] == step
        if known and latest is not None and source is not None and self._measurement.placed(source):
            self._measure(_of(latest, source), source)
        if self._records.lost:
            return
        for source in self._measurement.broken():
            record = StepRecord(Detail(weights=True), {}, source.layout, source.at)
            record.step, record.optimizer = step, source.number
            self._measure(record, source, left=False)
            return  # one is enough

    def _not_taken(self) -> bool:
        """Whether the program has ended between a loss that is lost and the step that was to follow, as
        one does that looks out for it: that is recorded, and where it came from is looked for."""
        loss, source = self._losses.unfinished, self._last or self._scalars.source
        if loss is None or isfinite(loss) or source is None or source.all_gone:
            return False
        self._losses.used()
        self._untaken(source, loss, source.left())
        return True

    def _stopped_at(self, lost: Tensor) -> None:
        source = self._last or self._scalars.source
        if source is None:
            found = map(self._measurement.source, self._registry.optimizers())
            source = next((one for one in found if one is not None), None)
        if source is None or source.all_gone:
            return
        loss = float(lost.detach())
        self._nan_capture.loss_seen(lost, loss)
        self._untaken(source, loss, [None] * len(source.tensors))

    def _untaken(self, source: ParamGroup, loss: float, grads: Sequence[Tensor | None]) -> None:
        """The step that would have come is recorded: its loss is lost."""
        record = StepRecord(Detail(), {}, source.layout, source.at, self.new_step())
        record.optimizer, record.loss, record.told, record.raised = source.number, loss, True, True
        if all(grad is None for grad in grads):
            record.stage = "unknown"
        record.parts |= source.gradients(grads, record.detail)
        self._nan_capture.look(record)
        self._records.submit(record)
        self._records.flush()

    def _measure(self, record: StepRecord, source: ParamGroup, *, left: bool = True) -> None:
        """What is left of a step: weights, and gradients that nobody has cleared or added to. Where a
        program's function has returned the net may have gone with it."""
        if source.all_gone:
            return
        gone: list[Tensor | None] = [None] * len(source.tensors)
        grads = source.left() if left and self._scalars.untouched else gone
        known = record.norms
        if all(grad is None for grad in grads):
            record.stage = "unknown"
        elif self._clips.limits:
            record.stage = "clipped"
        record.parts |= source.gradients(grads, record.detail)
        if known is not None:
            record.take_norms(known)
        record.parts["weights"], record.left = source.weights(updates=False), True
        self._records.submit(record)
        self._records.flush()

    def raised(self) -> None:
        """What is under way will not end: what was measured before it is recorded all the same."""
        with self._guard("a step that raised"):
            under_way, self._hooks.open = self._hooks.open, {}
            for key, record in under_way.items():
                source = self._sources.pop(key, None)
                if record is not None and source is not None:
                    record.raised = True
                    self._nan_capture.over(record if record.detail.norms else None)
                    self._measurement.renew(record, source)
                    if record.step == UNNUMBERED:
                        record.step = self.new_step()
                    self._records.send(record, source.budget)

    def new_step(self) -> int:
        step = self._meter.steps
        self._meter.steps += 1
        return step

    def renumber(self, under_way: Iterable[StepRecord | None]) -> None:
        """A second thread takes its first step: the one that is under way in the first may end later."""
        for record in under_way:
            if (
                record is not None
                and record.step == self._meter.steps - 1
                and not record.evaluation
            ):
                record.step = UNNUMBERED
                self._meter.steps -= 1

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Replaced:
        with self._guard("before a step"):
            self._see(optimizer)
            if self._losses.depth:
                self._hooks.always = True
                self._in_backward.add(optimizer)
                self._losses.used()
                return None
            closure = args[1] if len(args) > 1 else kwargs.get("closure")
            self._listeners.step_begins(optimizer, callable(closure))
            self._measurement.improve()
            self._planner.look()
            source = self._measurement.source(optimizer)
            if source is None:
                return None
            self._hooks.know(optimizer, source)
            self._nan_sampling.know(optimizer, source)
            self._sources[id(optimizer)] = source
            self._hooks.open[id(optimizer)] = None
            if callable(closure):
                watched = self._watched(optimizer, source, closure)
                if len(args) > 1:
                    return (args[0], watched, *args[2:]), kwargs
                return args, kwargs | {"closure": watched}
            # Of several threads the steps are numbered in the order in which they end.
            step = UNNUMBERED if self._hooks.threads.several else self.new_step()
            record = self._measurement.take(optimizer, source, step)
            self.undone.begins(source, step)
            self._hooks.open[id(optimizer)] = record
        with self._guard("a look at a step"):
            found = self._hooks.open.get(id(optimizer))
            gone = self._nan_capture.look(found)
            if found is not None and found.detail.norms:
                self._nan_sampling.found(gone)
        return None

    def after(self, optimizer: Optimizer) -> None:
        with self._guard("after a step"):
            record = self._hooks.open.pop(id(optimizer), None)
            source = self._sources.pop(id(optimizer), None)
            if record is not None and source is not None:
                self._finish(record, source, optimizer)
            else:
                self._nan_capture.over()

    def _finish(
        self, record: StepRecord, source: ParamGroup, optimizer: Optimizer, *, updates: bool = True
    ) -> None:
        """`updates`: weights are remembered from before the step."""
        self._last = source
        self.undone.ends(source, record.step)
        if record.detail.weights:
            if (states := source.states(optimizer)) is not None:
                record.parts["states"] = states
            record.parts["weights"] = source.weights(updates=updates)
        self._nan_capture.over(None if record.replayed else record)
        self._measurement.renew(record, source)
        if record.step == UNNUMBERED:
            record.step = self.new_step()
        self._records.send(record, source.budget)
        if record.detail.norms:
            self._measurement.plan(source)
            self._hooks.rest()
        else:
            self._scalars.scalars_alone(source)

    def plan(self, passing: bool) -> bool:
        close = self._nan_sampling.plan(passing)
        glancing = self._nan_sampling.glancing
        self._hooks.glance = self._nan_sampling.glance if glancing else None
        self._hooks.looks = self._nan_sampling.looks if glancing else {}
        return close

    def suspects(self, optimizer: Optimizer) -> bool:
        return self._nan_sampling.suspects(optimizer)

    def _see(self, optimizer: Optimizer) -> None:
        if not self.seen:
            self.seen = True
            self._listeners.first_step()
        self._registry.meet(optimizer)

    def passed(self, known: KnownOptimizer) -> None:
        """A step was let through, while it is looked at or another optimizer's is waited for."""
        self._last = known.source
        self._losses.used()
        self._nan_capture.over()
        self._clips.drop(known.source.members)
        self._meter.passed()

    def _watched(
        self, optimizer: Optimizer, source: ParamGroup, closure: Callable[..., Any]
    ) -> Any:
        """A closure of whose every evaluation a record is made; the last one has the update."""
        step, count = self.new_step(), 0

        def over(done: bool) -> None:
            if self._hooks.threads.enter():
                try:
                    seen(done)
                finally:
                    self._hooks.threads.leave()

        def seen(done: bool) -> None:
            if done or self._losses.fresh:  # also where it has raised after its backward pass
                add()
            if done:
                with self._guard("a look at a step"):
                    self._nan_capture.look(self._hooks.open.get(id(optimizer)))
            else:
                self.raised()

        def add() -> None:
            nonlocal count
            count += 1
            with self._guard("a closure"):
                before = self._hooks.open.get(id(optimizer))
                detail = None if before is None else before.detail
                if detail is not None and detail is not NOTHING:
                    detail = replace(detail, histograms=False)
                record = self._measurement.take(
                    optimizer, source, step, detail=detail, evaluation=count
                )
                if before is not None and before.detail.norms:
                    self._records.send(before, source.budget)
                self._hooks.open[id(optimizer)] = record

        def nothing() -> None: ...

        return evaluated(closure, nothing, lambda: over(True), lambda: over(False))

    def broken_weight(self) -> str:
        """The name of a weight on the host that is not finite by now, "" where there is none."""
        for source in self._measurement.groups():
            assert source.layout is not None
            assert source.at is not None
            for tensor, place in zip(source.tensors, source.at.tolist(), strict=True):
                plain = type(tensor) in PLAIN_TYPES and tensor.is_cpu and not tensor.is_sparse
                if plain and not bool(tensor.detach().isfinite().all()):
                    return str(source.layout.tensors[place].name)
        return ""

    def replaying(self, optimizer: Optimizer) -> ParamGroup | None:
        """What a step that is about to be replayed from a CUDA graph steps."""
        self._see(optimizer)
        source = self._measurement.source(optimizer)
        if source is not None:
            self._hooks.know(optimizer, source)
        return source

    def replayed(self, optimizer: Optimizer, source: ParamGroup, detail: Detail | None) -> None:
        """It was, and its gradients are where it has left them. `detail` is what to measure; None where it
        is to be let through. Weights are remembered from before."""
        remembered = detail is not None
        if detail is None:
            if self._hooks.let_through(optimizer, source):
                return
            detail = source.budget.next()
        step = UNNUMBERED if self._hooks.threads.several else self.new_step()
        record = self._measurement.take(optimizer, source, step, detail=detail, replayed=True)
        self._finish(record, source, optimizer, updates=remembered)

    def replayed_unseen(self, optimizer: Optimizer) -> None:
        """It was, and what its gradients were is not known."""
        source = self.replaying(optimizer)
        if source is not None:
            record = self._measurement.scalars(optimizer, self.new_step(), source.number)
            self._records.send(record, source.budget)
            self._scalars.scalars_alone(source)
            self._scalars.passes = -1  # nor at the end

    def step_skipped(self, optimizer: Optimizer, scaling: Scaling) -> None:
        """A scaler has thrown a step away: no hook was called."""
        if self._hooks.only is not None and optimizer is not self._hooks.only:
            return
        self._see(optimizer)
        source = self._measurement.source(optimizer)
        if source is None:
            return
        record = self._measurement.take(optimizer, source, self.new_step(), scaling=scaling)
        record.skipped = True
        apart = max(len(self._registry.optimizers()), 1)
        record.beyond_scaling = self._skipped.beyond_scaling(record.step, scaling, apart)
        if record.beyond_scaling:
            self._nan_capture.look(record)
        self._finish(record, source, optimizer)
        self._hooks.rest()


def _of(row: Row, source: ParamGroup) -> StepRecord:
    """A record in full of a step whose scalars have been handed on."""
    record = StepRecord(Detail(weights=True), {}, source.layout, source.at, row[0], time=row[1])
    record.loss, record.lr, record.optimizer, record.backwards = row[2:6]
    record.scale, record.objective, record.skipped, record.norms = row[6:]
    record.told = not isnan(record.loss)
    return record
