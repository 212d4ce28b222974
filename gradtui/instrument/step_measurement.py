"""A record of the gradients that an optimizer is about to use."""

from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.activation_capture import ActivationCapture
from gradtui.instrument.budget import NOTHING, Budget, Detail
from gradtui.instrument.clipping import Clips
from gradtui.instrument.grad_scalers import GradScalers, Scaling
from gradtui.instrument.layout_builder import LayoutBuilder
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.optimizer_numbers import listed, parameters_of
from gradtui.instrument.param_groups import ParamGroup, ParamGroups
from gradtui.instrument.step_records import StepRecord


class StepMeasurement:
    """Collects what is known when an optimizer is about to step: gradients, loss, clipping, scale, rate."""

    def __init__(
        self,
        sources: ParamGroups,
        layout_builder: LayoutBuilder,
        losses: LossCapture,
        clips: Clips,
        scalers: GradScalers,
        activations: ActivationCapture,
    ) -> None:
        self._sources, self._layout_builder = sources, layout_builder
        self._losses, self._clips, self._scalers = losses, clips, scalers
        self._activations = activations

    def source(self, optimizer: Optimizer) -> ParamGroup | None:
        """What it steps; None where that cannot be named."""
        source = self._sources.known(id(optimizer), listed(optimizer))
        if source is None:
            tensors = parameters_of(optimizer)
            if not tensors:
                return None
            source = self._sources.of(id(optimizer), tensors)
        if source.layout is None or source.layout is not self._layout_builder.layout:
            if not self._sources.place(source):
                return None
            source.number = self._layout_builder.number(optimizer)
        return source

    def improve(self) -> None:
        """Between two records: what has no good name yet may get one."""
        self._layout_builder.improve()

    def placed(self, source: ParamGroup) -> bool:
        """Whether there is a place for it in the layout as it is."""
        return source.layout is not None and source.layout is self._layout_builder.layout

    def renew(self, record: StepRecord, source: ParamGroup) -> None:
        """Another thread's optimizer may have brought another layout since the record was begun."""
        if record.layout is not self._layout_builder.layout and self._sources.place(source):
            record.layout, record.at = source.layout, source.at

    def groups(self) -> list[ParamGroup]:
        """All that have a place in a layout."""
        return self._sources.placed()

    def broken(self) -> list[ParamGroup]:
        """What holds a NaN or an infinity by now."""
        return self._sources.broken()

    def scalars(self, optimizer: Optimizer, step: int, number: int) -> StepRecord:
        """Of a step of which nothing is measured, whatever the optimizer steps."""
        record = StepRecord(NOTHING, {}, step=step, optimizer=number)
        record.add_lr(optimizer)
        record.add_loss(self._losses.take(number, id(optimizer)))
        return record

    def plan(self, source: ParamGroup) -> None:
        """A record was sent: whether the next one has to come soon."""
        if again := self._losses.again or self._activations.again:
            source.budget.hurry(again)

    def take(
        self,
        optimizer: Optimizer,
        source: ParamGroup,
        step: int,
        *,
        budget: Budget | None = None,
        detail: Detail | None = None,
        evaluation: int = 0,
        scaling: Scaling | None = None,
        replayed: bool = False,
    ) -> StepRecord:
        """Scalars alone where the budget, by default the source's own, has nothing left for this
        step. `detail` is what to measure where that is settled. `replayed`: the step is over, it came
        from a CUDA graph."""
        detail = detail or (budget or source.budget).next()
        loss = self._losses.take(source.number, id(optimizer))
        clips = self._clips.take(source.members)
        scaling = scaling or self._scalers.current
        record = StepRecord(detail, {}, source.layout, source.at, step)
        record.evaluation, record.optimizer, record.replayed = evaluation, source.number, replayed
        record.add_lr(optimizer)
        record.add_loss(loss)
        passing = (*self._activations.told, *self._losses.passing)
        self._layout_builder.learn(self._losses.told, self._losses.task_facts, passing)
        if detail is NOTHING:
            record.parts |= scaling.parts if scaling is not None else {}
            return record
        if scaling is not None:
            _add_scaling(record, optimizer, scaling)
        if clips:
            record.stage = "clipped"
            record.add_clips(clips, source.ids)
        elif (replayed or self._clips.unseen) and self._clips.limits:
            record.stage = "clipped"
        grads = [tensor.grad for tensor in source.tensors]
        self._activations.missing(source.key, sum(grad is None for grad in grads))
        record.parts |= source.gradients(grads, detail)
        if evaluation <= 1 and not replayed:
            self._activations.add_to(record, source)
            if detail.weights:
                source.remember_weights()
        return record


def _add_scaling(record: StepRecord, optimizer: Optimizer, scaling: Scaling) -> None:
    record.stage = "unscaled"
    record.parts |= scaling.parts
    divisor = getattr(optimizer, "grad_scale", None)
    if isinstance(divisor, Tensor):
        record.parts["divisor"] = divisor.detach().double().reshape(())
    found = getattr(optimizer, "found_inf", None)
    if isinstance(found, Tensor):
        record.parts["found_inf"] = found.detach().double().sum()
