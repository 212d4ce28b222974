"""Steps that are replayed from a CUDA graph: no code of the program runs in them, and no hook.

While a graph is recorded it is noted what steps in it, and of which losses; the device is left alone. After
each replay gradients are read where it has left them, and the loss with them, by ordinary work on the same
stream: the next replay waits for that there, and nobody on the host does.
"""

import weakref
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.budget import Detail
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.layout_builder import LayoutBuilder
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.nested_steps import outer_steps, share
from gradtui.instrument.optimizer_hooks import OptimizerHooks
from gradtui.instrument.optimizer_steps import OptimizerSteps
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.patches import Begun, Patches


class RecordedLoss(NamedTuple):
    """A backward pass in a graph."""

    loss: weakref.ref[Tensor]


class RecordedStep(NamedTuple):
    """An optimizer's step in a graph."""

    optimizer: weakref.ref[Optimizer]
    scaled: bool
    """Whether the optimizer itself divides by the loss scale: its gradients are left multiplied."""


class DueStep(NamedTuple):
    """A step that is about to be replayed, whose gradients can be read after it."""

    optimizer: Optimizer
    source: ParamGroup
    detail: Detail | None
    """What is measured; None where it is let through."""


class GraphReplays:
    """Counts replayed steps, and has them measured as the budget allows."""

    def __init__(
        self,
        guard: ExceptionGuard,
        hooks: OptimizerHooks,
        steps: OptimizerSteps,
        layout_builder: LayoutBuilder,
        losses: LossCapture,
    ) -> None:
        self._guard, self._hooks, self._steps = guard, hooks, steps
        self._layout_builder, self._losses = layout_builder, losses
        self._graphs: weakref.WeakKeyDictionary[Any, list[RecordedLoss | RecordedStep]] = (
            weakref.WeakKeyDictionary()
        )
        """What each of them has in it, in order."""
        self._recording: list[RecordedLoss | RecordedStep] | None = None
        self._unscaled: weakref.ref[Tensor] | None = None
        """The loss that a scaler has multiplied and of which no backward pass has been recorded."""
        self.seen = False
        """Whether any step was replayed."""

    def install(self, patches: Patches) -> None:
        graph = torch.cuda.CUDAGraph
        patches.enclose(graph, "capture_begin", ("self",), self._begins)
        patches.enclose(graph, "capture_end", (), nothing, recorded=self._ends)
        patches.enclose(graph, "replay", ("self",), self._replayed)
        self._hooks.recorded = self.step_recorded
        self._losses.recorded = self.loss_recorded

    def forget(self) -> None:
        self._recording = self._unscaled = None

    def step_recorded(self, optimizer: Optimizer) -> None:
        """A step is being recorded; one within another over the same tensors is part of it."""
        with self._guard("a step that is recorded"):
            if self._recording is None or not self._hooks.watches(optimizer):
                return
            if any(one is optimizer or share(one, optimizer) for one in outer_steps(optimizer)):
                return
            scaled = vars(optimizer).get("grad_scale") is not None
            self._recording.append(RecordedStep(weakref.ref(optimizer), scaled))

    def loss_scaled(self, outputs: Any) -> None:
        """A scaler multiplies this while a graph is recorded."""
        with self._guard("a loss that is scaled in a graph"):
            if isinstance(outputs, Tensor) and outputs.numel() == 1:
                self._unscaled = weakref.ref(outputs)

    def loss_recorded(self, tensors: Any) -> None:
        """A backward pass is being recorded."""
        with self._guard("a loss in a graph"):
            one = (
                tensors[0] if isinstance(tensors, (list, tuple)) and len(tensors) == 1 else tensors
            )
            unscaled, self._unscaled = self._unscaled, None
            if self._recording is None or not isinstance(one, Tensor) or one.numel() != 1:
                return
            self._recording.append(RecordedLoss(unscaled or weakref.ref(one)))

    def _begins(self, graph: Any) -> Begun:
        with self._guard("a graph that is recorded"):
            self._recording = self._graphs[graph] = []
        yield

    def _ends(self) -> None:
        self._recording = self._unscaled = None

    def _replayed(self, graph: Any) -> Begun:
        recorded = self._graphs.get(graph)
        if not recorded:
            return
        due: dict[int, DueStep] = {}
        with self._guard("before a replay"):
            due = self._due(recorded)
        yield
        with self._guard("a replay"):
            for at, one in enumerate(recorded):
                if at in due:
                    self._steps.replayed(*due[at])
                elif isinstance(one, RecordedStep):
                    if (optimizer := one.optimizer()) is not None:
                        self._steps.replayed_unseen(optimizer)
                else:
                    self._losses.replayed(one.loss())

    def _due(self, recorded: list[RecordedLoss | RecordedStep]) -> dict[int, DueStep]:
        """By their places, the steps whose gradients will still be there when the graph has been replayed:
        no backward pass comes after them that may add to these."""
        found: dict[int, DueStep] = {}
        for at in range(len(recorded) - 1, -1, -1):
            one = recorded[at]
            if isinstance(one, RecordedLoss):
                break
            optimizer = one.optimizer()
            if optimizer is not None:
                self._tell()
                source = self._steps.replaying(optimizer)
                known = any(due.optimizer is optimizer for due in found.values())
                if source is not None and not (one.scaled or known or source.bare):
                    found[at] = self._begun(optimizer, source)
        return found

    def _begun(self, optimizer: Optimizer, source: ParamGroup) -> DueStep:
        if source.budget.left:
            return DueStep(optimizer, source, None)
        detail = source.budget.next()
        if detail.weights:
            source.remember_weights()
        return DueStep(optimizer, source, detail)

    def _tell(self) -> None:
        if not self.seen:
            self.seen = True
            self._layout_builder.tell_again()


def nothing() -> Begun:
    """Around a call at which only what is recorded matters."""
    yield
