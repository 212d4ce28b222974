"""A GPU that is none: `gpu_kernels` on a CPU, by Triton's interpreter where Triton is installed, else by
numpy, reading memory by its address as they do."""

import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gradtui.core.snapshot import HIST_BINS, HIST_LOW

ADDRESSES, COUNTS = 0, 1
WIDTHS = {0: (np.float32, 4), 1: (np.uint16, 2), 2: (np.float16, 2), 3: (np.float64, 8)}


class CpuGpu:
    """Counts what it is asked to send, and on how many streams."""

    def __init__(self, kernels: Any) -> None:
        self.kernels = kernels
        self.sent = self.current = 0

    def stream(self) -> int:
        return self.current

    def host_memory(self, numel: int) -> Tensor:
        self.sent += 1
        return torch.empty(numel, dtype=torch.int64)

    def here(self) -> AbstractContextManager[object]:
        return nullcontext()

    def fetch(self, numbers: Tensor) -> Tensor:
        return numbers.to(torch.float64, copy=True)


@contextmanager
def interpreted() -> Iterator[Any]:
    """The kernels by Triton's interpreter, to be called inside of this; None without Triton."""
    if find_spec("triton") is None:
        yield None
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        # Triton's own functions, such as tl.sum, are compiled for ever where something has imported them
        # without that variable, as torch's compiler does.
        known = {name: sys.modules.pop(name) for name in _decided_on_import()}
        try:
            yield importlib.import_module("gradtui.stats.gpu_kernels")
        finally:
            for name in _decided_on_import():
                del sys.modules[name]
            sys.modules.update(known)


def _decided_on_import() -> list[str]:
    """Modules whose functions are compiled or interpreted by what is set when they are imported; an
    extension module can be imported once only."""
    return [
        name
        for name in sys.modules
        if (name == "gradtui.stats.gpu_kernels" or name.split(".")[0] == "triton")
        and not name.startswith("triton._C")
    ]


def _read(address: int, places: Any, code: int) -> Any:
    """Elements of memory, as float32 or float64."""
    kind, size = WIDTHS[code]
    found = np.empty(len(places), kind)
    if len(places):
        span = (int(places[-1]) + 1) * size
        whole = np.frombuffer((ctypes.c_char * span).from_address(address), kind)
        found[:] = whole[places]
    if code == 1:
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found if code == 3 else found.astype(np.float32)


class Launched:
    """As a kernel: `kernel[grid](...)`, once for each program."""

    def __init__(self, program: Callable[..., None]) -> None:
        self._program = program

    def __getitem__(self, grid: tuple[int]) -> Callable[..., None]:
        def launch(*words: Any, **more: Any) -> None:
            values = [w.numpy() if isinstance(w, Tensor) else w for w in words]
            with np.errstate(all="ignore"):
                for at in range(grid[0]):
                    self._program(at, *values, **more)

        return launch


def _places(chunk: int, table: Any, tensors: Any, offsets: Any, size: int) -> tuple[int, Any]:
    """The tensor of a chunk, and the places of the chunk's elements among those that are read."""
    tensor = int(tensors[chunk])
    first = int(offsets[chunk])
    return tensor, np.arange(first, min(first + size, int(table[COUNTS, tensor])))


def _reduce(
    chunk: int, table: Any, codes: Any, strides: Any, starts: Any, tensors: Any, offsets: Any,
    before: Any, parts: Any, members: int, chunks: int, **more: Any,
) -> None:  # fmt: skip
    tensor, places = _places(chunk, table, tensors, offsets, more["CHUNK"])
    by = int(strides[tensor]) if more["CHANGE"] else 1
    x = _read(int(table[ADDRESSES, tensor]), places * by, int(codes[tensor]))
    if more["CHANGE"]:
        x = x - before[int(starts[tensor]) + places]
    finite = np.isfinite(x)
    held = np.where(finite, np.abs(x), 0).astype(np.longdouble)
    # Norm and sum are kept over the largest number: by themselves they may be none that fits.
    top = held.max(initial=0) or np.longdouble(1)
    norm = np.sqrt(np.square(held / top).sum())
    total = x.sum() if not finite.all() else (x.astype(np.longdouble) / top).sum()
    line = parts.reshape(-1)[: len(PARTS) * chunks].reshape(len(PARTS), chunks)
    counts = (x != 0).sum(), (~finite).sum(), np.isnan(x).sum()
    line[:, chunk] = (norm, held.max(initial=0), *counts, total, 0, 0, 0)


PARTS = range(9)


def _merge(
    tensor: int,
    parts: Any,
    firsts: Any,
    factors: Any,
    out: Any,
    members: int,
    chunks: int,
    **_: Any,
) -> None:
    line = parts.reshape(-1)[: len(PARTS) * chunks].reshape(len(PARTS), chunks)
    norms, tops, nonzeros, lost, nans, sums = (
        line[i, firsts[tensor] : firsts[tensor + 1]].astype(np.float64) for i in range(6)
    )
    largest = tops.max(initial=0)
    norm = largest * np.sqrt(np.square(norms * (tops / (largest or 1))).sum()) * factors[tensor]
    if lost.sum():
        norm = largest = np.nan if nans.sum() else np.inf
    out[:, tensor] = (
        norm,
        largest,
        nonzeros.sum(),
        lost.sum(),
        (sums * np.where(tops > 0, tops, 1)).sum(),
    )


def _keep(
    chunk: int, table: Any, codes: Any, strides: Any, starts: Any, tensors: Any, offsets: Any,
    kept: Any, members: int, **more: Any,
) -> None:  # fmt: skip
    tensor, places = _places(chunk, table, tensors, offsets, more["CHUNK"])
    found = _read(int(table[ADDRESSES, tensor]), places * int(strides[tensor]), int(codes[tensor]))
    kept[int(starts[tensor]) + places] = found


def _count(
    chunk: int, table: Any, codes: Any, tensors: Any, offsets: Any, out: Any, members: int,
    **more: Any,
) -> None:  # fmt: skip
    tensor, places = _places(chunk, table, tensors, offsets, more["CHUNK"])
    x = _read(int(table[ADDRESSES, tensor]), places, int(codes[tensor]))
    x = x[(x != 0) & np.isfinite(x)]
    bins = np.clip(np.frexp(x)[1] - 1 - HIST_LOW, 0, HIST_BINS - 1)
    out[tensor] += np.bincount(bins, minlength=HIST_BINS).astype(np.int32)


def by_numpy() -> Any:
    """Kernels that give the same, a chunk at a time."""
    return SimpleNamespace(
        CHUNK=1000, BLOCK=0, MERGED=0, PARTS=len(PARTS), BINS=0,
        LIMITS={False: (0, 0, 0, 0), True: (0, 0, 0, 0)},
        reduce_chunks=Launched(_reduce), merge_chunks=Launched(_merge),
        keep_elements=Launched(_keep), count_exponents=Launched(_count),
    )  # fmt: skip
