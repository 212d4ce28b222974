"""Whether the kernels of `gpu_kernels` do on a device what they should: tried once, on numbers whose
statistics are known, before any gradient is given to them."""

import os
from importlib.util import find_spec
from math import isclose, sqrt
from typing import Any

import torch

from gradtui.stats.gpu_pass import CudaGpu, Gpu, GpuPass
from gradtui.stats.reduction import ABS_MAX, NONFINITE, NONZEROS, NORM, SUM

WISH = "GRADTUI_WATCH_KERNELS"
"""With "0" no kernels of ours run."""

_found: dict[tuple[torch.device, bool], Gpu | None] = {}
SIZE = 20_000
"""Elements of a trial's tensors: more than one chunk."""
VALUES = (
    (3.0, torch.float32),
    (2.0**-140, torch.float32),
    (2.0**126, torch.float32),
    (-(2.0**-10), torch.bfloat16),
    (0.0, torch.float16),
    (1.0, torch.float64),
    (2.0**-600, torch.float64),
)
"""What each of them is filled with; float64 has kernels of its own."""


def gpu_for(device: torch.device, *, wide: bool = False) -> Gpu | None:
    """The device, where it is one that kernels run on and give what they should. `wide`: those for
    float64, which are compiled only where they are needed."""
    if device.type != "cuda":
        return None
    if (device, wide) not in _found:
        _found[device, wide] = _tried(device, wide)
    return _found[device, wide]


def _tried(device: torch.device, wide: bool) -> Gpu | None:
    # Interpreted, kernels would take seconds a step.
    interpreted = os.environ.get("TRITON_INTERPRET", "0") not in ("", "0")
    if interpreted or os.environ.get(WISH) == "0" or find_spec("triton") is None:
        return None
    try:
        gpu = CudaGpu(device)
        # On a stream of its own: what the program has asked of the device is not waited for.
        stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream), torch.no_grad(), torch.inference_mode(False):
            good = agrees(device, gpu, wide=wide)
    except Exception:
        # No compiler, an old driver, a GPU that Triton does not know: a hundred kinds of error.
        return None
    return gpu if good else None


def agrees(device: torch.device, gpu: Gpu, *, wide: bool = False) -> bool:
    """Whether all kernels of one kind give what is known. Waits until they have."""
    given = [(v, kind) for v, kind in VALUES if (kind == torch.float64) is wide]
    values = [value for value, _ in given]
    tensors = [torch.full((SIZE,), value, dtype=kind, device=device) for value, kind in given]
    tensors[0][7:8].fill_(torch.inf)
    shapes = {i: tensor.shape for i, tensor in enumerate(tensors)}
    types = {i: tensor.dtype for i, tensor in enumerate(tensors)}
    one = GpuPass(shapes, types, dict.fromkeys(shapes, 3), device, gpu)
    kept = one.copy(tensors, one.copy(tensors).fill_(torch.nan))
    found = [one.statistics(tensors).clone(), one.changes([2 * t for t in tensors], kept).clone()]
    found.append(one.histogram(tensors).sum(1))
    stats, changes, counted = (gpu.fetch(tensor.double()) for tensor in found)
    for i, value in enumerate(values):
        lost = int(i == 0)  # an element of it is infinite
        norm = abs(value) * sqrt(SIZE)
        wanted = {
            NORM: torch.inf if lost else norm,
            ABS_MAX: torch.inf if lost else abs(value),
            NONZEROS: SIZE if value else 0,
            NONFINITE: lost,
            SUM: torch.inf if lost else value * SIZE,
        }
        if not all(isclose(stats[line, i], wanted[line], rel_tol=1e-6) for line in wanted):
            return False
        if int(counted[i]) != (SIZE - lost if value else 0):
            return False
        if not (lost or isclose(changes[i], norm, rel_tol=1e-6)):
            return False
    return True
