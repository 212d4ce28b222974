"""Reads one step's gradients, weights and activations, and hands over snapshots.

The probe only looks: no tensor of the run is changed, no random number drawn, and on CUDA nothing
waits for the device, so that snapshots may come out a few steps later.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.core.autopsy import Autopsy
from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import Act, Grad, Snapshot
from gradtui.lab.activations import ActivationWatch
from gradtui.lab.models.recurrent import Recurrent
from gradtui.lab.models.rows import Network
from gradtui.stats.host_copy import HostCopy
from gradtui.stats.nonfinite import first_nonfinite
from gradtui.stats.step_tensors import StepTensors, tables


@dataclass(frozen=True, slots=True)
class Cadence:
    """Every how many steps the dearer statistics are taken; the first steps always have them."""

    weights: int = 10
    activations: int = 10
    histograms: int = 50
    always: int = 3

    def due(self, step: int, every: int) -> bool:
        return step < self.always or step % every == 0


@dataclass(frozen=True, slots=True)
class StepContext:
    """What the training loop knows of a step without asking the device."""

    run: int
    step: int
    lr: float
    loss_scale: float
    skipped: bool
    unscaled: bool
    began: float
    """time.perf_counter() at the start of the step."""
    autopsy: Autopsy | None = None
    """What running the step once more has found, if it was seen not to be finite."""


class Probe:
    """Call in this order at each step: `before_forward`, `after_forward`, `gradients` (they are
    unscaled and not yet clipped), `before_update`, `after_update`; `ready` yields what has arrived.
    """

    def __init__(
        self,
        network: Network,
        parameters: Sequence[Tensor],
        device: torch.device,
        cadence: Cadence | None = None,
    ) -> None:
        self.layout: Layout = network.layout()
        self.cadence = cadence or Cadence()
        self._network = network
        self._device = device
        self._parameters = self._in_layout_order(parameters)
        hidden_states = [t.role == "hidden" for t in self.layout.tensors]
        self._hidden = sum(hidden_states)
        """Hidden states, which come before all parameters: a slice tells them, and nothing waits."""
        assert all(hidden_states[: self._hidden])
        shapes: list[Tensor] = []
        owned = iter(self._parameters)
        for tensor, hidden in zip(self.layout.tensors, hidden_states, strict=True):
            like = torch.empty(tensor.shape, device=device, dtype=parameters[0].dtype)
            shapes.append(like if hidden else next(owned))
        self._tensors = StepTensors(self._parameters, shapes)
        self._places = np.arange(len(shapes))
        self._copy: HostCopy[tuple[StepContext, float, float]] = HostCopy(device)
        self._watch: ActivationWatch | None = None
        self._parts: dict[str, Tensor] = {}
        self._remembered = False
        self._spent = 0.0
        self._late = 0.0

    def _in_layout_order(self, parameters: Sequence[Tensor]) -> list[Tensor]:
        """The optimizer's tensors (masters where there are any) in the order of the layout."""
        position = {id(p): i for i, p in enumerate(self._network.module.parameters())}
        return [
            parameters[position[id(tensor)]]
            for row in self._network.rows
            for _, tensor, _, _ in row.parameters
        ]

    def before_forward(self, step: int) -> None:
        began = time.perf_counter()
        self._spent = 0.0
        self._parts = {}
        if self.cadence.due(step, self.cadence.activations):
            self._watch = ActivationWatch(self._network.rows)
        self._spent += time.perf_counter() - began

    def after_forward(self, loss: Tensor, right: Tensor | None) -> None:
        began = time.perf_counter()
        if isinstance(self._network.module, Recurrent):
            for states in self._network.module.states:
                for state in states:
                    if state.requires_grad:
                        state.retain_grad()
        self._parts["loss"] = loss.detach().double()
        if right is not None:
            self._parts["accuracy"] = right.double()
        self._spent += time.perf_counter() - began

    @torch.no_grad()
    def gradients(self, step: int, signal_scale: float = 1.0) -> None:
        """Measure what `.grad` holds now. Hidden states' signals still carry `signal_scale`."""
        began = time.perf_counter()
        grads = self._gradients()
        due = self.cadence.due(step, self.cadence.histograms)
        self._parts |= self._tensors.gradients(grads, counts=True, histograms=due)
        table = self._parts["grads"]
        if signal_scale != 1.0 and self._hidden:
            for column in (Grad.NORM, Grad.ABS_MAX, Grad.SUM):
                table[: self._hidden, column] /= signal_scale
        if self._watch is not None:
            self._watch.detach()
            acts = self._watch.collect(self._device)
            acts[:, Act.SIGNAL] /= signal_scale
            quiet = acts.new_full((self._network.steps, Act.COLUMNS), float("nan"))
            self._parts["activations"] = torch.cat([quiet, acts])
            self._watch = None
        self._spent += time.perf_counter() - began

    def broken(self) -> bool:
        """Whether loss or gradients of this step are not finite. Only a CPU need not be waited for."""
        if self._device.type != "cpu":
            return False
        counts = self._parts["grads"][:, Grad.NONFINITE]
        return bool((counts > 0).any()) or not bool(torch.isfinite(self._parts["loss"]))

    def _gradients(self) -> list[Tensor | None]:
        """Gradients in layout order. A hidden state that the loss does not reach (truncation) has a
        signal of zero; a parameter without gradient stays None."""
        found: list[Tensor | None] = []
        if isinstance(self._network.module, Recurrent):
            for states in self._network.module.states:
                for state in states:
                    grad = state.grad
                    found.append(torch.zeros_like(state) if grad is None else grad)
        found += [p.grad for p in self._parameters]
        return found

    def clipped(self, factor: Tensor | None) -> None:
        if factor is not None:
            self._parts["clip"] = factor.double()

    def before_update(self, step: int) -> None:
        began = time.perf_counter()
        due = self.cadence.due(step, self.cadence.weights)
        if due:
            self._tensors.remember(self._parameters)
        self._remembered = due
        self._spent += time.perf_counter() - began

    @torch.no_grad()
    def after_update(self, context: StepContext, optimizer: Optimizer) -> None:
        began = time.perf_counter()
        if self._remembered:
            states = self._tensors.states(self._parameters, optimizer)
            if states is not None:
                self._parts["states"] = states
            self._parts["weights"] = self._tensors.weights(self._parameters)
        now = time.perf_counter()
        self._spent += now - began
        self._copy.submit((context, now - context.began, self._spent), self._parts)

    def ready(self, *, wait: bool = False) -> Iterator[Snapshot]:
        """Snapshots whose numbers have reached the host, in order; all of them where `wait`."""
        began = time.perf_counter()
        for ticket, parts in self._copy.flush() if wait else self._copy.ready():
            context, seconds, spent = ticket
            snapshot = self._snapshot(context, seconds + self._late, spent + self._late, parts)
            # What handing over takes is only known afterwards, and so counted with the next step.
            self._late = time.perf_counter() - began
            yield snapshot
            began = time.perf_counter()

    def _snapshot(
        self, context: StepContext, seconds: float, spent: float, parts: dict[str, FloatArray]
    ) -> Snapshot:
        found = tables(self.layout, parts, self._places, np.flatnonzero(self.layout.parameters))
        loss = float(parts["loss"])
        return Snapshot(
            run=context.run,
            step=context.step,
            loss=loss,
            objective=loss,
            time=time.time(),
            grads=found.grads,
            stage="unscaled" if context.unscaled else "raw",
            accuracy=float(parts.get("accuracy", np.nan)),
            lr=context.lr,
            seconds=seconds,
            overhead=spent,
            clip_coefficient=float(parts.get("clip", np.nan)),
            loss_scale=context.loss_scale,
            skipped=context.skipped,
            weights=found.weights,
            histograms=found.histograms,
            states=found.states,
            activations=parts.get("activations"),
            nonfinite=None
            if context.skipped
            else first_nonfinite(
                self.layout, context.step, loss, found.grads, found.weights, context.autopsy
            ),
        )
