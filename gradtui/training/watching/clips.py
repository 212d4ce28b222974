"""Clipping, seen where a program calls it; the norm that it returns says how much was cut."""

import math
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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
    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._clips: list[Clip] = []

    def install(self, patches: Patches) -> None:
        module, utils = torch.nn.utils.clip_grad, torch.nn.utils
        for name, around in (("clip_grad_norm_", self._norm), ("clip_grad_value_", self._value)):
            patches.wrap(module, name, around)
            if hasattr(utils, name):
                patches.put(utils, name, getattr(module, name))

    def take(self, tensors: Iterable[int]) -> Clip | None:
        """What was done to any of these since they were last taken; the smallest factor."""
        if not self._clips:
            return None
        mine = frozenset(tensors)
        found = [clip for clip in self._clips if clip.tensors & mine]
        self._clips = [clip for clip in self._clips if not clip.tensors & mine]
        if not found:
            return None
        factors = [clip.factor for clip in found if clip.factor is not None]
        home = factors[0].device if factors else None
        least = torch.stack([f.to(home) for f in factors]).amin() if factors else None
        return Clip(mine, least)

    def forget(self) -> None:
        self._clips = []

    def _norm(
        self, original: Callable[..., Tensor], parameters: Any, *args: Any, **kwargs: Any
    ) -> Tensor:
        if torch.compiler.is_compiling():
            return original(parameters, *args, **kwargs)
        held, again = _listed(parameters)
        norm = original(again, *args, **kwargs)
        with self._quiet("clipping by norm"):
            limit = args[0] if args else kwargs["max_norm"]
            self._add(held, _factor(norm, float(limit)))
        return norm

    def _value(
        self, original: Callable[..., None], parameters: Any, *args: Any, **kwargs: Any
    ) -> None:
        if torch.compiler.is_compiling():
            return original(parameters, *args, **kwargs)
        held, again = _listed(parameters)
        original(again, *args, **kwargs)
        with self._quiet("clipping by value"):
            self._add(held, None)
        return None

    def _add(self, held: list[Any], factor: Tensor | None) -> None:
        self._clips.append(Clip(frozenset(map(id, held)), factor))
        del self._clips[:-KEPT]


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
