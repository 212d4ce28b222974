"""Whether a program is recording a CUDA graph: then nothing of ours may touch the device.

An allocation, a look at a number, a question to an event: each of them would end the recording with
an error in the program.
"""

from collections.abc import Generator
from typing import Any

import torch

_preparing = 0
"""Calls of make_graphed_callables under way."""


def capturing() -> bool:
    """Asked before whatever we do: while it says so, calls are handed on and steps are not counted,
    for a recording does no work itself. CUDA is never initialised by it."""
    if _preparing:
        return True
    cuda: Any = torch.cuda
    try:
        return bool(cuda.is_initialized() and cuda.is_current_stream_capturing())
    except (
        RuntimeError
    ):  # an earlier error of the device's, told again: it is the program's to handle
        return True


def prepared() -> Generator[None, Any, None]:
    """Around torch.cuda.make_graphed_callables: it runs modules and their backward passes before it
    records them, on numbers that are nobody's, and these are no steps of the program either."""
    global _preparing
    _preparing += 1
    try:
        yield
    finally:
        _preparing -= 1
