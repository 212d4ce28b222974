"""Clipping, seen where a program calls it; the norm that is clipped by says how much was cut."""

import math
import types
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.core.snapshot import Grad
from gradtui.core.wiring import CLIPPED_SCALED, Faults
from gradtui.instrument.backward_passes import NAN
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.loss_capture import busy
from gradtui.instrument.patches import Around, Begun, Patches
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.weak_tensors import WeakTensors
from gradtui.stats.measure import measure_norms
from gradtui.stats.plan import Plan
from gradtui.stats.tensors import local

PLANS = 4
"""Lists of tensors that are clipped in turn, of which it is known how they are measured."""
ASKED = 3
"""Calls at first of which it is asked whether they come before gradients are unscaled."""
SCALED = "gradients are clipped while they are still multiplied by the loss scale"
SEVERAL = -1
"""Stands for the tensors of clippings one after the other, and of those that say too little."""
KEPT = 64
"""Clippings remembered of parameters that nobody steps."""


@dataclass(frozen=True, slots=True)
class ClipCall:
    """`factor` and the `norm` that gradients were clipped by are None where they are not known, as for
    clipping by value: then `norms` were measured before, of `order`. `count` tensors were clipped, 0
    where some lie on several ranks, of which `tensors` have not been stepped yet."""

    tensors: frozenset[int]
    factor: Tensor | None
    norm: Tensor | None = None
    count: int = 0
    order: tuple[int, ...] = ()
    norms: Tensor | None = None
    held: WeakTensors | None = None
    """The tensors of `order`, weakly."""


class QuickClip(NamedTuple):
    """A clipping by norm of a step that is let through, to `limit`, at some `moment`; `tensors` is the
    sum of the ids of what was clipped."""

    tensors: int
    limit: float
    total: Tensor | float
    """[] their norm before."""
    version: int
    """How often that had been changed."""
    moment: tuple[int, int]


class Clips(StepListener):
    """Clipping by norm is caught inside of torch's function, by whatever name that is called, and
    so is what its newer halves (get_total_norm, clip_grads_with_norm_) do."""

    def __init__(
        self, guard: ExceptionGuard, scaled: Callable[[frozenset[int]], bool] = lambda mine: False
    ) -> None:
        """`scaled`: whether the gradients of these tensors are still multiplied by a loss scale."""
        self._guard, self._scaled = guard, scaled
        self.told: Faults = ()
        """What the first calls have shown to be put together wrongly."""
        self._asked = 0
        self._clips: list[ClipCall] = []
        self._before: dict[int, object] = {}
        """While a backward pass runs: which gradient each clipped tensor had, and its version."""
        self._plans: dict[tuple[int, ...], Plan] = {}
        """By the ids of the tensors that are clipped together."""
        self.unseen = False
        """Whether clipping since the last backward pass was not seen, as nothing was awaited."""
        guard.meter.resting.append(self._rest)
        self.moment: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """Says how many steps and backward passes there have been."""
        self._quick: QuickClip | None = None
        self._sees_all = False
        """Whether no clipping passes unseen, so that what was not clipped is known as well."""
        self.limits: dict[str, float] = {}
        """What gradients were clipped to last, by kind: "norm", "value"."""

    def install(self, patches: Patches) -> None:
        module = torch.nn.utils.clip_grad
        inner = "_clip_grads_with_norm_" in vars(module)
        name = "_clip_grads_with_norm_"
        wanted: tuple[str, ...] = ("parameters", "max_norm", "total_norm")
        around: Around = self._with_norm
        if not inner:
            name, wanted, around = "clip_grad_norm_", wanted[:2], self._norm
        self._sees_all = inner
        light = self if inner else None
        patches.enclose(module, name, wanted, around, idle=True, light=light, replaced="parameters")
        name, wanted = "clip_grad_value_", ("parameters", "clip_value")
        around = self._value
        patches.enclose(module, name, wanted, around, idle=True, light=light, replaced="parameters")

    @property
    def description(self) -> str:
        return ", ".join(f"{kind} {limit:g}" for kind, limit in self.limits.items())

    def begin(self, *given: Any) -> None:
        """Gradients are clipped while nothing is awaited: by norm, where the norm is given too."""
        parameters, limit, *norm = given
        self._guard.meter.calls += 1
        before, moment = self._quick, self.moment()
        again = before is not None and before.moment == moment
        self._quick = QuickClip(SEVERAL, NAN, NAN, 0, moment)
        total = norm[0] if norm else None
        plain = type(parameters) is list and isinstance(limit, (int, float))
        if again or not plain or type(total) is not Tensor or busy():
            return  # a mode of the program would see what is asked of the total
        if total.grad_fn is None:
            value = total.item() if total.is_cpu and total.numel() == 1 else total
            tensors, version = sum(map(id, parameters)), _version(value)
            self._quick = QuickClip(tensors, float(limit), value, version, moment)

    def over(self, token: int, done: bool) -> None: ...

    def quick(self, tensors: int) -> QuickClip | bool:
        """What was done since the last backward pass to the tensors whose ids have this sum, and to no
        others: False where nothing was, True where that is not known."""
        found, self._quick = self._quick, None
        if found is None or found.moment != self.moment():
            return bool(self.limits) and not self._sees_all
        known = found.tensors == tensors and found.version == _version(found.total)
        return found if known else True

    def take(self, mine: frozenset[int]) -> list[ClipCall]:
        """What was done to any of these since they were last taken, in order."""
        found = self.seen(mine)
        self.drop(mine)
        return found

    def seen(self, mine: frozenset[int]) -> list[ClipCall]:
        """As `take`, for somebody who may not be the one to step."""
        return [clip for clip in self._clips if clip.tensors & mine]

    def drop(self, tensors: Set[int]) -> None:
        """Forget what was done to these."""
        if self._clips:
            left = [replace(clip, tensors=clip.tensors - tensors) for clip in self._clips]
            self._clips = [clip for clip in left if clip.tensors]

    def backward_begins(self, roots: Any) -> None:
        """What it adds to is as if it had never been clipped."""
        self.unseen = False
        if self._clips:
            self._before = self._state()

    def backward_ended(self) -> None:
        """It has ended."""
        if self._before:
            now, before = self._state(), self._before
            self._before = {}
            self.drop({key for key, state in before.items() if now.get(key) != state})

    def _state(self) -> dict[int, object]:
        tensors = [t for clip in self._clips if clip.held is not None for t in clip.held.tensors()]
        return {id(t): None if t.grad is None else (id(t.grad), t.grad._version) for t in tensors}

    def _rest(self, idle: bool) -> None:
        self.unseen = True

    def forget(self) -> None:
        self._clips, self._before, self._quick = [], {}, None

    def _with_norm(self, parameters: Any, max_norm: Any, total_norm: Any) -> Begun:
        held, again = _listed(parameters)
        norms = None
        with self._guard("norms before clipping"):
            norms = None if _known(total_norm) else self._measured(held)
        yield again
        with self._guard("clipping by norm"):
            self._add(held, "norm", float(max_norm), _plain(total_norm), norms)
        self.begin(held, max_norm, total_norm)

    def _norm(self, parameters: Any, max_norm: Any) -> Begun:
        held, again = _listed(parameters)
        norm = yield again
        with self._guard("clipping by norm"):
            self._add(held, "norm", float(max_norm), _plain(norm))

    def _value(self, parameters: Any, clip_value: Any) -> Begun:
        held, again = _listed(parameters)
        norms = None
        with self._guard("norms before clipping by value"):
            norms = self._measured(held)
        yield again
        with self._guard("clipping by value"):
            self._add(held, "value", float(clip_value), None, norms)
        self.begin(held, clip_value)

    def _measured(self, held: list[Any]) -> Tensor:
        """[len(held)] L2 norms of the gradients: what by value is cut off cannot be told afterwards."""
        key = tuple(map(id, held))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= PLANS:
                del self._plans[next(iter(self._plans))]
            plan = self._plans[key] = Plan(held)
        grads = measure_norms(plan, [p.grad for p in held])
        return grads[:, Grad.NORM].clone()

    def _add(
        self,
        held: list[Any],
        kind: str,
        limit: float,
        norm: Tensor | None,
        norms: Tensor | None = None,
    ) -> None:
        if math.isfinite(limit):  # an infinite one is how people ask for the norm alone
            self.limits[kind] = limit
        order = tuple(map(id, held))
        if self._asked < ASKED:
            self._asked += 1
            if self._scaled(frozenset(order)):
                self.told = ((CLIPPED_SCALED, SCALED),)
        factor = None if norm is None else _factor(norm, limit)
        apart = any(
            hasattr(type(p), "to_local") for p in held
        )  # the norm is of other ranks' as well
        count = 0 if apart else len(order)
        again = WeakTensors([p for p in held if isinstance(p, Tensor)])
        self._clips.append(ClipCall(frozenset(order), factor, norm, count, order, norms, again))
        del self._clips[:-KEPT]


def _listed(parameters: Any) -> tuple[list[Any], Any]:
    """The parameters, and what to hand on in place of them: a generator stays one."""
    if isinstance(parameters, Tensor):
        return [parameters], parameters
    held = list(parameters)
    if isinstance(parameters, types.GeneratorType):
        return held, (p for p in held)
    return held, held


def _version(total: Tensor | float) -> int:
    """How often it has been changed, as far as that is counted."""
    return total._version if isinstance(total, Tensor) and not total.is_inference() else 0


def _known(norm: Any) -> bool:
    """Whether the norm is here: one that lies on several ranks is left alone."""
    placements: Any = getattr(norm, "placements", ()) if hasattr(type(norm), "to_local") else ()
    return all(type(p).__name__ == "Replicate" for p in placements)


def _plain(norm: Any) -> Tensor | None:
    """[] float64, where it is known."""
    if not _known(norm):
        return None
    return torch.as_tensor(local(norm)).detach().reshape(()).to(torch.float64, copy=True)


def _factor(norm: Tensor, limit: float) -> Tensor:
    """What clip_grad_norm_ multiplies by."""
    if math.isinf(limit):
        return torch.ones_like(norm)
    return (limit / (norm + 1e-6)).clamp(max=1.0)
