"""NaN capture: what models were called with in this step, looked at once if it is lost."""

import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import isfinite

from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.autopsy import Autopsy
from gradtui.core.snapshot import Grad
from gradtui.instrument.budget import Ledger
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.frame_variables import variables
from gradtui.instrument.module_tree import outermost, owned
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.instrument.parameter_names import told_apart
from gradtui.instrument.patches import Begun, Patches
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.step_records import StepRecord
from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.data_origin import made_by
from gradtui.nan_trace.examination import examine
from gradtui.nan_trace.loss_clues import LossClues
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.report import (
    NOWHERE,
    Place,
    before_step,
    by_graph,
    failed,
    located,
    of_data,
)
from gradtui.nan_trace.source_lines import (
    Around,
    installed,
    lines_by_frames,
    lines_of_classes,
    program_frames,
)
from gradtui.patching.own_errors import SuppressOwn
from gradtui.patching.torch_modes import Unseen
from gradtui.stats.host_copy import keep_inherited

OFF = "the step was not run once more, as --no-autopsy asks"
UPDATED = "loss and gradients were looked at before the update, and were finite"
TOO_LATE = (
    "by the time it was known the update had changed the weights; --catch-nan waits for each step"
)
REPLAYED = (
    "the step was replayed from a CUDA graph, in which no call can be looked at; a few steps "
    "without the graph, from the last checkpoint, would tell"
)
LATE = 3
"""Steps whose calls are kept where numbers reach the host later: without their gradients."""


class NanCapture(StepListener):
    """`enter` before the models are first called, `look` at each record before its step, `over`
    after it. Where the host has the numbers only later, `late` looks at what is left by then."""

    def __init__(
        self,
        guard: ExceptionGuard,
        registry: ObjectRegistry,
        models: Sequence[nn.Module],
        catching: Ledger | None = None,
        *,
        rerun: bool = True,
    ) -> None:
        """Without `rerun` nothing is kept and nothing of the program is ever called: only what the
        graph of a lost loss has saved is read. `catching` has norms taken at every step until a NaN is
        found; numbers on another device are waited for as long."""
        self._rerun, self._catching = rerun, catching
        self._guard, self._registry = guard, registry
        self._models = list(models)
        self._call_recorder = CallRecorder(guard.meter)
        guard.meter.resting.append(self._call_recorder.rest)
        self._clues = LossClues(
            lambda: [t for call in self._call_recorder.calls() for t in call.alive()]
        )
        self._entered: dict[int, weakref.ref[nn.Module]] = {}
        self._covered: set[int] = set()
        """Ids of parameters whose models are watched: one optimizer a parameter is no news."""
        self._past: deque[tuple[int, list[Call], int]] = deque(maxlen=LATE)
        self._done = False
        self.broken_weight: Callable[[], str] = lambda: ""
        """The name of a weight that is not finite by now, "" where there is none."""
        self.near = False
        """Whether gradients are where looking at them makes nobody wait."""

    @property
    def done(self) -> bool:
        """Whether there is nothing more to find out."""
        return self._done

    def install(self, patches: Patches) -> None:
        if not self._rerun:
            return
        patches.enclose(Optimizer, "__init__", ("self",), self._made)

    def loss_seen(self, loss: Tensor, value: float | Tensor) -> None:
        """A backward pass is about to begin."""
        if not self._done and (self._rerun or (type(value) is float and not isfinite(value))):
            self._clues.note(loss, value)

    def enter(self) -> None:
        """Watch the models that there are by now, as far as they are known or in sight."""
        if self._done or not self._rerun:
            return
        shown = [thing for _, thing in self._registry.sights()]
        seen = [thing for thing in shown if issubclass(type(thing), nn.Module)]
        roots = outermost([*self._models, *self._registry.modules(), *seen])
        new = [root for root in roots if self._known(root) is None]
        self._entered = {key: ref for key, ref in self._entered.items() if ref() is not None}
        for root in new:
            self._entered[id(root)] = weakref.ref(root)
        self._covered |= _held(new)
        self._call_recorder.watch([("", root) for root in new])

    def first_step(self) -> None:
        self.enter()

    def look(self, record: StepRecord | None) -> bool:
        """Before the update: whether the step is not finite, as far as that can be told without waiting,
        but for what is to be caught. The first one is run once more."""
        if record is None or not record.detail.norms:
            return False
        near, wait = _on_host(record), self._catches
        self.near = near or wait
        if not self.near:
            return False
        gone, loss = _arrived(record, wait=wait)
        if gone and not self._done:
            self._look_into(record, loss)
        return gone

    @property
    def _catches(self) -> bool:
        return self._catching is not None and not self._done

    def _look_into(self, record: StepRecord, loss: float | None) -> None:
        self._done = True
        if self._catching is not None:
            self._catching.every_step = False
        meter = self._guard.meter
        meter.enter()
        try:
            with SuppressOwn(self._failed):
                record.autopsy = self._examine(record.step, loss, self._call_recorder.calls())
        finally:
            self._call_recorder.close()
            self._clues.forget()
            meter.leave()

    def _failed(self, error: Exception) -> None:
        self._guard.say(f"the autopsy: {type(error).__name__}: {str(error)[:200]}")

    def late(self, step: int, phase: str, loss: float, replayed: bool = False) -> Autopsy | None:
        """The numbers of a step have arrived, and are not finite."""
        if self._done:
            return None
        self._done = True
        if replayed:
            self._call_recorder.close()
            return failed(step, REPLAYED, phase)
        if not self._rerun:
            return failed(step, OFF, phase)
        calls = next((kept for past, kept, _ in self._past if past == step), [])
        found = self._examine(step, loss, calls)
        self._past.clear()
        self._call_recorder.close()
        if found.reproduced and found.phase in ("data", "forward"):
            return found
        in_update = phase == "weights" and self._catching is not None
        return failed(step, UPDATED if in_update else TOO_LATE, phase)

    def over(self, record: StepRecord | None = None) -> None:
        """A step is over."""
        call_recorder = self._call_recorder
        kept = self._rerun and not self._done and not self._catches
        if record is not None and record.detail.norms and kept and not _on_host(record):
            calls = call_recorder.calls()
            for call in calls:
                call.inflows = {}
            self._past.append((record.step, calls, call_recorder.dropped()))
        call_recorder.over()
        self._clues.over()

    def settled(self, step: int) -> None:
        """The numbers of this step have arrived: nobody will ask for its calls again."""
        while self._past and self._past[0][0] <= step:
            self._past.popleft()

    def begin_anew(self) -> None:
        """In a forked child: calls hold tensors of the parent's device."""
        keep_inherited(list(self._past), self._call_recorder.calls())
        self.forget()

    def forget(self) -> None:
        self._past.clear()
        self._clues.forget()
        self._call_recorder.forget()

    def close(self) -> None:
        self._done = True
        self.forget()
        self._call_recorder.close()

    def _examine(self, step: int, loss: float | None, calls: Sequence[Call]) -> Autopsy:
        if not self._rerun:
            lost = loss is not None and not isfinite(loss)
            seen = self._clues if self.near else LossClues()
            found = by_graph(step, OFF, seen, lost=lost)
            place = self._place(found.operation, seen.near, None) if found.operation else NOWHERE
            return located(found, place)
        names = self._names()
        for call in calls:
            call.names = names
        clues = self._clues if self.near else None
        dropped = self._call_recorder.dropped()
        lost = loss is not None and not isfinite(loss)
        if lost and not calls and self.near and (name := self.broken_weight()):
            return before_step(step, name)
        found = examine(calls, step, loss, dropped=dropped, clues=clues, place=self._place)
        if found.phase != "data":
            return found
        made = made_by(found.inputs, program_frames(sys._getframe()), variables)
        return found if made is None else of_data(found, made)

    def _place(self, operation: str, near: Around, leaf: Tensor | None) -> Place:
        """In what runs around the step, or in the code of a module around `leaf`; else in what the
        models have beside their forward pass."""
        frames = program_frames(sys._getframe())
        written = [frame for frame in frames if not installed(frame)]
        # A library may call something by the same word, as loggers do `log`.
        told = lines_by_frames(operation, near, written, variables)
        for module in [] if leaf is None else self._around(leaf):
            own = lines_of_classes(operation, near, [type(module)])
            if own and own != told and told:
                return Place(f"{own} or {told}")
            if own:
                return Place(own, self._names().get(id(module), ""), type(module).__name__)
        roots = [root for ref in self._entered.values() if (root := ref()) is not None]
        kinds = {type(root): None for root in roots}
        told = told or lines_of_classes(operation, near, kinds)
        return Place(told or lines_by_frames(operation, near, frames, variables))

    def _around(self, leaf: Tensor) -> list[nn.Module]:
        """The modules that a trained tensor is in, the innermost first."""
        for root in [root for ref in self._entered.values() if (root := ref()) is not None]:
            found = dict(walk(root))
            for path, module in found.items():
                if any(one is leaf for one in (vars(module).get("_parameters") or {}).values()):
                    parts = path.split(".") if path else []
                    above = [".".join(parts[:n]) for n in range(len(parts), -1, -1)]
                    return [found[one] for one in above if one in found]
        return []

    def _made(self, optimizer: Optimizer) -> Begun:
        yield
        with self._guard("the models of an optimizer"):
            tensors = parameters_of(optimizer)
            if not {id(tensor) for tensor in tensors} <= self._covered:
                self.enter()

    def _known(self, root: nn.Module) -> nn.Module | None:
        ref = self._entered.get(id(root))
        return None if ref is None else ref()

    def _names(self) -> dict[int, str]:
        """Module -> path, as the layout has it: with the model's own name where there are several
        that are trained."""
        roots = [root for ref in self._entered.values() if (root := ref()) is not None]
        stepped = {id(p) for one in self._registry.optimizers() for p in parameters_of(one)}
        trained = [root for root in roots if _held([root]) & (stepped or _held([root]))]
        seen = self._registry.sights()
        told = {id(root): self._registry.word(root) for root in trained}
        words = {key: word for key, word in told.items() if word is not None}
        words |= told_apart([root for root in trained if id(root) not in words], [], seen, {})
        others = [root for root in roots if id(root) not in words]
        words |= {id(root): _word(root, seen) for root in others}
        found: dict[int, str] = {}
        for root in [*trained, *others]:
            word = words[id(root)]
            for path, module in walk(root):
                found.setdefault(id(module), f"{word}.{path}" if word and path else word or path)
        return found


def _word(root: nn.Module, seen: Iterable[tuple[str, object]]) -> str:
    return next((word for word, thing in seen if thing is root), type(root).__name__)


def _held(roots: Sequence[nn.Module]) -> set[int]:
    return {id(one.tensor) for root in roots for one in owned(root)}


def _on_host(record: StepRecord) -> bool:
    with Unseen():
        return record.detail.norms and record.parts["grads"].device.type == "cpu"


def lost(record: StepRecord) -> bool:
    """Whether loss or gradients are not finite, as far as that can be told without waiting."""
    return _on_host(record) and _arrived(record, wait=False)[0]


def _arrived(record: StepRecord, *, wait: bool) -> tuple[bool, float | None]:
    """Whether loss or gradients are not finite, and the loss where it is known; with `wait` also what
    is on another device."""
    parts = record.parts
    with Unseen():
        loss = record.loss if record.told else None
        if wait and record.later is not None and "loss" in parts:
            sums = record.later.sums(parts["loss"].detach().cpu().double().numpy())
            loss = None if sums is None else sums[0]
        skipped = parts.get("found_inf")
        if skipped is not None and (
            (skipped.device.type != "cpu" and not wait) or skipped.cpu() > 0
        ):
            return False, loss
        if loss is not None and not isfinite(loss):
            return True, loss
        return bool((parts["grads"].cpu().numpy()[:, Grad.NONFINITE] > 0).any()), loss
