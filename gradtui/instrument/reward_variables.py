"""What a program holds of rewards, returns and advantages where it asks for gradients, by their names.

Looked for in the variables of the innermost frames, in what these have as attributes, and in their
dictionaries; nothing of it is kept.
"""

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gradtui.autograd.action_worth import FEWEST, Paid, kind_of
from gradtui.instrument.frame_search import within
from gradtui.instrument.frame_variables import variables
from gradtui.nan_trace.source_lines import program_frames
from gradtui.patching.own_errors import suppress_own
from gradtui.patching.torch_modes import Unseen

FRAMES = 3
"""The innermost ones: what asks for gradients, and what has called that."""
NAMES = 256
"""Variables of a frame, at most."""
MOST = 16_384
"""Numbers of one variable, at most."""
NUMBERS = (int, float, bool, np.float64, np.float32, np.int64, np.bool_)


def reward_variables() -> list[Paid]:
    """Of the frames that this is called from."""
    found: dict[str, Tensor] = {}
    with suppress_own, torch.no_grad(), Unseen():
        for frame in program_frames(sys._getframe(1))[:FRAMES]:
            for name, values in _named(variables(frame)):
                found.setdefault(name, values)
    return [Paid(name, values) for name, values in found.items()]


def _named(names: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    for name, thing in list(islice(names.items(), NAMES)):
        if name.startswith("__"):
            continue
        inner = [] if isinstance(thing, (list, Tensor)) else within(name, type(thing), thing)
        for word, one in [(name, thing), *inner]:
            values = numbers(one) if kind_of(word) else None
            if values is not None:
                yield word, values


def numbers(thing: Any) -> Tensor | None:
    """A copy in float64 of a tensor or an array on the host, or of a list of these or of numbers [entries,
    ...]; None for whatever else, and for what is too short to tell or too long."""
    if type(thing) not in (list, tuple):
        values = _copy(thing)
    elif all(type(one) in NUMBERS for one in thing[:MOST]):
        values = torch.tensor([float(one) for one in thing[:MOST]], dtype=torch.float64)
    else:
        values = _stacked([_copy(one) for one in thing[:MOST]])
    return values if values is not None and FEWEST <= values.numel() < MOST else None


def _stacked(entries: list[Tensor | None]) -> Tensor | None:
    known = [one for one in entries if one is not None]
    alike = len(known) == len(entries) and len({one.shape for one in known}) == 1
    return torch.stack(known) if alike else None


def _copy(thing: Any) -> Tensor | None:
    if type(thing) is np.ndarray:
        fits = thing.dtype.kind in "fiub" and thing.size < MOST
        return torch.from_numpy(thing.astype(np.float64)) if fits else None
    if type(thing) is not Tensor or not thing.is_cpu or thing.layout is not torch.strided:
        return None
    given = not thing.requires_grad and not thing.is_complex() and thing.numel() < MOST
    return thing.double() if given else None
