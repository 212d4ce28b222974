"""The losses of a step, caught where a program calls backward."""

import weakref
from collections import deque
from collections.abc import Callable, Sequence
from math import isfinite, isnan
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.loss_factors import (
    UNKNOWN,
    LossFactors,
    Value,
    ending,
    plain_factors,
)
from gradtui.core.wiring import LOST_BATCH, UNDIVIDED, Faults
from gradtui.instrument.backward_passes import (
    NAN,
    REAL,
    Loss,
    Pass,
    in_full,
    is_broken,
    value_of,
    weighted_sum,
)
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.graph_reader import GraphReader
from gradtui.instrument.loss_attribution import LossAttribution
from gradtui.instrument.loss_examination import LossExamination
from gradtui.instrument.patches import Begun, Patches
from gradtui.instrument.step_listeners import StepListeners
from gradtui.instrument.step_loss import Windows
from gradtui.instrument.task_inference import TaskFacts
from gradtui.patching.cuda_capture import capturing
from gradtui.patching.enclosure import Quick

LIGHT = 3
"""What noting a loss takes beside the call itself, in calls of the meter."""
ARGUMENTS = ("tensors", "grad_tensors", "retain_graph", "create_graph")
"""Of torch.autograd.backward."""
LOST = "the loss of a batch was NaN or infinite"
REACHING = 4
"""What it takes to know whether it has reached one optimizer, in such calls."""
MOST = 4096
"""Backward passes that are kept for one step. A program that takes none may go on for ever."""
MICRO_BATCHES = 4
"""From which on it is told that losses are not divided: of a game two add up, as they should."""
FEW = 3
"""Lost losses for which the next step is looked at: a run that goes on without numbers is no news."""
SCALED = 8
"""Losses that a scaler has multiplied and of which no backward pass has been seen, at most."""


class LossCapture:
    """Looks at calls of torch.autograd.backward, which Tensor.backward calls too.

    A backward within another one (checkpointing) is not counted. While the meter says that nothing
    is awaited, a call costs no more than being handed on and reading one number.
    """

    def __init__(
        self,
        guard: ExceptionGuard,
        listeners: StepListeners,
        optimizers: Callable[[], Sequence[Any]],
    ) -> None:
        self._guard, self._listeners = guard, listeners
        self.noted: list[Pass | float] = []
        """A number is that of a pass of which nothing else is worth saying."""
        self._told: Faults = ()
        self._lost: Faults = ()
        """Said of the first batch that a program gave up because its loss was lost."""
        self._forgotten = 0
        """Passes that came before these and after the last step."""
        self._broken = False
        """Whether the loss of any but the last of them is known to be no number."""
        self.stale = False
        self._aside = 0
        """How many of the first ones are of use to optimizers only."""
        self._taken = False
        """Whether they are of gradients that the program has taken itself, not of backward passes."""
        self._broken_off = NAN
        """The loss whose backward pass has raised, until the next one begins."""
        self._several = False
        """Whether there were several backward passes to a step lately."""
        self._scaled: dict[int, tuple[Value, LossFactors]] = {}
        """Losses that were scaled, by the sequence number of the node that did it."""
        self._windows: dict[int, Windows] = {}
        """By optimizer."""
        self._graph_reader = GraphReader(guard)
        self._examination = LossExamination(guard, self._graph_reader)
        self._roots: deque[weakref.ref[Tensor]] = deque(maxlen=SCALED)
        """What backward passes began at lately, where that is a scaled loss or not finite."""
        self._losses_lost = 0
        """Steps that were looked at because their loss was lost."""
        self.depth = 0
        self.closed = False
        """Whether nobody listens any more, though somebody may have kept what we put there."""
        self.passes = 0
        """Backward passes that have begun."""
        self.reach = LossAttribution(optimizers)
        self.recorded: Callable[[Any], None] | None = None
        """Given what a backward pass begins at while a CUDA graph is recorded."""
        self.each_pass: Callable[[], None] = lambda: None
        """Called where one begins."""
        self.quick: Quick | None = None
        """What is done around the commonest of them in place of `begin` and `over`."""

    def tell(self, news: Callable[[], None]) -> None:
        """`news` is called when a later loss has something to say of the program."""
        self._examination.news = news

    def install(self, patches: Patches) -> None:
        patches.enclose(
            torch.autograd,
            "backward",
            ARGUMENTS,
            self._around,
            light=self,
            quick=self.quick,
            recorded=self._recorded,
        )

    def take(self, key: int = 0, optimizer: int = 0) -> Loss:
        """For the step that is being taken, of the optimizer with this number and id. Another one that
        steps before the next backward gets the same, of the passes that have reached it."""
        self.stale = True
        return self.seen(key, optimizer)

    @property
    def broken(self) -> bool:
        """Whether any of them since the last step is no number, as far as that is known without
        waiting."""
        if self.stale:
            return False
        return self._broken or (bool(self.noted) and is_broken(self.noted[-1]))

    @property
    def fresh(self) -> bool:
        """Whether a backward pass has begun since the last step."""
        return bool(self.noted) and not self.stale

    @property
    def unused(self) -> float:
        """The loss of which no step was taken: its backward pass has raised, or what came after. NaN
        where there is none, or its number is elsewhere."""
        if not isnan(self._broken_off):
            return self._broken_off
        loss = self.unfinished
        return NAN if loss is None else loss

    @property
    def unfinished(self) -> float | None:
        """The loss of which a backward pass has been taken and no step yet; None where there is none, or
        its number is elsewhere."""
        loss = self.seen() if self.fresh else None
        sums = None if loss is None or loss.remote() else loss.sums()
        return None if sums is None else sums.loss

    @property
    def count(self) -> int:
        """Backward passes since the last step."""
        return 0 if self.stale else self._forgotten + len(self.noted)

    def _raised(self, count: int) -> None:
        """A backward pass has raised, before which there were so many: what it was of is no part of
        the next step's loss."""
        if self.count > count:
            value = in_full(self.noted.pop()).value
            self._broken_off = value if isinstance(value, float) else NAN

    def set_aside(self) -> None:
        """What has been seen so far is of no more use but to an optimizer that steps yet."""
        self._aside = len(self.noted)

    def used(self) -> None:
        """What has been seen so far belongs to a step that is over."""
        self.stale = True

    def plain(self) -> float | None:
        """As `take`, where that is one number and the objective too, or NaN where there is none; None
        where it takes more to tell."""
        passes = self.noted
        if not passes:
            return NAN
        one = passes[0]
        if len(passes) == 1 and isinstance(one, float):
            self.stale = True
            return one
        return None

    def seen(self, key: int = 0, optimizer: int = 0) -> Loss:
        """As `take`, but more may come."""
        passes = tuple(in_full(one) for one in self.noted)
        if optimizer:
            passes = tuple(one for one in passes if optimizer not in one.missed) or passes
        else:
            passes = passes[self._aside :]
        if not passes:
            return Loss()
        return Loss(passes, self._windows.setdefault(key, Windows()), self._forgotten)

    @property
    def task_facts(self) -> TaskFacts | None:
        """What the first loss has told of the task."""
        return self._examination.task_facts

    @property
    def told(self) -> Faults:
        """Micro-batches whose losses add up, where there are many of them; once said, for good. A batch that
        was given up, and what the graphs of losses show."""
        if not self._told:
            count = max((one.undivided for one in self._windows.values()), default=0)
            if count >= MICRO_BATCHES:
                words = f"backward() is called {count} times a step, and no loss is divided by that"
                self._told = ((UNDIVIDED, words),)
        return (*self._told, *self._lost, *self._examination.told, *self._graph_reader.told)

    @property
    def passing(self) -> Faults:
        """Of what is told, what later losses may take back."""
        return self._examination.passing

    @property
    def again(self) -> int:
        """Steps until another loss is to be looked at; 0 where there is no hurry."""
        return self._examination.again

    def unscaled(self, scaled: Tensor, loss: Tensor) -> None:
        """Backward will be called on `scaled`, or on what is made of it; the loss is `loss`."""
        self._examination.look(loss, self.passes)
        node: Any = scaled.grad_fn
        if node is not None:
            self._scaled[node._sequence_nr()] = value_of(loss), ending(loss, self._scaled)
            while len(self._scaled) > SCALED:
                del self._scaled[next(iter(self._scaled))]

    def forget(self) -> None:
        self._clear()
        self.depth, self._several, self._taken = 0, False, False
        self._scaled, self._windows, self._told, self._lost = {}, {}, (), ()
        self._graph_reader.forget()

    def close(self) -> None:
        self.forget()
        self.closed = True

    def note(self, tensors: Any, seeds: Any = None, *, kept: bool = False) -> None:
        """A backward pass from `tensors` begins; it is a loss if it is one number."""
        self._graph_reader.look(tensors)
        found = self._note(tensors, seeds, kept)
        if found is not None:
            self._listeners.loss_seen(*found)

    def take_gradients(self, loss: Any, seeds: Any) -> None:
        """Gradients of parameters are taken with autograd.grad, as an optimizer may be given them. A
        backward pass since the last step comes first: then these are for something else."""
        if not isinstance(loss, Tensor) or loss.numel() != 1 or (self.fresh and not self._taken):
            return
        self._begins(taken=True)
        value = weighted_sum(loss, seeds)
        if value is not None:
            self.noted.append(Pass(value, self._ending(loss), 1.0, False))

    def derivative_taken(self, outputs: Any, inputs: Any) -> None:
        """With autograd.grad, which makes no graph of it."""
        self._examination.derivative_taken(outputs, inputs, self.passes)

    def replayed(self, loss: Tensor | None) -> None:
        """A backward pass was replayed from a CUDA graph. The next replay writes another number into
        `loss`; None where the program has not kept it."""
        self.passes += 1
        self._begins()
        if loss is not None:
            self.noted.append(Pass(value_of(loss), None, 1.0, False))

    def taken(self, loss: Tensor) -> bool:
        """Whether a backward pass has begun at this one, which is not finite, or is a scaled loss."""
        return any(ref() is loss for ref in self._roots)

    def _recorded(self, tensors: Any, *others: Any) -> None:
        if self.recorded is not None and not self.closed:
            self.recorded(tensors)

    def _note(self, tensors: Any, seeds: Any, kept: bool) -> tuple[Tensor, Value] | None:
        """The loss among `tensors` and its value without a scale; None where there is none."""
        one = tensors[0] if isinstance(tensors, (list, tuple)) and len(tensors) == 1 else tensors
        seed = seeds[0] if isinstance(seeds, (list, tuple)) and len(seeds) == 1 else seeds
        self._begins()
        if isinstance(one, (list, tuple)):
            self._together(one, seed, kept)
            return None
        if not isinstance(one, Tensor):
            return None
        if one.numel() != 1:
            if (weighed := weighted_sum(one, seed)) is not None:
                self.noted.append(Pass(weighed, self._ending(one), 1.0, kept))
            return None
        if seed is not None and not (isinstance(seed, Tensor) and seed.numel() == 1):
            return None
        end = self._ending(one)
        if end.unscaled is None:
            self._examination.look(one, self.passes)
            value = value_of(one)
        else:
            self._roots.append(weakref.ref(one))
            value = end.unscaled
        if type(value) is float and not isfinite(value):
            self._roots.append(weakref.ref(one))
        weight = 1.0 if seed is None else value_of(seed)
        self.noted.append(Pass(value, end, weight, kept))
        return one, value

    def _together(self, tensors: Sequence[Any], seeds: Any, kept: bool) -> None:
        """One pass from several losses: what it is of is their sum."""
        given = [None] * len(tensors) if seeds is None else seeds
        whole: Value = 0.0
        ends = []
        for one, seed in zip(tensors, given, strict=True):
            end = self._ending(one)
            value = weighted_sum(one, seed) if end.unscaled is None else end.unscaled
            if value is None:
                return
            whole = whole + value
            ends.append(end)
        kind = " + ".join(end.kind for end in ends)
        known = [plain_factors(end.factors) for end in ends]
        plain = tuple(f for f in known[0] if all(f in others for others in known[1:]))
        self.noted.append(Pass(whole, LossFactors(kind, plain), 1.0, kept))

    def _clear(self) -> None:
        """Nothing has been seen since the last step."""
        self.noted, self._forgotten, self._aside = [], 0, 0
        self.stale = self._broken = False

    def _begins(self, *, taken: bool = False) -> None:
        self._broken_off = NAN
        if self._taken and not taken:
            self.stale = True
        self._taken = taken
        if self.stale:
            self._clear()
        elif self.noted:
            self._broken |= is_broken(self.noted[-1])
            if len(self.noted) == MOST:
                del self.noted[: MOST // 2]
                self._forgotten += MOST // 2
                self._aside = 0
        self._several = bool(self.noted) or self._several
        if self._several:
            self.reach.begins(len(self.noted))

    def _ends(self) -> None:
        """A backward pass has come to its end."""
        if not self._several:
            return
        missed, begun, every = self.reach.ends()
        if not (missed or begun):
            return
        earlier = self.reach.earlier
        for at, one in enumerate(self.noted):
            known, more = in_full(one), begun if at < earlier else missed
            self.noted[at] = known._replace(missed=known.missed | more)
        if begun:
            # Given up for good, whatever they were: the last one is the pass that has just ended.
            gone: list[Pass | float] = []
            left: list[Pass | float] = []
            for one in self.noted[:-1]:
                (gone if in_full(one).missed >= every else left).append(one)
            if not self._lost and any(map(is_broken, gone)):
                after = f"after {self._guard.meter.steps:,} steps"
                self._lost = ((LOST_BATCH, f"{LOST} {after}, and no step was taken on it"),)
            self.noted = [*left, *self.noted[-1:]]
            self._aside = min(self._aside, len(left))
            self._broken = any(map(is_broken, left))

    def graph_kept(self) -> bool:
        """Whether the graph of the last pass was kept, or it is not known."""
        return not self.noted or in_full(self.noted[-1]).kept

    def _ending(self, loss: Tensor) -> LossFactors:
        with self._guard("the end of a loss"):
            return ending(loss, self._scaled)
        return UNKNOWN

    def begin(self, *given: Any) -> int | None:
        """A backward pass begins, while nothing is awaited: only its loss is noted. How many there
        were before; None where it is let through."""
        tensors, seeds, kept, _ = given
        if self.depth or self.closed:
            return None
        self.each_pass()
        if busy():
            if capturing():
                self._recorded(*given)
            return None
        self._guard.meter.calls += LIGHT
        self.passes += 1
        plain = type(tensors) is Tensor and seeds is None and not kept
        alone = self.stale or self._taken or not self.noted
        before = 0 if self.stale else self._forgotten + len(self.noted)
        if plain and alone and not self._scaled and not self._several:
            self._broken_off = NAN
            if tensors.is_cpu and tensors.dtype in REAL and tensors.numel() == 1:
                value = tensors.item()
                self.noted, self._forgotten, self._aside = [value], 0, 0
                self.stale = self._broken = self._taken = False
                if not isfinite(value):
                    self._tell_lost((tensors, value))
            else:
                self._glimpse(tensors)
        else:
            with self._guard("a loss"):
                self._tell_lost(self._note(tensors, seeds, bool(kept)))
        self.depth += 1
        return before

    def begins_alone(self, loss: Tensor) -> bool:
        """As `begin`, where the pass is from this one alone, which is on the host, and the first since the
        last step. Whether it is, and the loss a finite number; else nothing is noted."""
        alone = self.stale or not self.noted
        if self.depth or self.closed or self._scaled or self._several or not alone:
            return False
        if not loss.is_cpu or loss.dtype not in REAL or loss.numel() != 1:
            return False
        value = loss.item()
        if not isfinite(value):
            return False
        self.each_pass()
        self._guard.meter.calls += LIGHT
        self.passes += 1
        self._broken_off = NAN
        self.noted, self._forgotten, self._aside = [value], 0, 0
        self.stale = self._broken = self._taken = False
        self.depth = 1
        return True

    def _tell_lost(self, found: tuple[Tensor, Value] | None) -> None:
        """Its graph tells why, as long as it is whole; and the step that is to follow is looked at."""
        if found is not None and type(found[1]) is float and not isfinite(found[1]):
            self._roots.append(weakref.ref(found[0]))
            with self._guard("a loss that is lost"):
                self._listeners.loss_seen(*found)
            if self._losses_lost < FEW:
                self._losses_lost += 1
                self._guard.meter.rest(False)

    def over(self, token: int, done: bool) -> None:
        """It is over."""
        self.depth = 0
        if not done:
            self._raised(token)
        elif self._several:
            self._guard.meter.calls += REACHING * self.reach.looked
            with self._guard("what a backward pass reached"):
                self._ends()

    def _glimpse(self, tensors: Tensor) -> None:
        """As `_note`, of a loss that is elsewhere."""
        with self._guard("a loss"):
            self._begins()
            if tensors.numel() == 1:
                self.noted.append(Pass(value_of(tensors), None, 1.0, False))

    def _around(self, tensors: Any, seeds: Any, kept: Any, create: Any) -> Begun:
        if self.closed or self.depth:
            if self.depth:
                with self._guard("a backward pass in another one"):
                    self._listeners.backward_within(tensors)
            return
        if self._guard.meter.idle:
            yield from self._lightly(tensors, seeds, kept, create)
            return
        self.each_pass()
        self.passes += 1
        before = self.count
        with self._guard("a backward pass"):
            self._listeners.backward_begins(tensors)
            self.note(tensors, seeds, kept=bool(create if kept is None else kept))
        self.depth += 1
        done = False
        try:
            yield
            done = True
        finally:
            self.depth = 0
            if not done:
                self._raised(before)
            with self._guard("what a backward pass reached"):
                self._ends()
            self._listeners.backward_ended()
        self._listeners.backward_done()

    def _lightly(self, *given: Any) -> Begun:
        before = self.begin(*given)
        if before is None:
            return
        done = False
        try:
            yield
            done = True
        finally:
            self.over(before, done)


def busy() -> bool:
    """Whether a CUDA graph is being recorded, or a mode of the program would see what is done to a
    tensor."""
    modes = torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack()
    return bool(modes) or capturing()
