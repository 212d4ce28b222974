"""Which group of parameters each tensor of a layout is stepped in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.core.event import OptimizerGroup
from gradtui.core.layout import Layout
from gradtui.instrument.optimizer_numbers import group_settings, groups_of


def with_groups(
    layout: Layout,
    tensors: Sequence[Tensor],
    optimizers: Iterable[Optimizer],
    number: Callable[[Optimizer], int],
) -> tuple[Layout, tuple[OptimizerGroup, ...]]:
    """The layout with each tensor's group, and those groups that have any. `tensors` are those of the
    layout, in its order. Where several optimizers step a tensor it is the oldest one's: what others
    wrap comes before them."""
    place = {id(tensor): at for at, tensor in enumerate(tensors)}
    found: dict[int, int] = {}
    groups: list[OptimizerGroup] = []
    for optimizer in optimizers:
        every = groups_of(optimizer)
        for nth, group in enumerate(every):
            mine = {place[id(p)] for p in _held(group) if id(p) in place} - found.keys()
            if mine:
                found |= dict.fromkeys(mine, len(groups))
                groups.append(_described(optimizer, number(optimizer), group, nth, len(every)))
    if not groups:
        return layout, ()
    infos = [replace(info, group=found.get(at)) for at, info in enumerate(layout.tensors)]
    return replace(layout, tensors=tuple(infos)), tuple(groups)


def _held(group: dict[str, Any]) -> list[Any]:
    held = group.get("params")
    return held if type(held) is list else []


def _described(
    optimizer: Optimizer, number: int, group: dict[str, Any], place: int, count: int
) -> OptimizerGroup:
    lr = group.get("lr")  # one that is a tensor may be on a device, and is not waited for
    known = isinstance(lr, (int, float)) and isfinite(lr)
    return OptimizerGroup(
        optimizer=number,
        name=type(optimizer).__name__,
        place=place,
        count=count,
        lr=float(lr) if known else None,  # type: ignore[arg-type]  # a number, as it is known
        settings=group_settings(group),
    )
