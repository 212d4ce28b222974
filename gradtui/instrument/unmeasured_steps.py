"""Steps that are let through: their number, time, loss and learning rate are recorded all the same,
and norms where somebody has taken them.

This is what a fast program pays at nearly every step: no blocks, no copies, no locks.
"""

from collections.abc import Mapping
from time import time
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.closures import evaluated
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.grad_scalers import GradScalers
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.step_records import NAN, StepRecorder, bare_record
from gradtui.instrument.thread_state import TrainingThreads
from gradtui.runstore.format.scalar_rows import NormsAlone

NOWHERE: Mapping[str, Tensor] = {}


class UnmeasuredSteps:
    """`step` before each such step, `over` after it where `waiting` says that it is awaited."""

    __slots__ = (
        "_guard",
        "_losses",
        "_meter",
        "_records",
        "_scalers",
        "_step",
        "_when",
        "passes",
        "source",
        "threads",
        "waiting",
    )

    def __init__(
        self,
        guard: ExceptionGuard,
        losses: LossCapture,
        scalers: GradScalers,
        records: StepRecorder,
        threads: TrainingThreads,
    ) -> None:
        self.threads = threads
        self._guard, self._meter = guard, guard.meter
        self._losses, self._scalers, self._records = losses, scalers, records
        self.waiting: Optimizer | None = None
        """What takes a step whose closure has the loss."""
        self.source: ParamGroup | None = None
        """Of the last step that was let through."""
        self.passes = 0
        """Backward passes that had begun by then."""
        self._step, self._when = 0, 0.0

    def step(
        self,
        optimizer: Optimizer,
        source: ParamGroup,
        args: Any,
        kwargs: Any,
        norms: NormsAlone | None = None,
        remote: Mapping[str, Tensor] = NOWHERE,
    ) -> Any:
        """A step is about to be let through; what a hook returns. `remote` are the numbers of `norms`
        where they are not on the host."""
        if self.waiting is not None:
            self.over()  # the step before has raised
        meter, losses = self._meter, self._losses
        if not self.threads.several:
            meter.step_passes()
        number, self.source = meter.steps, source
        meter.steps = number + 1
        if len(args) > 1 or kwargs:
            replaced = self._closure(optimizer, number, args, kwargs)
            if replaced is not None:
                return replaced
        self.passes = losses.passes
        try:
            lr = optimizer.param_groups[0]["lr"]
        except (LookupError, TypeError, AttributeError):
            lr = NAN
        records = self._records
        loss = losses.plain() if records.direct else None
        if (
            loss is not None
            and isinstance(lr, float)
            and not remote
            and self._scalers.current is None
        ):
            rows = records.rows
            if rows is None:
                rows = records.let_through()
            row = (number, time(), loss, lr, source.number, 1, NAN, loss, False, norms)
            records.latest = row
            rows.append(row)
            if norms is not None:
                records.count_norms(len(norms.norms))
        else:
            self._slowly(optimizer, number, time(), source, norms, remote)
        return None

    def over(self) -> None:
        """The step whose closure has the loss is over."""
        optimizer, self.waiting = self.waiting, None
        if optimizer is not None:
            self.passes = self._losses.passes
            self._slowly(optimizer, self._step, self._when, self.source)

    def scalars_alone(self, source: ParamGroup | None) -> None:
        """Another step of which scalars alone are recorded has been taken."""
        self.source, self.passes = source, self._losses.passes

    @property
    def untouched(self) -> bool:
        """Whether no backward pass has begun since the last step that was let through."""
        return self.passes == self._losses.passes

    def forget(self) -> None:
        self.waiting = self.source = None

    def _closure(self, optimizer: Optimizer, number: int, args: Any, kwargs: Any) -> Any:
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            return None
        losses, threads, count = self._losses, self.threads, 0

        def before() -> None:
            nonlocal count
            # The loss is that of the last evaluation, and of micro-batches before the first.
            if count and threads.enter():
                losses.used()
                threads.leave()
            count += 1

        def nothing() -> None: ...

        ours = evaluated(closure, before, nothing, nothing)
        self.waiting, self._step, self._when = optimizer, number, time()
        if len(args) > 1:
            return (args[0], ours, *args[2:]), kwargs
        return args, kwargs | {"closure": ours}

    def _slowly(
        self,
        optimizer: Optimizer,
        number: int,
        when: float,
        source: ParamGroup | None,
        norms: NormsAlone | None = None,
        remote: Mapping[str, Tensor] = NOWHERE,
    ) -> None:
        with self._guard("the scalars of a step"):
            record = bare_record(number, when)
            record.norms = norms
            if norms is not None and source is not None:
                record.layout, record.at = source.layout, source.at
            record.parts |= remote
            record.optimizer = 0 if source is None else source.number
            record.add_lr(optimizer)
            record.add_loss(self._losses.take(record.optimizer, id(optimizer)))
            scaling = self._scalers.current
            record.parts |= scaling.parts if scaling is not None else {}
            self._records.add(record)
