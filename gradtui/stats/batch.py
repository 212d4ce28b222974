"""Small tensors side by side in zero-padded buffers, so that one operation reduces many."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gradtui.stats.reduction import ROW, STATS, Partials, merge_rows, reduce_rows
from gradtui.stats.widths import START_COST, by_width, rows_of


@dataclass(frozen=True, slots=True)
class PaddedRows:
    """Tensors of similar size, each in one or more whole rows of one buffer.

    `members` are indices into the plan's tensors, `places` views of the buffer in their shapes,
    `owners` [rows] the member whose row it is.
    """

    buffer: Tensor
    members: list[int]
    places: list[Tensor]
    owners: Tensor

    @classmethod
    def of(
        cls,
        members: list[int],
        shapes: Sequence[torch.Size],
        width: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> "PaddedRows":
        counts = [rows_of(shapes[i].numel(), width) for i in members]
        buffer = torch.zeros(sum(counts), width, dtype=dtype, device=device)
        parts = torch.split(buffer, counts)
        places = [
            part.view(-1)[: shapes[i].numel()].view(shapes[i])
            for part, i in zip(parts, members, strict=True)
        ]
        owners = torch.tensor(members).repeat_interleave(torch.tensor(counts)).to(device)
        return cls(buffer, members, places, owners)

    def fill(self, tensors: Sequence[Tensor | None]) -> Tensor:
        """Copy the members in, 0 where there is none, and return the buffer [rows, width]."""
        given = [tensor for i in self.members if (tensor := tensors[i]) is not None]
        places = self.places
        if len(given) < len(places):
            absent = [tensors[i] is None for i in self.members]
            torch._foreach_zero_([p for p, none in zip(places, absent, strict=True) if none])
            places = [p for p, none in zip(places, absent, strict=True) if not none]
        if given:
            torch._foreach_copy_(places, given)
        return self.buffer


class TensorBatch:
    """All small tensors of one device and working type.

    `numels` maps indices into the plan's tensors to element counts.
    """

    def __init__(
        self,
        numels: dict[int, int],
        shapes: Sequence[torch.Size],
        dtype: torch.dtype,
        device: torch.device,
        look: bool,
    ) -> None:
        self.dtype, self.device, self.look = dtype, device, look
        filled = {i: n for i, n in numels.items() if n}
        classes = by_width(filled, ROW, START_COST)
        self.rows = [PaddedRows.of(part, shapes, width, dtype, device) for width, part in classes]
        counts = {i: rows_of(filled[i], width) for width, part in classes for i in part}
        total = sum(counts.values())
        self.partials = Partials([len(rows.buffer) for rows in self.rows], dtype, device)
        # The rows of each tensor of the plan; what is missing points at the last row, of zeros.
        owned = torch.full((len(shapes), max(counts.values(), default=1)), total)
        at = 0
        for i, count in counts.items():
            owned[i, :count] = torch.arange(at, at + count)
            at += count
        self.most = owned.shape[1]
        self.owned = owned.view(-1).expand(STATS, -1).to(device)

    def reduce(self, matrices: list[Tensor], *, counts: bool) -> Tensor:
        """Matrices shaped as the buffers -> [STATS, tensors of the plan], 0 for those of other
        batches. With `counts` what the matrices held is lost."""
        parts = reduce_rows(
            matrices, self.partials, look=self.look, scratch=matrices, counts=counts
        )
        owned = parts.gather(1, self.owned)
        return owned if self.most == 1 else merge_rows(owned.view(STATS, -1, self.most), self.dtype)
