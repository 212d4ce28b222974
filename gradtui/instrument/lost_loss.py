"""The loss that a program has stopped at, before its backward pass: nothing but the program's own variables
holds it."""

from collections.abc import Iterable
from math import isfinite
from types import FrameType, TracebackType

from torch import Tensor

from gradtui.instrument.frame_variables import variables
from gradtui.nan_trace.source_lines import theirs
from gradtui.patching.own_errors import suppress_own
from gradtui.patching.torch_modes import Unseen

NAME = "loss"
"""What it is mostly called."""
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


def lost_loss(frames: Iterable[FrameType]) -> Tensor | None:
    """Of the variables in these, one that is a single number with a graph, and not finite; one that is called
    a loss before others of the same frame."""
    for frame in frames:
        with suppress_own:
            held = {name: one for name, one in variables(frame).items() if _lost(one)}
            if held:
                found: Tensor = held[min(held, key=lambda name: NAME not in name.lower())]
                return found
    return None


def _lost(thing: object) -> bool:
    if type(thing) is not Tensor or thing.grad_fn is None or thing.numel() != 1:
        return False
    with Unseen():
        real = thing.is_floating_point() and not thing.is_meta
        return bool(real) and not isfinite(thing.detach().item())
