"""The commonest step in as few lines as can be: one that is let through, of one backward pass from one
loss on a CPU, in a program whose training is in one thread.

Between a program's own work no cache holds our code and data: then each function, and each object that
one touches, takes as long as hundreds of instructions. So what is said elsewhere in many small functions
stands here in four. Whatever is not as usual they leave to the general way, which is told nothing of it.
"""

from collections.abc import Callable
from math import isfinite
from time import time
from typing import Any

import torch
from torch import Tensor

from gradtui.instrument.budget import Budget
from gradtui.instrument.cost_meter import ASKEW, SAMPLED, CostMeter
from gradtui.instrument.grad_scalers import GradScalers
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.optimizer_hooks import Hook, OptimizerHooks
from gradtui.instrument.step_records import NAN, StepRecorder
from gradtui.instrument.thread_state import TrainingThreads
from gradtui.instrument.unmeasured_steps import NOWHERE, UnmeasuredSteps
from gradtui.patching.enclosure import Calls, Listener, own_calls
from gradtui.patching.tracebacks import without_ours
from gradtui.runstore.writer.control_file import ControlInbox

modes: Callable[[], int] = torch._C._len_torch_dispatch_stack
functions: Callable[[], int] = torch._C._len_torch_function_stack
cuda: Any = torch.cuda
strided = torch.strided


class QuickSteps:
    """`hooks` in place of those before and after a step, and `backward` in place of what is done around
    a backward pass: functions that are given the general way."""

    def __init__(
        self,
        hooks: OptimizerHooks,
        scalars: UnmeasuredSteps,
        losses: LossCapture,
        scalers: GradScalers,
        records: StepRecorder,
        meter: CostMeter,
        threads: TrainingThreads,
        inbox: ControlInbox,
    ) -> None:
        self._hooks, self._scalars, self._losses, self._scalers = hooks, scalars, losses, scalers
        self._records, self._meter, self._threads, self._inbox = records, meter, threads, inbox

    def hooks(self, before: Hook, after: Hook) -> tuple[Hook, Hook]:
        """What torch is to call before and after a step, given the general way."""
        hooks, scalars, losses, scalers = self._hooks, self._scalars, self._losses, self._scalers
        records, meter, threads, inbox = self._records, self._meter, self._threads, self._inbox

        def in_full(budget: Budget) -> bool:
            """The step is to be recorded in full: the general way does it."""
            budget.left = 0
            meter.rest(False)
            return False

        def begins(optimizer: Any, args: Any, kwargs: Any) -> bool:
            """Whether it is such a step; then it is let through."""
            lock = threads.lock
            if not lock.acquire(False):
                return False
            try:
                began = meter.clock() if meter.sampling else 0.0
                known, noted, rows = hooks.known.get(id(optimizer)), losses.noted, records.rows
                if known is None or rows is None or len(noted) != 1 or len(args) != 1 or kwargs:
                    return False
                if hooks.within or hooks.open or scalars.waiting is not None or not meter.idle:
                    return False
                if not records.direct or scalers.current is not None or cuda.is_initialized():
                    return False
                owner: Any = known.owner()
                if owner is not optimizer or not threads.alone():
                    return False
                budget, source, loss = known.budget, known.source, noted[0]
                left, every = budget.left, budget.norms_every
                if not left:
                    return False
                lr = optimizer.param_groups[0]["lr"]
                if type(loss) is not float or type(lr) is not float or not isfinite(loss):
                    return False
                if modes() or functions():
                    return False
                norms, remote = None, NOWHERE
                due = every and not (left % every and (not budget.halfway or left % (every // 2)))
                if due and budget.norms_due():
                    between: Any = hooks.norms
                    if between.take(optimizer, source, args, kwargs):
                        return in_full(budget)
                    norms, remote = between.found, between.remote
                if norms is None:
                    for weak in hooks.looks.get(id(optimizer), ()):
                        tensor: Any = weak()
                        grad = tensor.grad
                        plain = type(grad) is Tensor and grad.is_cpu and grad.layout is strided
                        if plain and not isfinite(grad.sum().item()):
                            return in_full(budget)
                if remote:
                    budget.left, hooks.passing, hooks.within = left - 1, known, 1
                    scalars.step(optimizer, source, args, kwargs, norms, remote)
                    return True
                number = meter.steps
                if meter.sampling or number % SAMPLED == ASKEW:
                    meter.step_passes()
                meter.steps = number + 1
                budget.left = left - 1
                hooks.passing, hooks.within = known, 1
                scalars.source, scalars.passes = source, losses.passes
                losses.stale = True
                row = (number, time(), loss, lr, source.number, 1, NAN, loss, False, norms)
                records.latest = row
                rows.append(row)
                if norms is not None:
                    records.count_norms(len(norms.norms))
                if began:
                    meter.sampled(meter.clock() - began)
                return True
            except (LookupError, TypeError, AttributeError):
                return False  # not an optimizer as torch's are: the step has not been counted yet
            finally:
                lock.release()

        def quick_before(optimizer: Any, args: Any, kwargs: Any) -> Any:
            try:
                if begins(optimizer, args, kwargs):
                    return None
                return before(optimizer, args, kwargs)
            except BaseException as error:  # a signal's: the program's own
                without_ours(error)
                raise

        def quick_after(optimizer: Any, args: Any, kwargs: Any) -> Any:
            lock = threads.lock
            if lock.acquire(False):
                try:
                    began = meter.clock() if meter.sampling else 0.0
                    known = hooks.passing
                    if (
                        known is not None
                        and hooks.within == 1
                        and known.budget.left
                        and meter.idle
                        and scalars.waiting is None
                        and not (inbox.wanted or cuda.is_initialized())
                        and threads.alone()
                    ):
                        hooks.within = 0
                        if began:
                            meter.sampled(meter.clock() - began)
                        return None
                finally:
                    lock.release()
            try:
                return after(optimizer, args, kwargs)
            except BaseException as error:
                without_ours(error)
                raise

        return quick_before, quick_after

    def backward(self, general: Calls, listener: Listener) -> Calls:
        """What torch.autograd.backward is to call, given the general way and who listens there."""
        losses, meter, threads, own = self._losses, self._meter, self._threads, own_calls
        mine = listener, 0

        def begin(tensors: Any, seeds: Any, kept: Any, create: Any) -> Any:
            if (
                type(tensors) is Tensor
                and seeds is None
                and meter.idle
                and not (
                    kept
                    or own.busy
                    or threads.several
                    or modes()
                    or functions()
                    or cuda.is_initialized()
                )
            ):
                began = meter.clock() if meter.sampling else 0.0
                if losses.begins_alone(tensors):
                    own.calls.append([mine])
                    if began:
                        meter.sampled(meter.clock() - began)
                    return True
            try:
                return general.begin(tensors, seeds, kept, create)
            except BaseException as error:
                without_ours(error)
                raise

        def others(out: Any) -> Any:
            try:
                return general.over(out)
            except BaseException as error:
                without_ours(error)
                raise

        def over(out: Any) -> Any:
            calls = own.calls
            tokens = calls[-1]
            if len(tokens) != 1 or tokens[0] is not mine:
                return others(out)
            began = meter.clock() if meter.sampling else 0.0
            calls.pop()
            losses.depth = 0
            if began:
                meter.sampled(meter.clock() - began)
            return out

        return Calls(begin, general.again, over, general.raised)
