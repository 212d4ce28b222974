"""Numbers that modules count their own calls with: a second run has to begin where the first did."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

Place = tuple[int, str]
"""Which module, and the name in it."""


class Counters:
    """Reads numbers among the attributes and buffers of modules, and can set them back.

    `changes` is by how much a run has changed them: take `begin` before it and `end` after.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._modules = modules
        self._before: dict[Place, float] = {}
        self.changes: dict[Place, float] = {}

    def begin(self, back: dict[Place, float] | None = None) -> None:
        """`back` is subtracted first."""
        for (number, name), change in (back or {}).items():
            with suppress(Exception):
                _subtract(self._modules[number], name, change)
        self._before = self._read()

    def end(self) -> None:
        now = self._read()
        self.changes = {
            place: now[place] - value
            for place, value in self._before.items()
            if place in now and now[place] != value
        }

    def _read(self) -> dict[Place, float]:
        found = {}
        for number, module in enumerate(self._modules):
            for name, thing in _things(module).items():
                value = _number(thing)
                if value is not None:
                    found[number, name] = value
        return found


def _things(module: nn.Module) -> dict[str, Any]:
    return {**vars(module), **(vars(module).get("_buffers") or {})}


def _number(thing: Any) -> float | None:
    if type(thing) in (int, float):
        return float(thing)
    if type(thing) is Tensor and thing.numel() == 1 and not thing.is_complex():
        return float(thing.detach())
    return None


@torch.no_grad()
def _subtract(module: nn.Module, name: str, change: float) -> None:
    thing = _things(module)[name]
    if isinstance(thing, Tensor):
        thing.copy_(thing.double() - change)
    else:
        vars(module)[name] = type(thing)(thing - change)
