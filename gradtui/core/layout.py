"""What is being watched: parameter tensors, and the rows of the screen that they belong to."""

import re
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NUMBER = re.compile(r"\d+")
UNKNOWN_SHAPE = (0,)
"""Of a tensor of which a log tells no size."""
BEFORE_NORM = "a normalisation follows: it subtracts whatever constant is added here"
"""Why the gradient of a bias is zero by construction."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One watched tensor.

    `role` is "weight", "bias", "gain" (the scale of a normalisation), "hidden" (a hidden state of
    a recurrent net, whose "gradient" is the back-propagated signal at one time step) or "total" (all
    parameters together, where a log tells no more).
    `structural_zero` says why the true gradient is zero by construction, and is empty otherwise.
    `placement` is "replica" (every rank has all of it) or "shard" (`shape` is this rank's part).
    `also` lists the other names of a tied weight. `requires_grad` as it was when the layout was made;
    None where that was not recorded. `was` is what it was called in the run's layout before, where that was
    otherwise: a model that is alone needs no name. `group` is its place in `RunInfo.groups`; None where no
    optimizer's group has it, or that is not known.
    """

    name: str
    shape: tuple[int, ...]
    row: int
    role: str = "weight"
    structural_zero: str = ""
    placement: str = "replica"
    also: str = ""
    requires_grad: bool | None = None
    was: str = ""
    group: int | None = None

    @property
    def numel(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class RowInfo:
    """One row of the depth axis, input side first: a layer, or a time step of a recurrent net."""

    name: str
    kind: str = "Linear"
    activation: str = ""
    fan_in: int = 0
    fan_out: int = 0
    turns: int = 1
    """How often in one pass it is applied to what it has made itself: the time steps of a recurrent
    cell."""


@dataclass(frozen=True)
class Layout:
    """The tensors in the order in which every measurement lists them, and their rows."""

    tensors: tuple[TensorInfo, ...]
    rows: tuple[RowInfo, ...]

    @cached_property
    def numel(self) -> FloatArray:
        """[tensors] element counts."""
        return np.array([t.numel for t in self.tensors], dtype=np.float64)

    @cached_property
    def row_of(self) -> IntArray:
        """[tensors] row index of each tensor."""
        return np.array([t.row for t in self.tensors], dtype=np.int64)

    @cached_property
    def tensors_of(self) -> tuple[tuple[int, ...], ...]:
        """[rows] the places of each row's tensors."""
        found: list[list[int]] = [[] for _ in self.rows]
        for place, tensor in enumerate(self.tensors):
            found[tensor.row].append(place)
        return tuple(map(tuple, found))

    @cached_property
    def matrices_of(self) -> tuple[tuple[int, ...], ...]:
        """[rows] the places of each row's weights that have two dimensions or more."""
        flat = [t.role == "weight" and len(t.shape) >= 2 for t in self.tensors]
        return tuple(tuple(k for k in places if flat[k]) for places in self.tensors_of)

    @cached_property
    def structural_rows(self) -> BoolArray:
        """[rows] True for those all of whose tensors have a gradient that is zero by construction."""
        zero = np.array([bool(t.structural_zero) for t in self.tensors], np.bool_)
        count = len(self.rows)
        some, others = (np.bincount(self.row_of[of], minlength=count) for of in (zero, ~zero))
        return np.asarray((some > 0) & (others == 0))

    @cached_property
    def parameters(self) -> BoolArray:
        """[tensors] True for parameters, False for hidden states, which no total norm counts."""
        return np.array([t.role != "hidden" for t in self.tensors], dtype=np.bool_)

    @cached_property
    def shards(self) -> BoolArray:
        """[tensors] True for parameters of which this rank holds a part."""
        parts = np.array([t.placement == "shard" for t in self.tensors], dtype=np.bool_)
        return parts & self.parameters

    @cached_property
    def judged(self) -> BoolArray:
        """[tensors] True where a tiny gradient would mean something.

        Biases and gains follow their layer's weights, and structural zeros are zero by design, so
        rules about depth look at weights and hidden states alone.
        """
        return np.array(
            [t.role in ("weight", "hidden") and not t.structural_zero for t in self.tensors],
            dtype=np.bool_,
        )

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """Places of the matrices that blocks which repeat have in common: of one shape, with names that
        differ in numbers alone."""
        found: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for place, tensor in enumerate(self.tensors):
            if tensor.role == "weight" and len(tensor.shape) >= 2 and not tensor.structural_zero:
                found.setdefault((NUMBER.sub("*", tensor.name), tensor.shape), []).append(place)
        return tuple(tuple(places) for places in found.values() if len(places) > 1)

    @cached_property
    def time_rows(self) -> IntArray:
        """Indices of the rows that are time steps, earliest first."""
        return np.array([i for i, r in enumerate(self.rows) if r.kind == "time"], dtype=np.int64)

    @cached_property
    def weight_rows(self) -> IntArray:
        """Indices of the rows that hold a judged weight, input side first."""
        rows = {t.row for t, j in zip(self.tensors, self.judged, strict=True) if j}
        return np.array(
            [i for i, r in enumerate(self.rows) if i in rows and r.kind != "time"], dtype=np.int64
        )
