"""Statistics of dense tensors on a CPU, in as few and as short operations as can be had.

What costs on a CPU is starting operations, reading memory twice, and threads: an operation of 32,768
elements or more starts them, and on a machine whose cores are all at work each such operation waits
10 ms for its own. So small tensors are copied side by side, and those of one size reduced together;
large ones are read in pieces for which no thread is started and which stay in the cache from one
reduction to the next.

Sums of squares are float32's. Where the result says that they may have failed, a tensor has to be
measured with care (see `single`), so that norms are exact all the same. A norm that is finite says that
every element is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np
import torch
from torch import Tensor
from torch.linalg import vector_norm

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.stats.reduction import ABS_MAX, NONFINITE, NONZEROS, NORM, ROW, STATS, SUM
from gradtui.stats.tensors import flat_view, is_plain

SMALL = ROW
"""Elements up to which copying a tensor beside others costs less than an operation of its own."""
TOGETHER = 1 << 21
"""Elements of all tensors that are copied, the smallest first: what that takes in memory has an end."""
THREADS_FROM = 1 << 15
"""Elements from which an operation starts threads."""
PIECE = THREADS_FROM // ROW * ROW - ROW
"""Elements that are reduced at a time."""
LONGEST = 1 << 16
"""Elements of one sum of squares, where nothing but norms is wanted. It is right to 1e-6; to 5e-5 where
all of them are the same."""
THREADED = 1 << 22
"""Elements of a tensor from which threads are worth waiting for."""
LEAST = {torch.float32: 1e-16, torch.float64: 1e-150}
"""Of a norm over the root of the element count: below it squares may have been too small to be held.
Above it what they lose is less than 1e-6 of the norm."""
ONE = np.zeros(1, np.int64)
LOW = NONFINITE
"""The line that has the smallest values: what is not finite is counted elsewhere."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Elements of a flat tensor from `begin` on, as rows of a matrix, and where the numbers of the rows
    go: a view of each line."""

    begin: int
    shape: tuple[int, int]
    lines: tuple[Tensor, ...]
    ends: tuple[Tensor, Tensor]
    """Where the smallest and the largest value of them all go."""
    scratch: Tensor

    def of(self, flat: Tensor) -> Tensor:
        """[rows, width]"""
        at = flat.storage_offset() + self.begin
        return flat.as_strided(self.shape, (self.shape[1], 1), at)


class CpuPass:
    """`shapes` of tensors by their place among all that are measured; they are dense, not empty, and of
    one working type."""

    def __init__(self, shapes: Mapping[int, torch.Size], dtype: torch.dtype) -> None:
        self._dtype = dtype
        sizes = self._sizes = {i: shape.numel() for i, shape in shapes.items()}
        self._small = _smallest(sizes)
        beside = frozenset(self._small)
        self._middle = [i for i in sizes if sizes[i] <= LONGEST and i not in beside]
        self._large = [i for i in sizes if sizes[i] > LONGEST]
        self.large = [*self._middle, *self._large]
        """Those that are measured where they lie."""
        order = [*self._small, *self.large]
        self.members = np.array(order, np.int64)
        self._least = LEAST[dtype] * np.sqrt([sizes[i] for i in order])
        fits = dtype == torch.float32
        self._widened = np.array([fits and sizes[i] <= LONGEST for i in order], bool)
        """Those whose squares float64 holds, and that are short enough to be read in it at once."""
        rows = [-(-sizes[i] // ROW) for i in order]
        edges = list(accumulate(rows, initial=0))
        self._starts = np.array(edges[:-1], np.int64)
        self._shapes = [shapes[i] for i in self._small]
        with torch.inference_mode(False):
            self._scratch = torch.empty(PIECE, dtype=dtype)
            self._lines = torch.zeros(STATS, edges[-1], dtype=dtype)
            self._buffer = torch.zeros(sum(sizes[i] for i in self._small), dtype=dtype)
            self._places = self._views(self._buffer)
            self._cuts = list(self._small_cuts([sizes[i] for i in self._small]))
            self._matrices = [cut.of(self._buffer) for cut in self._cuts]
        self._of = {
            i: list(self._large_cuts(sizes[i], at))
            for i, at in zip(self.large, edges[len(self._small) :], strict=False)
        }

    def _views(self, buffer: Tensor) -> list[Tensor]:
        """The places of the small tensors in a buffer, in their shapes."""
        parts = torch.split(buffer, [shape.numel() for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _small_cuts(self, sizes: Sequence[int]) -> Iterator[Cut]:
        """Of the buffer: tensors of one size lie beside one another and are rows of a matrix."""
        at = begin = 0
        for size, group in groupby(sizes):
            left = len(list(group))
            while left:
                count = min(left, PIECE // size)
                yield self._cut(begin, count, size, at)
                at, begin, left = at + count, begin + count * size, left - count

    def _large_cuts(self, size: int, at: int) -> Iterator[Cut]:
        """Of one tensor, whose numbers begin at row `at`; the last row may be shorter."""
        whole = size // ROW * ROW
        for begin in range(0, whole, PIECE):
            rows = min(PIECE, whole - begin) // ROW
            yield self._cut(begin, rows, ROW, at + begin // ROW)
        if whole < size:
            yield self._cut(whole, 1, size - whole, at + whole // ROW)

    def _cut(self, begin: int, rows: int, width: int, at: int) -> Cut:
        """Whose numbers begin at row `at`."""
        lines = tuple(line[at : at + rows] for line in self._lines)
        free = self._scratch[: rows * width].view(rows, width)
        return Cut(begin, (rows, width), lines, (lines[LOW][0], lines[ABS_MAX][0]), free)

    def _fill(self, tensors: Sequence[Tensor]) -> None:
        if self._small:
            torch._foreach_copy_(self._places, [tensors[i] for i in self._small])

    def norms(self, tensors: Sequence[Tensor]) -> tuple[FloatArray, BoolArray]:
        """[members] float64 L2 norms, and [members] where they have to be taken with care instead."""
        self._fill(tensors)
        for cut, matrix in zip(self._cuts, self._matrices, strict=True):
            vector_norm(matrix, 2, dim=1, out=cut.lines[NORM])
        found = [self._lines[NORM, : len(self._small)].numpy().astype(np.float64)]
        if self._middle:
            some = [tensors[i] for i in self._middle]
            found.append(_norms_of(some, self._dtype))
        found += [large_norm(tensors[i], self._dtype) for i in self._large]
        norms = np.concatenate(found)
        unsure = self._unsure(norms)
        self._widen(tensors, norms, unsure)
        return norms, unsure

    def _unsure(self, norms: FloatArray) -> BoolArray:
        return ~((norms >= self._least) & (norms < np.inf))  # a NaN is neither

    def _widen(self, tensors: Sequence[Tensor], norms: FloatArray, unsure: BoolArray) -> None:
        """Take those again, in place, for which that is all that is needed."""
        again = self._near_zero(norms, unsure)
        if again:
            norms[again] = _norms_in_float64([tensors[i] for i in self.members[again]])
            unsure[again] = False

    def _near_zero(self, norms: FloatArray, unsure: BoolArray) -> list[int]:
        """Of the unsure ones those for which wider squares are all that is needed: in a deep net whose
        gradients vanish these are many, and each would take a dozen operations by itself."""
        found: list[int] = np.flatnonzero(unsure & self._widened & (norms < self._least)).tolist()
        return found

    def statistics(
        self, tensors: Sequence[Tensor], *, counts: bool
    ) -> tuple[FloatArray, BoolArray]:
        """[STATS, members] float64 as in `reduction`, and [members] where they have to be taken with
        care instead. Without `counts` the lines NONZEROS and SUM are not filled in."""
        self._fill(tensors)
        for cut, matrix in zip(self._cuts, self._matrices, strict=True):
            torch.amax(matrix, 1, out=cut.lines[ABS_MAX])
            torch.amin(matrix, 1, out=cut.lines[LOW])
            _sums(matrix, cut, counts)
        for i, cuts in self._of.items():
            flat = _flat(tensors[i])
            for cut in cuts:
                matrix = cut.of(flat).to(self._dtype)
                torch.aminmax(matrix, out=cut.ends)
                _sums(matrix, cut, counts)
        wide = self._lines.numpy().astype(np.float64)
        out = np.zeros((STATS, len(self.members)))
        out[NORM] = merged_norms(wide[NORM], self._starts)
        top = np.maximum(wide[ABS_MAX], -wide[LOW])
        out[ABS_MAX] = np.abs(np.maximum.reduceat(top, self._starts))
        if counts:
            out[NONZEROS] = np.add.reduceat(wide[NONZEROS], self._starts)
            out[SUM] = np.add.reduceat(wide[SUM], self._starts)
        unsure = self._unsure(out[NORM]) & (out[ABS_MAX] != 0)
        self._widen(tensors, out[NORM], unsure)
        return out, unsure

    def copied(self, left_out: Collection[int]) -> int:
        """How many tensors `copy` returns."""
        return 1 + len(self._copied(left_out))

    def _copied(self, left_out: Collection[int]) -> list[int]:
        """Large tensors that are copied, each by itself."""
        return [i for i in self._of if i not in left_out]

    def copy(
        self, tensors: Sequence[Tensor], left_out: Collection[int], reuse: list[Tensor] | None
    ) -> list[Tensor]:
        """The tensors as they are now, for `changes`, but for those in `left_out`: the small ones side
        by side, then each large one. `reuse` takes the memory of an earlier copy."""
        large = self._copied(left_out)
        if reuse is None:
            sizes = [self._sizes[i] for i in large]
            with torch.inference_mode(False):
                small = torch.empty_like(self._buffer)
                reuse = [small, *(torch.empty(size, dtype=self._dtype) for size in sizes)]
        small, *flat = reuse
        if self._small:
            torch._foreach_copy_(self._views(small), [tensors[i] for i in self._small])
        places = [piece for kept in flat for piece in torch.split(kept, PIECE)]
        if places:
            parts = [piece for i in large for piece in torch.split(_flat(tensors[i]), PIECE)]
            torch._foreach_copy_(places, parts)
        return reuse

    def changes(
        self, tensors: Sequence[Tensor], kept: list[Tensor], left_out: Collection[int]
    ) -> tuple[FloatArray, BoolArray]:
        """[members] norms of the differences from what `copy` has kept, 0 for those in `left_out`, and
        [members] where they have to be taken with care instead."""
        self._fill(tensors)
        norms = self._lines[NORM]
        norms.zero_()
        small, *flat = kept
        for cut, matrix in zip(self._cuts, self._matrices, strict=True):
            torch.sub(matrix, cut.of(small), out=cut.scratch)
            vector_norm(cut.scratch, 2, dim=1, out=cut.lines[NORM])
        large = self._copied(left_out)
        for i, before in zip(large, flat, strict=True):
            now = _flat(tensors[i])
            for cut in self._of[i]:
                torch.sub(cut.of(now), cut.of(before), out=cut.scratch)
                vector_norm(cut.scratch, 2, dim=1, out=cut.lines[NORM])
        found = merged_norms(norms.numpy().astype(np.float64), self._starts)
        unsure = self._unsure(found)
        again = [at for at in self._near_zero(found, unsure) if at < len(self._small)]
        if again:
            were = self._views(small)
            changes = torch._foreach_sub(
                [self._places[at] for at in again], [were[at] for at in again]
            )
            found[again] = _norms_in_float64(changes)
            unsure[again] = False
        return found, unsure

    def difference(
        self, tensors: Sequence[Tensor], kept: list[Tensor], at: int, left_out: Collection[int]
    ) -> Tensor:
        """[n] of one member, which is not in `left_out`, right after `changes`."""
        if at < len(self._small):
            now = self._places[at]
            begin = now.storage_offset() - self._buffer.storage_offset()
            return now.reshape(-1) - kept[0][begin : begin + now.numel()]
        large = self._copied(left_out)
        i = int(self.members[at])
        return _flat(tensors[i]).to(self._dtype) - kept[1 + large.index(i)]

    def matrices(self, tensors: Sequence[Tensor]) -> Iterator[tuple[IntArray, Tensor]]:
        """All elements, some at a time: [rows] whose they are, and [rows, n] of the working type."""
        self._fill(tensors)
        at = 0
        for matrix in self._matrices:
            yield self.members[at : at + len(matrix)], matrix
            at += len(matrix)
        for i in self._of:
            for piece in torch.split(_flat(tensors[i]), PIECE):
                yield np.array([i]), piece.unsqueeze(0).to(self._dtype)


def _sums(matrix: Tensor, cut: Cut, counts: bool) -> None:
    norm, _, nonzeros, _, total = cut.lines
    vector_norm(matrix, 2, dim=1, out=norm)
    if counts:
        torch.sum(matrix, 1, out=total)
        torch.sum(torch.ne(matrix, 0, out=cut.scratch), 1, out=nonzeros)


def _smallest(sizes: Mapping[int, int]) -> list[int]:
    """Those that are copied side by side, in order of size."""
    ordered = sorted((i for i in sizes if sizes[i] <= SMALL), key=lambda i: sizes[i])
    together = accumulate(sizes[i] for i in ordered)
    return [i for i, whole in zip(ordered, together, strict=True) if whole <= TOGETHER]


def suits(tensor: Tensor) -> bool:
    """Whether a `CpuPass` can measure it."""
    return is_plain(tensor) and tensor.is_cpu and tensor.numel() > 0


def _flat(tensor: Tensor) -> Tensor:
    """[n] side by side: a copy only where the storage is not dense in any order of dimensions."""
    return flat_view(tensor).contiguous()


def merged_norms(parts: FloatArray, starts: IntArray) -> FloatArray:
    """[parts] norms -> [starts] norms of the parts from each start up to the next, taken together. Their
    squares are float64's: what does not fit is told by an infinite or a vanishing result."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(np.add.reduceat(np.square(parts), starts)))


def large_norm(tensor: Tensor, dtype: torch.dtype) -> FloatArray:
    """[1] of a dense tensor of more than `LONGEST` elements, in squares of the working type `dtype`."""
    flat = _flat(tensor)
    at_once = len(flat) >= THREADED or torch.get_num_threads() == 1
    # Of another type all of it would be converted first.
    if at_once and len(flat) % ROW == 0 and flat.dtype == dtype:
        parts = vector_norm(flat.view(-1, ROW), 2, dim=1)
        return merged_norms(parts.numpy().astype(np.float64), ONE)
    pieces = torch.split(flat, LONGEST)
    return merged_norms(_norms_of(pieces, dtype), ONE)


def _norms_of(tensors: tuple[Tensor, ...] | list[Tensor], dtype: torch.dtype) -> FloatArray:
    """[tensors], each of `LONGEST` elements at most. Half-precision numbers near 0 are multiples of a
    few values: their squares all round the same way, so they are summed in float64."""
    half = any(tensor.dtype != dtype for tensor in tensors)
    return _wide(torch._foreach_norm(tensors, 2, torch.float64 if half else dtype))


def _norms_in_float64(tensors: Sequence[Tensor]) -> FloatArray:
    """[tensors]"""
    return _wide(torch._foreach_norm(list(tensors), 2, torch.float64))


def _wide(norms: Sequence[Tensor]) -> FloatArray:
    return torch.stack(list(norms)).numpy().astype(np.float64)
