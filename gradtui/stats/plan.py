"""How a list of tensors is measured in as few operations as possible.

What costs is not arithmetic but starting it: 40 small tensors one by one take longer than a step of
a small net. On a CPU there is `cpu_pass`, on a GPU with Triton `gpu_pass`. Elsewhere small tensors are
copied into the rows of shared zero-padded buffers and reduced together; large ones are reduced where
they lie.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import cast

import torch
from torch import Tensor

from gradtui.stats.batch import TensorBatch
from gradtui.stats.cpu_pass import CpuPass, suits
from gradtui.stats.gpu_pass import CODES, GpuPass, is_dense
from gradtui.stats.gpu_trial import gpu_for
from gradtui.stats.reduction import Partials
from gradtui.stats.sample import sample_strides
from gradtui.stats.tensors import PLAIN_TYPES, home, is_plain, local, moved, working_dtype

LARGE = 1 << 16
"""Elements from which a tensor is measured where it lies."""
PRESENCES = 8
"""Sets of tensors, of those that are planned, for which there is a pass: some have no gradient at times."""

SQUARES_HELD = frozenset((torch.float32, torch.bfloat16, torch.float16))
"""Types of which float64 holds every square, and the sum of any number of them."""

_signature = attrgetter("shape", "dtype", "layout", "device")
_kind = attrgetter("device", "dtype")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The tensors of one step: `held` in the plan's order, None where it is not in a batch; `alone`
    those measured one by one; `numel` [tensors] float64, NaN where there is no tensor at all; `passes`
    measure the others of `held` on a CPU; `foreach` are those on an accelerator, `alone` or not and in no
    `GpuPass` of the plan, whose norms are taken together, a list for each device and type."""

    held: Sequence[Tensor | None]
    alone: dict[int, Tensor]
    numel: Tensor
    passes: Sequence[CpuPass] = ()
    absent: bool = False
    foreach: Sequence[tuple[int, ...]] = ()

    def at(self, i: int) -> Tensor | None:
        found = self.held[i]
        return self.alone.get(i) if found is None else found

    def of(self, one: CpuPass) -> Sequence[Tensor]:
        """Tensors by their place in the plan; those of `one` are there."""
        return cast("Sequence[Tensor]", self.held)


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
            numels = [p.numel() for p in parts]
            self.numel = moved(torch.tensor(numels, dtype=torch.float64), self.device)
            fit = [i for i, part in enumerate(parts) if suits(part) and self.looks(part.device)]
            self._fit = frozenset(fit)
            self._passes: dict[tuple[int, ...], list[CpuPass]] = {}
            self._planned = tuple(fit)
            on_gpu = self._on_gpus(parts)
            self._members = frozenset(i for members in on_gpu.values() for i in members)
            small: dict[tuple[torch.device, torch.dtype], dict[int, int]] = defaultdict(dict)
            for i, part in enumerate(parts):
                apart = i in self._members or self.looks(part.device)
                if is_plain(part) and part.numel() < LARGE and not apart:
                    small[homes[i], working_dtype(part.dtype)][i] = part.numel()
            self.batches = [
                TensorBatch(numels, self.shapes, dtype, device, self.looks(device))
                for (device, dtype), numels in small.items()
            ]
            self._places = {i: _place(parts[i]) for numels in small.values() for i in numels}
            together = {*self._places, *self._fit, *self._members}
            self._alone = [i for i in range(len(parts)) if i not in together]
            self._foreach = self._in_lists(dict(enumerate(parts)))
            large = [i for one in self.passes(self._planned) for i in one.large]
            lying = sorted([*self._alone, *large, *self._members])
            self.strides = sample_strides({i: self.shapes[i] for i in lying})
            """Of tensors that are measured where they lie: every how manieth element is remembered."""
            self.gpus = self._gpu_passes(on_gpu)
            """Those that measure `held` on a GPU."""
            self.sampled = frozenset(i for i in large if self.strides[i] > 1)
            """Those of the passes of which only some elements are remembered."""
            self._member_places: dict[tuple[int, ...], Tensor] = {}
            self._partials: dict[object, Partials] = {}
            self._scratch: dict[object, Tensor] = {}
            self.strained = False
            """Whether what was measured last has not fitted."""

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def in_one_pass(self) -> bool:
        """Whether one `CpuPass` measures all of them, and any part of them."""
        return (
            bool(self._planned)
            and len(self._fit) == len(self)
            and len(self.passes(self._planned)) == 1
        )

    @property
    def on_gpus(self) -> bool:
        """Whether passes on GPUs measure all of them."""
        return len(self._members) == len(self)

    @property
    def in_one_gpu_pass(self) -> bool:
        """Whether one `GpuPass` measures all of them."""
        return self.on_gpus and len(self.gpus) == 1

    @property
    def in_one_list(self) -> bool:
        """Whether one operation on an accelerator takes the norms of all of them."""
        return [len(members) for members in self._foreach] == [len(self)] != [0]

    def looks(self, device: torch.device) -> bool:
        return device.type == "cpu" if self.look is None else self.look

    def fits(self, tensors: Sequence[Tensor]) -> bool:
        """Whether they are of the types and shapes that were planned for."""
        return [_signature(local(t)) for t in tensors] == self.signatures

    def sort(self, tensors: Sequence[Tensor | None]) -> Sorted:
        if len(tensors) != len(self):
            raise ValueError(f"{len(tensors)} tensors for a plan of {len(self)}")
        self.strained = False
        if PLAIN_TYPES.issuperset(map(type, tensors)):
            given = cast("Sequence[Tensor]", tensors)
            if list(map(_signature, given)) == self.signatures and self.lie_there(given):
                alone = {i: given[i] for i in self._alone}
                passes = self.passes(self._planned)
                return Sorted(given, alone, self.numel, passes, foreach=self._foreach)
        return self._sort_one_by_one(tensors)

    def lie_there(self, tensors: Sequence[Tensor]) -> bool:
        """Whether those of types and shapes as planned can be read by the passes on GPUs."""
        return all(one.takes(tensors[i]) for one in self.gpus for i in one.members)

    def _sort_one_by_one(self, tensors: Sequence[Tensor | None]) -> Sorted:
        held: list[Tensor | None] = []
        alone: dict[int, Tensor] = {}
        there: dict[int, Tensor] = {}
        numel, planned = [], []
        for i, tensor in enumerate(tensors):
            part = None if tensor is None else local(tensor)
            if part is not None:
                there[i] = part
                self.strained = self.strained or _signature(part) != self.signatures[i]
            numel.append(torch.nan if part is None else part.numel())
            if part is not None and i in self._fit and _signature(part) == self.signatures[i]:
                planned.append(i)
            elif part is not None and i in self._members and self._takes(i, part):
                pass
            elif part is not None and _place(part) != self._places.get(i):
                alone[i], part = part, None
            held.append(part)
        counts = torch.tensor(numel, dtype=torch.float64)
        absent = any(tensor is None for tensor in tensors)
        passes = self.passes(tuple(planned))
        lists = self._in_lists(there) if self._foreach else ()
        return Sorted(held, alone, moved(counts, self.device), passes, absent, lists)

    def _on_gpus(
        self, parts: Sequence[Tensor]
    ) -> dict[tuple[torch.device, torch.dtype], list[int]]:
        """Those that a GPU's kernels read, by device and working type."""
        found: dict[tuple[torch.device, torch.dtype], list[int]] = defaultdict(list)
        for i, part in enumerate(parts):
            device = part.device
            if self.looks(device) or not (is_plain(part) and part.dtype in CODES and part.numel()):
                continue
            kind = working_dtype(part.dtype)
            if gpu_for(device, wide=kind == torch.float64) is not None and is_dense(part):
                found[device, kind].append(i)
        return found

    def _gpu_passes(
        self, on_gpu: Mapping[tuple[torch.device, torch.dtype], Sequence[int]]
    ) -> list[GpuPass]:
        passes = []
        for (device, kind), members in on_gpu.items():
            gpu = gpu_for(device, wide=kind == torch.float64)
            assert gpu is not None
            shapes = {i: self.shapes[i] for i in members}
            types = {i: self.signatures[i][1] for i in members}
            passes.append(GpuPass(shapes, types, self.strides, device, gpu))
        return passes

    def _takes(self, i: int, part: Tensor) -> bool:
        """Whether a member of a pass on a GPU is as planned."""
        one = next(one for one in self.gpus if i in one.members)
        return _signature(part) == self.signatures[i] and one.takes(part)

    def _in_lists(self, parts: Mapping[int, Tensor]) -> list[tuple[int, ...]]:
        """Those of which torch takes norms in one operation: of one device and type in each list."""
        lists: dict[object, list[int]] = defaultdict(list)
        for i, part in parts.items():
            device = part.device
            held = i not in self._members and is_plain(part) and part.numel()
            held = held and part.dtype in SQUARES_HELD
            if held and not self.looks(device) and home(device) == device:
                lists[_kind(part)].append(i)
        return [tuple(members) for members in lists.values()]

    def places(self, members: tuple[int, ...]) -> Tensor:
        """[members] int64 on the plan's device, made once."""
        if members not in self._member_places:
            if len(self._member_places) > PRESENCES:
                self._member_places.clear()
            with torch.inference_mode(False):
                self._member_places[members] = moved(torch.tensor(members), self.device)
        return self._member_places[members]

    def passes(self, present: tuple[int, ...]) -> Sequence[CpuPass]:
        """Those that measure these tensors, one for each working type."""
        if present not in self._passes:
            if len(self._passes) > PRESENCES:
                self._passes = {self._planned: self._passes[self._planned]}
            kinds: dict[torch.dtype, dict[int, torch.Size]] = defaultdict(dict)
            for i in present:
                kinds[working_dtype(self.signatures[i][1])][i] = self.shapes[i]
            self._passes[present] = [CpuPass(shapes, dtype) for dtype, shapes in kinds.items()]
        return self._passes[present]

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


def _place(tensor: Tensor) -> object:
    """Tensors for which this is equal can be measured in each other's place in a batch."""
    plain = is_plain(tensor)
    return plain, tensor.shape, working_dtype(tensor.dtype), home(tensor.device)
