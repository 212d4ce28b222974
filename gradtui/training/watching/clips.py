"""Clipping, seen where a program calls it; the norm that is clipped by says how much was cut."""

import math
import sys
import types
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gradtui.training.tensors import local
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet

KEPT = 64
"""Clippings remembered of parameters that nobody steps."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`factor` is None where it is not known, as for clipping by value."""

    tensors: frozenset[int]
    factor: Tensor | None


class Clips:
    """Clipping by norm is caught inside of torch's function, by whatever name that is called, and
    so is what its newer halves (get_total_norm, clip_grads_with_norm_) do."""

    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._clips: list[Clip] = []
        self.words: dict[str, str] = {}
        """How gradients were clipped last, in words, by kind."""

    def install(self, patches: Patches) -> None:
        module = torch.nn.utils.clip_grad
        inner = "_clip_grads_with_norm_" in vars(module)
        norm, around = (
            ("_clip_grads_with_norm_", self._with_norm)
            if inner
            else ("clip_grad_norm_", self._norm)
        )
        for name, function in ((norm, around), ("clip_grad_value_", self._value)):
            original = vars(module)[name]
            patches.wrap(module, name, function, idle=True)
            _replace_everywhere(patches, original, vars(module)[name])

    @property
    def description(self) -> str:
        return ", ".join(self.words.values())

    def take(self, mine: frozenset[int]) -> Clip | None:
        """What was done to any of these since they were last taken; the smallest factor."""
        if not self._clips:
            return None
        found = [clip for clip in self._clips if clip.tensors & mine]
        self.drop(mine)
        if not found:
            return None
        factors = [clip.factor for clip in found if clip.factor is not None]
        home = factors[0].device if factors else None
        least = torch.stack([f.to(home) for f in factors]).amin() if factors else None
        return Clip(mine, least)

    def drop(self, tensors: Set[int]) -> None:
        """Forget what was done to these."""
        if self._clips:
            left = [replace(clip, tensors=clip.tensors - tensors) for clip in self._clips]
            self._clips = [clip for clip in left if clip.tensors]

    def forget(self) -> None:
        self._clips = []

    def _with_norm(
        self,
        original: Callable[..., None],
        parameters: Any,
        max_norm: Any,
        total_norm: Any,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        held, again = _listed(parameters)
        original(again, max_norm, total_norm, *args, **kwargs)
        with self._quiet("clipping by norm"):
            self._add(held, "norm", float(max_norm), _factor(total_norm, float(max_norm)))

    def _norm(
        self, original: Callable[..., Tensor], parameters: Any, *args: Any, **kwargs: Any
    ) -> Tensor:
        held, again = _listed(parameters)
        norm = original(again, *args, **kwargs)
        with self._quiet("clipping by norm"):
            limit = float(args[0] if args else kwargs["max_norm"])
            self._add(held, "norm", limit, _factor(norm, limit))
        return norm

    def _value(
        self, original: Callable[..., None], parameters: Any, *args: Any, **kwargs: Any
    ) -> None:
        held, again = _listed(parameters)
        original(again, *args, **kwargs)
        with self._quiet("clipping by value"):
            limit = float(args[0] if args else kwargs["clip_value"])
            self._add(held, "value", limit, None)

    def _add(self, held: list[Any], kind: str, limit: float, factor: Tensor | None) -> None:
        if math.isfinite(limit):  # an infinite one is how people ask for the norm alone
            self.words[kind] = f"{kind} {limit:g}"
        self._clips.append(Clip(frozenset(map(id, held)), factor))
        del self._clips[:-KEPT]


def _replace_everywhere(patches: Patches, original: Any, ours: Any) -> None:
    """Modules that have imported the function, by whatever name, get ours as well."""
    for module in list(sys.modules.values()):
        if type(module) is types.ModuleType:
            words = [word for word, thing in list(vars(module).items()) if thing is original]
            for word in words:
                patches.put(module, word, ours)


def _listed(parameters: Any) -> tuple[list[Any], Any]:
    """The parameters, and what to hand on in place of them: a generator stays one."""
    if isinstance(parameters, Tensor):
        return [parameters], parameters
    held = list(parameters)
    if isinstance(parameters, types.GeneratorType):
        return held, (p for p in held)
    return held, held


def _factor(norm: Tensor, limit: float) -> Tensor | None:
    """What clip_grad_norm_ multiplies by. A norm that lies on several ranks is left alone."""
    if hasattr(type(norm), "to_local"):
        placements: Any = getattr(norm, "placements", ())
        if any(type(p).__name__ != "Replicate" for p in placements):
            return None
        norm = local(norm)
    if math.isinf(limit):
        return torch.ones_like(norm, dtype=torch.float64)
    return (limit / (norm.to(torch.float64) + 1e-6)).clamp(max=1.0)
