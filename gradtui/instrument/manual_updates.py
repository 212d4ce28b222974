"""Programs that update by hand: what lies in the leaves after backward, where nobody steps.

A record is held until the next backward begins. If the gradients are still there then and nothing
was updated, they are being accumulated, and the record of the next backward, with the leaves of
both, takes its place. While there is an optimizer that may yet step, the first records are held
until it is clear that it does not.

Passes that reach different leaves (two networks that take turns) are numbered apart, as optimizers
would be, as long as there are few kinds of them.

That a step is over is known when the next pass begins: then what viewers have asked is done.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.leaves import leaves_of, loudest
from gradtui.instrument.activation_capture import ActivationCapture
from gradtui.instrument.budget import Detail
from gradtui.instrument.clipping import Clips
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.layout_builder import BY_HAND, LayoutBuilder
from gradtui.instrument.loss_capture import LossCapture, busy
from gradtui.instrument.nan_capture import NanCapture, lost
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.optimizer_steps import OptimizerSteps
from gradtui.instrument.param_groups import ParamGroup, ParamGroups
from gradtui.instrument.patches import Begun, Patches
from gradtui.instrument.run_control import RunControl
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.step_records import StepRecord, StepRecorder
from gradtui.patching.cuda_capture import prepared

PATIENCE = 3
"""Fresh backward passes without a step after which an optimizer that exists counts as not used."""
KINDS = 4
"""Of passes, by the leaves that they reach; where there are more, all are one."""

WANTED = ("outputs", "inputs", "grad_outputs", "create_graph")
"""Of `torch.autograd.grad`."""


Marks = dict[int, tuple[int, int]]
"""By the id of a leaf, the id of its gradient and how often that has been written to."""


def marks_of(leaves: Iterable[Tensor]) -> Marks:
    """Of gradients whose values would be waited for."""
    grads = [(leaf, leaf.grad) for leaf in leaves]
    remote = [(leaf, grad) for leaf, grad in grads if grad is not None and not grad.is_cpu]
    return {id(leaf): (id(grad), _writes(grad)) for leaf, grad in remote}


def still_there(leaf: Tensor, marks: Marks) -> bool:
    """Whether the gradient that the last pass has left is there, and not zeroed. Where its values would be
    waited for, by whether anybody has written to it since."""
    grad = leaf.grad
    if grad is None:
        return False
    return bool(grad.any()) if grad.is_cpu else marks.get(id(leaf)) == (id(grad), _writes(grad))


def _writes(tensor: Tensor) -> int:
    return -1 if tensor.is_inference() else tensor._version


class ManualUpdates(StepListener):
    def __init__(
        self,
        steps: OptimizerSteps,
        sources: ParamGroups,
        records: StepRecorder,
        layout_builder: LayoutBuilder,
        registry: ObjectRegistry,
        losses: LossCapture,
        clips: Clips,
        guard: ExceptionGuard,
        nan_capture: NanCapture,
        activations: ActivationCapture,
        control: RunControl,
    ) -> None:
        self._nan_capture = nan_capture
        self._steps, self._sources, self._records = steps, sources, records
        self._layout_builder, self._registry = layout_builder, registry
        self._losses, self._clips, self._guard = losses, clips, guard
        self._activations, self._control = activations, control
        self.watching = True
        """Until an optimizer steps."""
        self._leaves: list[Tensor] = []
        self._gathering = False
        """Whether leaves of inner passes are added."""
        self._kinds: list[list[Tensor]] = []
        """Leaves of each kind of pass; its place, made negative, is the key of its source."""
        self._merged = False
        """Whether there were too many."""
        self._numbers: dict[int, int] = {}
        """Key -> number, in the order of the first step."""
        self._version = -1
        """Of all leaves, after the last pass: an update raises it."""
        self._marks: Marks = {}
        self._source: ParamGroup | None = None
        self._loudest: Tensor | None = None
        self._held: list[tuple[ParamGroup, StepRecord]] = []
        """Steps that nobody has been told of, oldest first."""
        self._open = False
        """Whether the newest of them may still be replaced."""
        self._fresh = 0
        self._over = False
        """Whether a step has ended just now, and something is asked."""

    def install(self, patches: Patches) -> None:
        patches.enclose(torch.autograd, "grad", WANTED, self._grad, light=self, replaced="inputs")
        patches.enclose(torch.cuda.graphs, "make_graphed_callables", (), prepared)

    def backward_begins(self, tensors: Any) -> None:
        if not self.watching:
            return
        self._gathering = self.awaited()
        fresh = leaves_of(tensors) if self._gathering else self._leaves
        if self._accumulating(fresh):
            if self._open:
                source, record = self._held.pop()
                self._records.charge(record, source.budget)
                self._open = False
            self._leaves = _distinct([*self._leaves, *fresh])
        else:
            self._fresh += 1
            self._settle()
            self._leaves = fresh

    def backward_within(self, tensors: Any) -> None:
        """What it reaches, the outer one reaches."""
        if self.watching and self._gathering:
            self._leaves = _distinct([*self._leaves, *leaves_of(tensors)])

    def backward_done(self) -> None:
        if not self.watching:
            return
        with self._guard("updates by hand"):
            self.after()
        if self.watching and not self._registry.optimizers():
            self._nan_capture.look(self.newest())
            self._nan_capture.over()

    def first_step(self) -> None:
        self.stepped()

    def after(self) -> None:
        self._gathering = False
        self._version = self._age(self._leaves)
        self._marks = marks_of(self._leaves)
        if self._leaves:
            self._take(self._leaves, {id(leaf): leaf.grad for leaf in self._leaves})

    def newest(self) -> StepRecord | None:
        """What the last pass has left, numbered as it will be if nobody steps."""
        record = self._held[-1][1] if self._held and self._open else None
        if record is None or not record.detail.norms:
            return None
        if record.step < 0:
            record.step = self._guard.meter.steps + len(self._held) - 1
        if self._losses.broken or lost(record):
            record.add_loss(self._losses.seen())
        return record

    def awaited(self) -> bool:
        """Whether the next step is to be recorded in full, as far as is known."""
        return self._source is None or not self._source.budget.left

    def between(self) -> None:
        """Something is asked, and a step may be over. Other threads are not kept out meanwhile."""
        if self._over:
            self._over = False
            self._control.between()

    def leaves(self) -> list[Tensor]:
        """All that are known to be updated by hand."""
        return _distinct([leaf for kind in self._kinds for leaf in kind])

    def stepped(self) -> None:
        """An optimizer is used after all."""
        self.watching = False
        self._held, self._leaves, self._loudest, self._source = [], [], None, None
        for at in range(len(self._kinds)):
            self._sources.drop(-at)
        self._kinds = []

    def close(self) -> None:
        if self.watching:
            if self._open and not self._held[-1][1].detail.norms:
                source, record = self._held[-1]
                record.detail = Detail()  # the last step of all is measured after all
                record.parts |= source.gradients(source.left(), record.detail)
            self._settle()

    def _accumulating(self, fresh: Sequence[Tensor]) -> bool:
        """Whether gradients of the last pass are still there, and are added to: nothing was updated
        since, and it is not another network's turn, nor that of tensors made by an update."""
        if self._age(self._leaves) != self._version:
            return False
        reached = {id(leaf) for leaf in fresh}
        if self._loudest is not None and id(self._loudest) in reached:
            return still_there(self._loudest, self._marks)
        mine = [leaf for leaf in self._leaves if id(leaf) in reached]
        return any(still_there(leaf, self._marks) for leaf in mine)

    @staticmethod
    def _age(leaves: Iterable[Tensor]) -> int:
        """Changes in place so far; -1 where that is not counted."""
        return sum(map(_writes, leaves))

    def _decided(self) -> bool:
        """Whether nobody is going to step, going by how often gradients were used and zeroed."""
        return self._fresh > PATIENCE or not self._registry.optimizers()

    def _settle(self) -> None:
        """The newest record is whole; those that need not be held any longer go."""
        if self._open:
            self._open = False
            source, record = self._held[-1]
            record.add_loss(self._losses.seen())
            take = self._clips.take if self._decided() else self._clips.seen
            clips = take(source.members)
            if record.detail.norms:
                record.add_clips(clips, source.ids)
        if not self._decided():
            self._losses.set_aside()
        else:
            self._losses.used()
            held, self._held = self._held, []
            for source, record in held:
                self._send(source, record)
        del self._held[: -PATIENCE - 1]

    def _send(self, source: ParamGroup, record: StepRecord) -> None:
        if not self._sources.place(source, BY_HAND):
            return
        record.step, record.layout, record.at = self._steps.new_step(), source.layout, source.at
        record.optimizer = self._numbers.setdefault(source.key, len(self._numbers))
        if record.detail.norms:
            self._activations.add_to(record, source)
        self._records.send(record, source.budget)
        self._over = self._control.inbox.wanted

    def _take(self, leaves: Sequence[Tensor], grads: Mapping[int, Tensor | None]) -> None:
        """`grads` by the ids of the leaves."""
        source = self._source = self._of(leaves)
        detail = source.budget.next()
        record = StepRecord(detail, {})
        if detail.norms:
            mine = [grads.get(id(tensor)) for tensor in source.tensors]
            record.parts |= source.gradients(mine, detail)
            self._loudest = loudest(source.tensors, record.parts["grads"])
        self._held.append((source, record))
        self._open = True
        self._layout_builder.improve()

    def _of(self, leaves: Sequence[Tensor]) -> ParamGroup:
        ids = {id(leaf) for leaf in leaves}
        for at, kind in enumerate(self._kinds):
            known = {id(leaf) for leaf in kind}
            if ids == known or (self._merged and ids <= known):
                return self._sources.of(-at, kind)
        self._registry.look(sys._getframe(1))
        at = self._successor(leaves)
        if at == len(self._kinds):
            self._kinds.append([])
        self._kinds[at] = list(leaves)
        if len(self._kinds) > KINDS or self._merged:
            for gone in range(1, len(self._kinds)):
                self._sources.drop(-gone)
            self._kinds, at = [self.leaves()], 0
            self._merged = True
        return self._sources.of(-at, self._kinds[at])

    def _successor(self, leaves: Sequence[Tensor]) -> int:
        """The kind whose leaves a program has put these in the place of; else a new one's."""
        shapes = [leaf.shape for leaf in leaves]
        for at, kind in enumerate(self._kinds):
            if shapes == [leaf.shape for leaf in kind] and not self._registry.holds(kind):
                return at
        return len(self._kinds)

    def _grad(self, outputs: Any, inputs: Any, seeds: Any, create: Any) -> Begun:
        if self._losses.depth or self._losses.closed:
            return
        self._clips.unseen = False
        if not create:
            self._losses.derivative_taken(outputs, inputs)
        if not self.watching or self._registry.optimizers():
            self._for_optimizers(outputs, inputs, seeds, create)
        if not self.watching:
            return
        held = [inputs] if isinstance(inputs, Tensor) else inputs
        again = inputs
        if not isinstance(held, (list, tuple, dict)):
            held = again = list(held)
        mine = False
        with self._guard("gradients that are taken"):
            mine = self._updates(held)
            if mine:
                self._settle()
                self._activations.backward_begins(outputs)
        out = yield again
        if mine:
            with self._guard("autograd.grad"):
                self._results(outputs, held, out)

    def begin(self, *given: Any) -> None:
        """autograd.grad is called, while nothing is awaited: only the loss is noted."""
        self._guard.meter.calls += 1
        if not self._losses.depth and not self._losses.closed and not busy():
            if not given[-1]:
                self._losses.derivative_taken(given[0], given[1])
            self._for_optimizers(*given)

    def over(self, token: int, done: bool) -> None:
        """It is over: nothing is to be done."""

    def _for_optimizers(self, outputs: Any, inputs: Any, seeds: Any, create: Any) -> None:
        """Gradients of parameters that an optimizer may be given: no graph is made of them."""
        if create:
            return
        first = inputs[0] if isinstance(inputs, (list, tuple)) and inputs else inputs
        with self._guard("the loss of gradients that are taken"):
            if type(first) is torch.nn.Parameter or self._stepped(first):
                self._losses.take_gradients(_only(outputs), _only(seeds))

    def _stepped(self, one: Any) -> bool:
        """Whether an optimizer has this tensor."""
        if type(one) is not Tensor or not one.is_leaf:
            return False
        groups = [
            group for optimizer in self._registry.optimizers() for group in optimizer.param_groups
        ]
        return any(one is held for group in groups for held in group["params"])

    def _updates(self, inputs: Any) -> bool:
        """Whether a program takes the gradients of its parameters, to update them."""
        if isinstance(inputs, dict) or self._leaves or self._registry.optimizers():
            return False
        return bool(inputs) and all(type(leaf) is torch.nn.Parameter for leaf in inputs)

    def _results(self, outputs: Any, leaves: Any, out: Any) -> None:
        one = outputs if isinstance(outputs, Tensor) else outputs[0]
        self._losses.note(one)
        self._take(leaves, dict(zip(map(id, leaves), out, strict=True)))


def _only(things: Any) -> Any:
    return things[0] if isinstance(things, (list, tuple)) and len(things) == 1 else things


def _distinct(leaves: Iterable[Tensor]) -> list[Tensor]:
    return list({id(leaf): leaf for leaf in leaves}.values())
