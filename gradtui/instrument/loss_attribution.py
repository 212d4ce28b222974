"""Which optimizers' gradients a backward pass has added to, read off a few gradients of each.

A pass that left all of an optimizer's alone is no part of what that one steps on; nor is one whose
gradients were cleared before the next pass, as where a program gives a batch up.
"""

import weakref
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

PROBES = 4
"""Gradients of one optimizer that are looked at."""
MOST = 8
"""Optimizers; where there are more none is looked at."""
SMALL = 1 << 14
"""Elements of a gradient that is looked into, at most."""
State = tuple[tuple[int, int] | None, ...]
"""Which gradient each probe has, and how often that was changed."""


class Reached(NamedTuple):
    """Ids of optimizers: `missed` by the pass that is over, `begun` anew by it, so that passes before it
    count for nothing, and `every` one."""

    missed: frozenset[int]
    begun: frozenset[int]
    every: frozenset[int]


NOBODY = Reached(frozenset(), frozenset(), frozenset())


class LossAttribution:
    """`begins` and `ends` around each backward pass. `optimizers` are those that there are."""

    def __init__(self, optimizers: Callable[[], Sequence[Optimizer]]) -> None:
        self._optimizers = optimizers
        self.earlier = 0
        """Passes before the one that is under way."""
        self.looked = 0
        """Optimizers that are looked at in it."""
        self._probes: dict[int, tuple[int, list[weakref.ref[Tensor]]]] = {}
        self._after: dict[int, State] = {}
        self._before: dict[int, tuple[State, bool]] = {}
        """What gradients are before the pass, and whether they are all cleared."""

    def forget(self) -> None:
        self._probes, self._after, self._before = {}, {}, {}

    def begins(self, earlier: int) -> None:
        found, after = self._optimizers(), self._after
        self.earlier, self._before = earlier, {}
        self.looked = len(found) if len(found) <= MOST else 0
        if not self.looked:
            return
        if len(self._probes) > len(found):
            self._probes = {key: self._probes[key] for key in map(id, found) if key in self._probes}
        for optimizer in found:
            key = id(optimizer)
            grads = _grads(self._of(optimizer))
            state = _state(grads)
            clear = not any(state) or (state != after.get(key) and not any(map(_counts, grads)))
            self._before[key] = state, clear

    def ends(self) -> Reached:
        before, self._before, self._after = self._before, {}, {}
        missed, begun, added = [], [], False
        for optimizer in self._optimizers() if before else ():
            key = id(optimizer)
            known = self._probes.get(key)
            if known is None:
                continue
            state = _state(_grads(known[1]))
            self._after[key] = state
            if key not in before or not any(state):
                continue  # nothing can be told: somebody may take gradients away in the pass
            earlier, clear = before[key]
            added |= state != earlier
            if state == earlier:
                missed.append(key)
            elif clear:
                begun.append(key)
        if not added:  # it has reached something else: whose, nobody knows
            missed = []
        if not (missed or begun):
            return NOBODY
        return Reached(frozenset(missed), frozenset(begun), frozenset(before))

    def _of(self, optimizer: Optimizer) -> list[weakref.ref[Tensor]]:
        groups: list[dict[str, Any]] = optimizer.param_groups
        count = sum(len(group["params"]) for group in groups)
        known = self._probes.get(id(optimizer))
        if known is None or known[0] != count:
            held = [p for p in chain(*(group["params"] for group in groups)) if p.requires_grad]
            refs = [weakref.ref(min(part, key=Tensor.numel)) for part in _parts(held)]
            known = self._probes[id(optimizer)] = count, refs
        return known[1]


def _parts(held: list[Tensor]) -> list[list[Tensor]]:
    """Up to `PROBES` stretches of about the same length."""
    size = -(-len(held) // PROBES)
    return [held[begin : begin + size] for begin in range(0, len(held), size)] if held else []


def _grads(probes: Sequence[weakref.ref[Tensor]]) -> list[Tensor | None]:
    return [None if (tensor := ref()) is None else tensor.grad for ref in probes]


def _state(grads: Sequence[Tensor | None]) -> State:
    return tuple(None if grad is None else (id(grad), grad._version) for grad in grads)


def _counts(grad: Tensor | None) -> bool:
    """Whether it is there and not zero, or may be: none is waited for."""
    if grad is None:
        return False
    plain = type(grad) is Tensor and grad.is_cpu and grad.layout is torch.strided
    return not plain or grad.numel() > SMALL or bool(grad.any())
