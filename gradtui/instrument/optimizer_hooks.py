"""The hooks that torch calls before and after every optimizer step, and which steps to look at.

Most steps of a fast program are let through: then all that is done is done here and in `UnmeasuredSteps`, in
a few lines.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor
from torch.optim import Optimizer
from torch.optim import optimizer as module
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.utils.hooks import RemovableHandle

from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.nested_steps import let_be, outer_steps, share, untraced
from gradtui.instrument.norms_between import NormsBetween
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.run_control import RunControl
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.step_records import StepRecord
from gradtui.instrument.thread_state import TrainingThreads
from gradtui.instrument.unmeasured_steps import UnmeasuredSteps
from gradtui.patching.cuda_capture import capturing

Replaced = tuple[tuple[Any, ...], dict[str, Any]] | None
"""What a hook returns: other arguments for the step, or nothing."""


Hook = Callable[[Any, Any, Any], Any]
"""Called by torch with the optimizer, the arguments of its step, and those with names."""
Looks = Mapping[int, Sequence[weakref.ref[Tensor]]]


class KnownOptimizer:
    """An optimizer that is known: `budget.left` of its next steps are let through."""

    __slots__ = ("budget", "owner", "source")

    def __init__(self, optimizer: Optimizer, source: ParamGroup) -> None:
        self.owner = weakref.ref(optimizer)
        self.source = source
        """What it steps."""
        self.budget = source.budget


class StepHandler(Protocol):
    """What the hooks call, of steps that are not let through and some that are."""

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Replaced: ...
    def after(self, optimizer: Optimizer) -> None: ...
    def passed(self, known: KnownOptimizer) -> None:
        """A step was let through while something is awaited."""
        ...

    def raised(self) -> None:
        """What is `open` turns out to have raised."""
        ...

    def plan(self, passing: bool) -> bool:
        """After each record, whether steps are let through or not: are calls looked at until the next
        one? Then `suspects` is asked at each step whether it must not be let through, else the hooks'
        `glance`, if there is one."""
        ...

    def suspects(self, optimizer: Optimizer) -> bool: ...


class OptimizerHooks(StepListener):
    """Calls the handler's `before` before a step that is not let through, and its `after` after it.

    A step within a step over the same parameters is part of it. What raises leaves its marks
    behind; they are seen to be stale at the next step.
    """

    __slots__ = (
        "_are_straight",
        "_handler",
        "_handles",
        "_meter",
        "_scalars",
        "_slow_after",
        "_slow_before",
        "_straight",
        "always",
        "control",
        "first_is_partial",
        "glance",
        "hushed",
        "known",
        "looks",
        "norms",
        "only",
        "open",
        "passing",
        "quick",
        "recorded",
        "threads",
        "within",
    )

    def __init__(
        self,
        meter: CostMeter,
        scalars: UnmeasuredSteps,
        threads: TrainingThreads,
        control: RunControl,
    ) -> None:
        self.control = control
        self._handles: list[RemovableHandle] = []
        self._meter, self._scalars, self.threads = meter, scalars, threads
        self.only: Optimizer | None = None
        """The one that is watched, where it is not all of them."""
        self.known: dict[int, KnownOptimizer] = {}
        self.passing: KnownOptimizer | None = None
        self.within = 0
        """Steps under way whose end means nothing: the one let through, and those in others."""
        self.open: dict[int, StepRecord | None] = {}
        """By the optimizer's id, what is under way and not let through."""
        self.hushed = False
        """Whether steps are let through uncounted until this backward pass ends."""
        self.always = False
        """Whether every backward pass matters, because steps are taken in it."""
        self.glance: Callable[[Optimizer], bool] | None = None
        self.looks: Looks = {}
        """Where there is a `glance`, by the optimizer's id the tensors whose gradients it looks at."""
        self.quick: Callable[[Hook, Hook], tuple[Hook, Hook]] | None = None
        """What torch calls for the commonest steps before and after them, given the general way."""
        self.recorded: Callable[[Optimizer], None] | None = None
        """Told of a step that is taken while a CUDA graph is recorded: it does nothing yet."""
        self.first_is_partial: Callable[[], bool] | None = None
        """Asked once, at the first step: whether it had begun before anybody looked. Then it is not
        looked at."""
        self.norms: NormsBetween | None = None
        """Asked for norms of steps that are let through, where the budget wants them."""

    def backward_ended(self) -> None:
        self.hushed = False

    def install(self, handler: StepHandler) -> None:
        self._handler = handler
        self._slow_before: Callable[..., Any] = untraced(self._before_seen)
        self._slow_after: Callable[..., Any] = untraced(self._after_seen)
        self._straight = (
            self.threads.hook(self._before, self._meter),
            self.threads.hook(self._after, self._meter, self.control.inbox, self._between),
        )
        if self.quick is not None:
            self._straight = self.quick(*self._straight)
        straight = self._is_told()
        slow = untraced(self._straight[0]), untraced(self._straight[1])
        before, after = self._straight if straight else slow
        self._handles = [
            register_optimizer_step_pre_hook(before),
            register_optimizer_step_post_hook(after),
        ]
        self._are_straight = straight

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def forget(self) -> None:
        self._scalars.forget()
        self.open, self.within, self.passing, self.hushed = {}, 0, None, False

    def know(self, optimizer: Optimizer, source: ParamGroup) -> None:
        """From now on steps of this one are let through while the budget has some left to."""
        known = self.known.get(id(optimizer))
        if known is None or known.owner() is not optimizer or known.source is not source:
            self.known[id(optimizer)] = KnownOptimizer(optimizer, source)

    def rest(self) -> None:
        """A record is done: nothing need be recorded until the next one is due."""
        gone = [key for key, known in self.known.items() if known.owner() is None]
        for key in gone:
            del self.known[key]
        passing = (
            not self.always
            and bool(self.known)
            and all(known.budget.left for known in self.known.values())
        )
        close = self._handler.plan(passing)
        self._meter.rest(not close)

    def awaited(self) -> bool:
        """Whether the next step of any optimizer is to be recorded in full, as far as is known."""
        return not self.known or any(not known.budget.left for known in self.known.values())

    def watches(self, optimizer: Optimizer) -> bool:
        return self.only is None or optimizer is self.only

    def let_through(self, optimizer: Optimizer, source: ParamGroup) -> bool:
        """A step of it was replayed from a CUDA graph, and need not be measured in full, unless norms
        show otherwise: then nothing is done."""
        self.know(optimizer, source)
        known, budget, norms = self.known[id(optimizer)], source.budget, self.norms
        found: tuple[Any, ...] = ()
        if budget.left and norms is not None and budget.norms_due():
            if norms.take(optimizer, source, (), {}, replayed=True):
                budget.left = 0
                return False
            found = () if norms.found is None else (norms.found, norms.remote)
        budget.left = max(budget.left - 1, 0)
        self._scalars.step(optimizer, source, (), {}, *found)
        if not self._meter.idle:
            self._handler.passed(known)
        elif not budget.left:
            self._meter.rest(False)
        return True

    def _before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Replaced:
        if capturing():
            if self.recorded is not None:
                self.recorded(optimizer)
            return None
        known = self.known.get(id(optimizer))
        if known is not None:
            budget = known.budget
            if budget.left and not self.within and not self.open and known.owner() is optimizer:
                norms = self.norms if budget.norms_due() else None
                full = norms is not None and norms.take(optimizer, known.source, args, kwargs)
                if norms is None or norms.found is None:
                    suspects = self.glance if self._meter.idle else self._handler.suspects
                    full = full or (suspects is not None and suspects(optimizer))
                if not full:
                    budget.left -= 1
                    self.passing = known
                    self.within = 1
                    found = () if norms is None else (norms.found, norms.remote)
                    passed: Replaced = self._scalars.step(
                        optimizer, known.source, args, kwargs, *found
                    )
                    return passed
                budget.left = 0
                self._meter.rest(False)
        elif self.hushed:
            return None
        replaced: Replaced = self._slow_before(optimizer, args, kwargs)
        return replaced

    def _after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if capturing():
            return
        if self.within:
            self.within -= 1
            known = self.passing
            if self.within or known is None:
                return
            if self._scalars.waiting is not None:
                self._scalars.over()
            if not self._meter.idle:
                self._handler.passed(known)
            elif not known.budget.left:
                self._meter.rest(False)
        elif self.open:
            self._slow_after(optimizer, args, kwargs)

    def _between(self) -> None:
        """Something is asked, and a step may be over. Other threads are not kept out meanwhile."""
        if not (self.open or self.within or self.always):
            self.control.between()

    def _before_seen(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Replaced:
        if self.hushed or capturing() or not self.watches(optimizer):
            return None
        partial, self.first_is_partial = self.first_is_partial, None
        if partial is not None and partial():
            return None
        self._become_straight()
        if self.within or self.open:
            if self._is_part(optimizer):
                self.passing = self.passing if self.within else None
                self.within += 1
                return None
            self.within, self.passing = 0, None
        known = self.known.get(id(optimizer))
        if known is not None and known.budget.left and known.owner() is optimizer:
            known.budget.left -= 1
            self.within, self.passing = 1, known
            passed: Replaced = self._scalars.step(optimizer, known.source, args, kwargs)
            return passed
        return self._handler.before(optimizer, args, kwargs)

    def _is_part(self, optimizer: Optimizer) -> bool:
        """Whether a step that we have seen begin is under way further out, over the same tensors."""
        outer = outer_steps(optimizer)
        if not outer and self.open:
            self._handler.raised()
            self.open.clear()
        passing = self.passing.owner() if self.passing is not None else None
        begun = [one for one in outer if id(one) in self.open or one is passing]
        return any(one is optimizer or share(one, optimizer) for one in begun)

    def _after_seen(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self.within:
            self._after(optimizer, args, kwargs)
        elif capturing():
            return
        elif id(optimizer) in self.open:
            self._handler.after(optimizer)

    def _is_told(self) -> bool:
        return let_be(OptimizerHooks._before, OptimizerHooks._after, *self._straight)

    def _become_straight(self) -> None:
        """Have torch call the hooks straight, once dynamo can be told to leave them alone."""
        if self._are_straight or not self._is_told():
            return
        self._are_straight = True
        hooks = vars(module)
        for word, handle, hook in (
            ("_global_optimizer_pre_hooks", self._handles[0], self._straight[0]),
            ("_global_optimizer_post_hooks", self._handles[1], self._straight[1]),
        ):
            known = hooks.get(word)
            if isinstance(known, dict) and handle.id in known:
                known[handle.id] = hook
