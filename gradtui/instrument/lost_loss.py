"""The loss that a program has stopped at, before its backward pass: nothing but the program's own variables
holds it."""

from collections.abc import Callable, Iterable
from math import isfinite
from types import FrameType, TracebackType

from torch import Tensor

from gradtui.instrument.frame_variables import variables
from gradtui.nan_trace.source_lines import theirs
from gradtui.patching.own_errors import suppress_own
from gradtui.patching.torch_modes import Unseen

NAMES = ("loss", "total", "cost", "objective", "nll", "elbo", "error")
"""What it is called, most often first."""
FRAMES = 40
"""The innermost ones of a traceback, which are looked at."""


def frames_of(trace: TracebackType | None) -> list[FrameType]:
    """Those of the program and its libraries, the innermost first."""
    found: list[FrameType] = []
    while trace is not None:
        if not theirs(str(trace.tb_frame.f_globals.get("__name__", ""))):
            found.append(trace.tb_frame)
        trace = trace.tb_next
    return found[: -FRAMES - 1 : -1]


def lost_loss(frames: Iterable[FrameType], taken: Callable[[Tensor], bool]) -> Tensor | None:
    """Of the variables in these that are called like a loss, one that is a single number on the host with a
    graph, and not finite; "loss" itself before others of the same frame. `taken`: a backward pass has begun
    at it."""
    for frame in frames:
        with suppress_own, Unseen():
            held = {
                name: one
                for name, one in variables(frame).items()
                if any(word in name.lower() for word in NAMES) and _lost(one) and not taken(one)
            }
            if held:
                found: Tensor = held[min(held, key=lambda name: NAMES[0] not in name.lower())]
                return found
    return None


def _lost(thing: object) -> bool:
    """Asked where no mode of the program sees it."""
    if type(thing) is not Tensor or thing.grad_fn is None or not thing.is_cpu:
        return False
    real = thing.is_floating_point() and thing.numel() == 1
    return bool(real) and not isfinite(thing.detach().item())
