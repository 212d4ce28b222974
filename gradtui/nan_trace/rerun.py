"""Calls a module once more, as it was called, and talks to nobody meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.state_restoration import copied

TALKATIVE = ("torch.distributed", "deepspeed", "fairscale", "megatron")
"""Where modules come from that may talk to other processes in their forward pass."""


def refusal(module: nn.Module) -> str:
    """Why a module cannot be run once more by this process alone; "" where it can."""
    distributed = sys.modules.get("torch.distributed")
    several = (
        distributed is not None
        and distributed.is_available()
        and distributed.is_initialized()
        and distributed.get_world_size() > 1
    )
    for path, one in walk(module):
        kind = type(one)
        if "FullyShardedDataParallel" in kind.__name__ or kind.__name__.startswith("FSDP"):
            return "its parameters are sharded over several processes (FSDP)"
        if any(hasattr(type(p), "to_local") for p in (vars(one).get("_parameters") or {}).values()):
            return "its parameters are sharded over several processes"
        if several and (isinstance(one, nn.SyncBatchNorm) or kind.__module__.startswith(TALKATIVE)):
            return f"{path or kind.__name__} talks to other processes in its forward pass"
    return ""


@contextmanager
def as_called(call: Call) -> Iterator[None]:
    """Random states and autocast as when the module was called; nothing compiled; no anomaly mode;
    whoever wants to talk to other processes is refused."""
    with ExitStack() as stack:
        stack.enter_context(torch.enable_grad())
        for kind, dtype in call.stamp.autocast:
            stack.enter_context(torch.autocast(kind, dtype=dtype, cache_enabled=False))
        for kind in ("cpu", "cuda"):
            if kind not in dict(call.stamp.autocast) and torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.is_anomaly_enabled():
            stack.enter_context(torch.autograd.set_detect_anomaly(False))
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.enter_context(_direct_checkpoints())
        stack.enter_context(_alone())
        call.stamp.put_back()
        yield


def run_again(call: Call, module: nn.Module) -> Any:
    """What the module returns; within `undisturbed` and `as_called`."""
    args, kwargs = copied((call.args, call.kwargs))
    return module(*args, **kwargs)


@contextmanager
def _direct_checkpoints() -> Iterator[None]:
    """Reentrant checkpoints, which torch.autograd.grad cannot cross, call their function straight."""
    module = sys.modules.get("torch.utils.checkpoint")
    if module is None:
        yield
        return
    kind = module.CheckpointFunction
    had = "apply" in vars(kind)
    before = vars(kind).get("apply")
    kind.apply = staticmethod(lambda function, preserve, *args: function(*args))
    try:
        yield
    finally:
        if had:
            kind.apply = before
        else:
            del kind.apply


class TalksError(RuntimeError):
    """A forward pass that needs other processes."""


@contextmanager
def _alone() -> Iterator[None]:
    module = sys.modules.get("torch.distributed.distributed_c10d")
    word = "_rank_not_in_group"
    before = vars(module).get(word) if module is not None else None
    if module is None or before is None or not module.is_initialized():
        yield
        return

    def refuse(*args: Any, **kwargs: Any) -> bool:
        raise TalksError("its forward pass talks to other processes")

    setattr(module, word, refuse)
    try:
        yield
    finally:
        setattr(module, word, before)
