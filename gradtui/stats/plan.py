"""How a list of tensors is measured in as few operations as possible.

What costs is not arithmetic but starting it: 40 small tensors one by one take longer than a step of
a small net. Small tensors are copied into the rows of shared zero-padded buffers and reduced
together; large ones are reduced where they lie.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import cast

import torch
from torch import Tensor

from gradtui.stats.batch import TensorBatch
from gradtui.stats.reduction import Partials
from gradtui.stats.sample import sample_strides
from gradtui.stats.tensors import PLAIN_TYPES, home, is_plain, local, working_dtype

LARGE = 1 << 16
"""Elements from which a tensor is measured where it lies."""
TOGETHER = 1 << 21
"""Elements of all tensors of a CPU that are copied into shared buffers, the smallest first; the others
are measured where they lie as well, however small they are."""

_signature = attrgetter("shape", "dtype", "layout")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The tensors of one step: `held` in the plan's order, None where it is not in a batch; `alone`
    those measured one by one; `numel` [tensors] float64, NaN where there is no tensor at all."""

    held: Sequence[Tensor | None]
    alone: dict[int, Tensor]
    numel: Tensor
    absent: bool = False


class Plan:
    """Built once from tensors whose shapes, types and devices the measured ones will share.

    What does not fit the plan is measured all the same, only slower. Holds scratch memory of about
    the size of the small tensors, so one plan is not for two threads at once. `look` forces or
    forbids looking at values on the host; by default that is done on a CPU only.
    """

    def __init__(self, tensors: Sequence[Tensor], *, look: bool | None = None) -> None:
        with torch.no_grad(), torch.inference_mode(False):
            parts = [local(t) for t in tensors]
            self.signatures = [_signature(p) for p in parts]
            self.shapes = [p.shape for p in parts]
            self.look = look
            homes = [home(p.device) for p in parts]
            self.device = next((d for d in homes if d.type != "cpu"), torch.device("cpu"))
            self.numel = torch.tensor(
                [p.numel() for p in parts], dtype=torch.float64, device=self.device
            )
            small: dict[tuple[torch.device, torch.dtype], dict[int, int]] = defaultdict(dict)
            for i in _smallest(parts):
                small[homes[i], working_dtype(parts[i].dtype)][i] = parts[i].numel()
            self.batches = [
                TensorBatch(numels, self.shapes, dtype, device, self.looks(device))
                for (device, dtype), numels in small.items()
            ]
            self._places = {i: _place(parts[i]) for numels in small.values() for i in numels}
            self._alone = [i for i in range(len(parts)) if i not in self._places]
            self.strides = sample_strides({i: self.shapes[i] for i in self._alone})
            """Of tensors that are measured where they lie: every how manieth element is remembered."""
            self._partials: dict[object, Partials] = {}
            self._scratch: dict[object, Tensor] = {}

    def __len__(self) -> int:
        return len(self.shapes)

    def looks(self, device: torch.device) -> bool:
        return device.type == "cpu" if self.look is None else self.look

    def sort(self, tensors: Sequence[Tensor | None]) -> Sorted:
        if len(tensors) != len(self):
            raise ValueError(f"{len(tensors)} tensors for a plan of {len(self)}")
        if PLAIN_TYPES.issuperset(map(type, tensors)):
            given = cast("Sequence[Tensor]", tensors)
            if list(map(_signature, given)) == self.signatures:
                return Sorted(given, {i: given[i] for i in self._alone}, self.numel)
        return self._sort_one_by_one(tensors)

    def _sort_one_by_one(self, tensors: Sequence[Tensor | None]) -> Sorted:
        held: list[Tensor | None] = []
        alone: dict[int, Tensor] = {}
        numel = []
        for i, tensor in enumerate(tensors):
            part = None if tensor is None else local(tensor)
            numel.append(torch.nan if part is None else part.numel())
            if part is not None and _place(part) != self._places.get(i):
                alone[i], part = part, None
            held.append(part)
        counts = torch.tensor(numel, dtype=torch.float64)
        absent = any(tensor is None for tensor in tensors)
        return Sorted(held, alone, counts.to(self.device, non_blocking=True), absent)

    def partials(self, rows: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Partials:
        """Scratch for reducing matrices of so many rows, made once."""
        key = (rows, dtype, device)
        if key not in self._partials:
            with torch.inference_mode(False):
                self._partials[key] = Partials(rows, dtype, device)
        return self._partials[key]

    def scratch(self, numel: int, dtype: torch.dtype, device: torch.device) -> Tensor:
        """[numel] of scratch, made once for the largest asked for."""
        key = (dtype, device)
        have = self._scratch.get(key)
        if have is None or len(have) < numel:
            with torch.inference_mode(False):
                have = self._scratch[key] = torch.empty(numel, dtype=dtype, device=device)
        return have[:numel]


def _smallest(parts: Sequence[Tensor]) -> list[int]:
    """Those that are measured together, in their order."""
    small = [i for i, part in enumerate(parts) if is_plain(part) and part.numel() < LARGE]
    room, found = TOGETHER, []
    for i in sorted(small, key=lambda i: parts[i].numel()):
        if parts[i].is_cpu:
            room -= parts[i].numel()
        if room >= 0 or not parts[i].is_cpu:
            found.append(i)
    return sorted(found)


def _place(tensor: Tensor) -> object:
    """Tensors for which this is equal can be measured in each other's place in a batch."""
    plain = is_plain(tensor)
    return plain, tensor.shape, working_dtype(tensor.dtype), home(tensor.device)
