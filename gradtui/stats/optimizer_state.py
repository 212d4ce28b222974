"""What an optimizer keeps of each tensor between two steps: moments of its gradients, as Adam's, and the
learning rate of its group.

Known by the names that torch gives them. What is kept in other forms (in 8 bits, by rows and columns) or
on another device than its tensor is left out; nothing is made, moved or waited for.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gradtui.core.snapshot import Grad, State
from gradtui.stats.measure import measure_gradients, measure_norms
from gradtui.stats.plan import Plan
from gradtui.stats.tensors import measurable

STEPS, FIRST, SECOND = "step", "exp_avg", "exp_avg_sq"


@torch.no_grad()
def measure_states(plan: Plan, tensors: Sequence[Tensor], optimizer: Any) -> Tensor | None:
    """Tensors in the plan's order and what steps them -> [tensors, State.COLUMNS] float64, on the plan's
    device. Of sharded tensors this process's shards are measured. None where there are no moments, and no
    learning rates but one."""
    held = getattr(optimizer, "state", None)
    state: dict[Any, Any] = held if held is not None and issubclass(type(held), dict) else {}
    firsts, seconds = _moments(state, tensors)
    groups = _groups(optimizer)
    kept = any(one is not None for one in firsts)
    if not kept and len(groups) < 2:
        return None
    out = plan.numel.new_full((len(plan), State.COLUMNS), torch.nan)
    if kept:
        out[:, State.STEPS] = _on_device(
            plan, [_kept(state, tensor).get(STEPS) for tensor in tensors]
        )
        first, second = measure_norms(plan, firsts), measure_gradients(plan, seconds)
        out[:, State.FIRST] = first[:, Grad.NORM]
        out[:, State.SECOND] = second[:, Grad.SUM].sqrt()
        out[:, State.NONFINITE] = first[:, Grad.NONFINITE] + second[:, Grad.NONFINITE]
    out[:, State.LR] = _on_device(plan, _rates(tensors, groups))
    return out


def _moments(
    state: dict[Any, Any], tensors: Sequence[Tensor]
) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """Both of each tensor, or None for both."""
    firsts: list[Tensor | None] = []
    seconds: list[Tensor | None] = []
    for tensor in tensors:
        held = _kept(state, tensor)
        first, second = held.get(FIRST), held.get(SECOND)
        whole = _belongs(first, tensor) and _belongs(second, tensor)
        firsts.append(first if whole else None)
        seconds.append(second if whole else None)
    return firsts, seconds


def _kept(state: dict[Any, Any], tensor: Tensor) -> dict[Any, Any]:
    kept = dict.get(state, tensor)
    return kept if kept is not None and issubclass(type(kept), dict) else {}


def _belongs(moment: Any, tensor: Tensor) -> bool:
    """Whether it is a moment of this tensor, as torch keeps them."""
    return (
        issubclass(type(moment), Tensor)
        and measurable(moment)
        and moment.is_floating_point()
        and moment.shape == tensor.shape
        and moment.device == tensor.device
    )


def _groups(optimizer: Any) -> list[dict[str, Any]]:
    groups = getattr(optimizer, "param_groups", None)
    return [one for one in groups if type(one) is dict] if type(groups) is list else []


def _rates(tensors: Sequence[Tensor], groups: Sequence[dict[str, Any]]) -> list[Any]:
    """What each tensor's group has for a learning rate."""
    place = {id(tensor): at for at, tensor in enumerate(tensors)}
    found: list[Any] = [None] * len(tensors)
    for group in groups:
        for one in group.get("params", ()):
            if id(one) in place:
                found[place[id(one)]] = group.get("lr")
    return found


def _on_device(plan: Plan, numbers: Sequence[Any]) -> Tensor:
    """Numbers, some of them tensors -> [tensors] float64 on the plan's device; NaN for what is no number, or
    would have to be waited for."""
    known = [torch.nan] * len(numbers)
    remote: dict[int, Tensor] = {}
    for at, number in enumerate(numbers):
        if isinstance(number, (int, float)):
            known[at] = float(number)
        elif isinstance(number, Tensor) and number.numel() == 1 and measurable(number):
            if number.is_cpu:
                known[at] = float(number)
            elif number.device == plan.device:
                remote[at] = number.detach().reshape(()).double()
    # Out of memory that is not pinned a copy may wait for what the device is at.
    pinned = plan.device.type == "cuda"
    host = torch.tensor(known, dtype=torch.float64, pin_memory=pinned)
    out = host.to(plan.device, non_blocking=True)
    if remote:
        out.index_copy_(0, plan.places(tuple(remote)), torch.stack(list(remote.values())))
    return out
