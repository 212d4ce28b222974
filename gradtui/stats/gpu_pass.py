"""Statistics of dense tensors on a GPU, each element read once, by two launches for all of them.

The kernels are Triton's (`gpu_kernels`). Where there is none, or where they do not give what is known of
a few small tensors, there is no pass, and tensors are measured as on any accelerator. Nothing here waits
for the device but that first trial, which waits for itself alone.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from itertools import accumulate
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from gradtui.core.snapshot import HIST_BINS, HIST_LOW
from gradtui.stats.reduction import NORM, STATS

CODES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2, torch.float64: 3}
"""Types that the kernels read."""
OPTIONS = {"enable_fp_fusion": True}
"""Said because Triton 3.9 warns, into the program's output, where it is not."""
STREAMS = 4
"""Streams for which there is memory; of more the oldest is given up."""


class Gpu(Protocol):
    """A device on which kernels run."""

    @property
    def kernels(self) -> Any:
        """What `gpu_kernels` has."""

    def stream(self) -> int:
        """A number for what work given now would follow."""

    def host_memory(self, numel: int) -> Tensor:
        """[numel] int64 that may be copied to the device without waiting, and then forgotten."""

    def here(self) -> AbstractContextManager[object]:
        """Inside of it kernels run on this device."""

    def fetch(self, numbers: Tensor) -> Tensor:
        """Float64 numbers on the host; waits until the current stream has them."""


class CudaGpu:
    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.kernels: Any = import_module("gradtui.stats.gpu_kernels")

    def stream(self) -> int:
        return int(torch.cuda.current_stream(self._device).cuda_stream)

    def host_memory(self, numel: int) -> Tensor:
        # torch keeps it until the copy is over.
        return torch.empty(numel, dtype=torch.int64, pin_memory=True)

    def here(self) -> AbstractContextManager[object]:
        return cast("AbstractContextManager[object]", torch.cuda.device(self._device))

    def fetch(self, numbers: Tensor) -> Tensor:
        host = torch.empty(numbers.shape, dtype=torch.float64, pin_memory=True)
        host.copy_(numbers, non_blocking=True)
        event: Any = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()
        event.synchronize()
        return host


class Chunks:
    """Which elements of which tensor each program of a launch reads."""

    def __init__(self, numels: Sequence[int], size: int, device: torch.device) -> None:
        counts = [-(-numel // size) for numel in numels]
        self.count = sum(counts)
        owners = torch.repeat_interleave(torch.arange(len(numels)), torch.tensor(counts))
        firsts = torch.tensor(list(accumulate(counts, initial=0)))
        offsets = (torch.arange(self.count) - firsts[owners]) * size
        self.tensors = owners.to(torch.int32).to(device, non_blocking=True)
        self.offsets = offsets.to(device, non_blocking=True)
        self.firsts = firsts.to(torch.int32).to(device, non_blocking=True)


class _Room:
    """Memory on the device that one stream's launches share, in the order in which they come."""

    def __init__(
        self, members: int, parts: tuple[int, int], dtype: torch.dtype, device: torch.device
    ):
        self.table = torch.zeros(2, members, dtype=torch.int64, device=device)
        self.sent: list[int] | None = None
        """What the table says: addresses, then numbers of elements."""
        # No number may stand there that has been right once: a trial would pass by it.
        self.parts = torch.full(parts, torch.nan, dtype=dtype, device=device)
        self.out = torch.full((STATS, members), torch.nan, dtype=torch.float64, device=device)


class GpuPass:
    """`shapes` of tensors by their place among all that are measured; they are dense, not empty, on one
    `device` and of one working type. Of each every `strides`-th element is remembered."""

    def __init__(
        self,
        shapes: Mapping[int, torch.Size],
        types: Mapping[int, torch.dtype],
        strides: Mapping[int, int],
        device: torch.device,
        gpu: Gpu,
    ) -> None:
        self._gpu, self._kernels, self._device = gpu, gpu.kernels, device
        self.members = tuple(shapes)
        self._wide = types[self.members[0]] == torch.float64
        self._dtype = torch.float64 if self._wide else torch.float32
        self._numels = [shapes[i].numel() for i in self.members]
        every = [strides[i] for i in self.members]
        self._remembered = [-(-n // by) for n, by in zip(self._numels, every, strict=True)]
        factors = [(n / k) ** 0.5 for n, k in zip(self._numels, self._remembered, strict=True)]
        starts = list(accumulate(self._remembered, initial=0))
        self._size = starts.pop()
        with torch.inference_mode(False):
            codes = torch.tensor([CODES[types[i]] for i in self.members], dtype=torch.int32)
            self._codes = codes.to(device, non_blocking=True)
            self._strides = torch.tensor(every).to(device, non_blocking=True)
            self._starts = torch.tensor(starts).to(device, non_blocking=True)
            self._ones = torch.ones(len(self.members), dtype=torch.float64, device=device)
            by = torch.tensor(factors, dtype=torch.float64)
            self._factors = by.to(device, non_blocking=True)
            self._all = Chunks(self._numels, self._kernels.CHUNK, device)
            self._some = Chunks(self._remembered, self._kernels.CHUNK, device)
        self._rooms: dict[int, _Room] = {}

    def takes(self, tensor: Tensor) -> bool:
        """Whether a tensor of the shape and type that are planned for a member can be read where it lies."""
        return tensor.device == self._device and not tensor.is_neg() and is_dense(tensor)

    @torch.no_grad()
    def statistics(self, tensors: Sequence[Tensor | None]) -> Tensor:
        """[STATS, members] float64 on the device, as in `reduction`, until the next call; 0 for a tensor
        that is None."""
        with self._gpu.here():
            room = self._room(tensors, self._numels)
            return self._reduce(room, self._all, self._ones, None)

    @torch.no_grad()
    def histogram(self, tensors: Sequence[Tensor | None]) -> Tensor:
        """[members, HIST_BINS] int32 on the device, as `histogram.histogram` counts."""
        kernels = self._kernels
        with self._gpu.here():
            room = self._room(tensors, self._numels)
            out = torch.zeros(len(self.members), HIST_BINS, dtype=torch.int32, device=self._device)
            kernels.count_exponents[(self._all.count,)](
                room.table, self._codes, self._all.tensors, self._all.offsets, out,
                len(self.members), WIDE=self._wide, LOW=HIST_LOW, USED=HIST_BINS,
                BINS=kernels.BINS, CHUNK=kernels.CHUNK, BLOCK=kernels.BLOCK, **OPTIONS,
            )  # fmt: skip
        return out

    @torch.no_grad()
    def copy(self, tensors: Sequence[Tensor | None], reuse: Tensor | None = None) -> Tensor:
        """What is remembered of the tensors, for `changes`. `reuse` takes the memory of an earlier one."""
        kernels = self._kernels
        with self._gpu.here():
            room = self._room(tensors, self._remembered)
            if reuse is None:
                with torch.inference_mode(False):
                    reuse = torch.empty(self._size, dtype=self._dtype, device=self._device)
            kernels.keep_elements[(self._some.count,)](
                room.table, self._codes, self._strides, self._starts, self._some.tensors,
                self._some.offsets, reuse, len(self.members), WIDE=self._wide,
                CHUNK=kernels.CHUNK, BLOCK=kernels.BLOCK, **OPTIONS,
            )  # fmt: skip
        return reuse

    @torch.no_grad()
    def changes(self, tensors: Sequence[Tensor | None], kept: Tensor) -> Tensor:
        """[members] float64 norms of the differences from what `copy` has kept, until the next call; of
        those that were kept in part an estimate (see `sample`)."""
        with self._gpu.here():
            room = self._room(tensors, self._remembered)
            return self._reduce(room, self._some, self._factors, kept)[NORM]

    def _reduce(
        self, room: _Room, chunks: Chunks, factors: Tensor, before: Tensor | None
    ) -> Tensor:
        kernels, members = self._kernels, len(self.members)
        small, big, up, down = kernels.LIMITS[self._wide]
        kernels.reduce_chunks[(chunks.count,)](
            room.table, self._codes, self._strides, self._starts, chunks.tensors, chunks.offsets,
            room.parts if before is None else before, room.parts, members, chunks.count,
            WIDE=self._wide, CHANGE=before is not None, SMALL=small, BIG=big, UP=up, DOWN=down,
            CHUNK=kernels.CHUNK, BLOCK=kernels.BLOCK, **OPTIONS,
        )  # fmt: skip
        kernels.merge_chunks[(members,)](
            room.parts, chunks.firsts, factors, room.out, members, chunks.count,
            UP=up, DOWN=down, MERGED=kernels.MERGED, **OPTIONS,
        )  # fmt: skip
        return room.out

    def _room(self, tensors: Sequence[Tensor | None], numels: Sequence[int]) -> _Room:
        """Of the current stream, with a table of these tensors."""
        stream = self._gpu.stream()
        room = self._rooms.get(stream)
        if room is None:
            if len(self._rooms) >= STREAMS:
                del self._rooms[next(iter(self._rooms))]
            with torch.inference_mode(False):
                parts = (self._kernels.PARTS, max(self._all.count, self._some.count))
                room = _Room(len(self.members), parts, self._dtype, self._device)
            self._rooms[stream] = room
        given = [tensors[i] for i in self.members]
        addresses = [0 if tensor is None else tensor.data_ptr() for tensor in given]
        counts = [0 if t is None else n for t, n in zip(given, numels, strict=True)]
        wanted = addresses + counts
        if wanted != room.sent:
            host = self._gpu.host_memory(len(wanted))
            host.numpy()[:] = wanted
            room.table.copy_(host.view(2, -1), non_blocking=True)
            room.sent = wanted
        return room


def is_dense(tensor: Tensor) -> bool:
    """Whether its elements fill a stretch of memory, in whatever order of dimensions."""
    if tensor.is_contiguous():
        return True
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return True
