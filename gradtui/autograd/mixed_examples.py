"""Whether what a net makes of one example hangs on the others of its batch, as only normalisation should.

The rows of a loss are its examples. The dimension that they lie in is followed down the graph, by the shapes
and dimensions that its nodes hold; where an operation that goes along a dimension goes along this one, or a
reshape cuts it to pieces, the examples are mixed. What cannot be followed is left alone.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

from torch import Tensor

from gradtui.autograd.loss_parts import parts_of_loss
from gradtui.autograd.node_types import (
    DISTANCES,
    LEAF,
    LIKELIHOODS,
    RESHAPES,
    below_of,
    opaque,
    shape,
    stem_of,
    words,
)
from gradtui.autograd.saved_tensors import plain
from gradtui.core.wiring import ACROSS_EXAMPLES, SOFTMAX_OVER_EXAMPLES, TORN_EXAMPLES, Faults
from gradtui.patching.own_errors import suppress_own

NODES, CHAIN = 300, 64
"""Nodes that are looked at, and between two states of a recurrence."""
FEWEST = 4
"""Examples of a batch, at least: smaller sizes are often alike by chance."""
ROWWISE = DISTANCES | words("BinaryCrossEntropyWithLogits BinaryCrossEntropy")
"""Losses that compare number by number."""
REDUCTIONS = words("Mean Sum Amax Amin Max Min Logsumexp Std Var Prod LinalgVectorNorm Norm")
SOFTMAXES = words("Softmax LogSoftmax SafeSoftmax")
SPLITS = words("Split SplitWithSizes Chunk")
MATRICES = words("Addmm Mm Linear Bmm Baddbmm Mv Dot Addmv Embedding EmbeddingBag")
RECURRENT = words("MkldnnRnnLayer CudnnRnn MiopenRnn")
ATTENTION = "ScaledDotProduct"
Sizes = tuple[int, ...]


class Rows(NamedTuple):
    """Where the examples lie: index `(outer * examples + example) * inner + rest` of dimension `dim`."""

    dim: int
    inner: int
    examples: int


class Way(NamedTuple):
    """What is followed: the examples themselves; the dimension that an attention sums over, in case it is
    theirs (`summed`); or one of two dimensions, neither of which is known to be (`maybe`)."""

    summed: bool = False
    maybe: bool = False
    crossed: str = ""
    """What to say of the recurrences that were passed, if it is the examples'."""
    columns: int = 1
    """Numbers for each example: where a loss compares number by number, rows and columns may be positions and
    examples as well."""

    @property
    def sure(self) -> bool:
        return not self.summed and not self.maybe


Place = tuple[Any, int, Rows]
"""A node, which of its outputs, and where the examples are in it."""


def mixed(loss: Tensor) -> Faults:
    """Call before backward. Nothing where the graph is not as expected."""
    with suppress_own:
        return _Search(loss.grad_fn).faults
    return ()


class _Search:
    def __init__(self, root: Any) -> None:
        self._found: dict[str, str] = {}
        self._waiting: deque[tuple[Place, Way]] = deque()
        self._seen: set[tuple[int, int, Rows, Way]] = set()
        self._kept: list[Any] = []
        """Nodes whose ids are seen: they may not become those of others."""
        for table, columns in _tables(root):
            self._go(table, Way(columns=columns))
        while self._waiting and len(self._seen) < NODES:
            self._look(*self._waiting.popleft())

    @property
    def faults(self) -> Faults:
        return tuple(self._found.items())

    def _go(self, place: Place, way: Way) -> None:
        node, at, rows = place
        key = id(node), at, rows, way
        if key in self._seen or rows.examples < FEWEST:
            return
        self._seen.add(key)
        self._kept.append(node)
        self._waiting.append((place, way))
        other = way._replace(summed=not way.summed)
        if not way.maybe and (id(node), at, rows, other) in self._seen:
            self._meet(shape(node, at), rows, way)

    def _meet(self, sizes: Sizes, rows: Rows, way: Way) -> None:
        """What is summed over are the examples; beside them there have to be positions, or the rows are
        positions of one sequence, or nodes of one graph."""
        if len(sizes) != 3 or rows.dim > 1 or sizes[1 - rows.dim] in (1, way.columns):
            return
        said = f"attention goes from each of the {rows.examples} examples of a batch to the others"
        self._found.setdefault(ACROSS_EXAMPLES, _beside(said, sizes[1 - rows.dim]))

    def _look(self, place: Place, way: Way) -> None:
        node, at, rows = place
        word, sizes = stem_of(node), shape(node, at)
        if not sizes or sizes[rows.dim] % (rows.examples * rows.inner) or opaque(word):
            return
        whole = sizes[rows.dim] == rows.examples
        if word in SOFTMAXES and whole and way.sure and way.columns == 1:
            self._softmax(node, sizes, rows)
        if word in RESHAPES:
            self._reshape(node, sizes, rows, way)
        elif word in RECURRENT:
            self._recurrence(node, at, sizes, rows, way)
        elif word == "Stack":
            self._stack(node, sizes, rows, way)
        elif word == "Convolution":
            if way.maybe and rows.dim == 0 and whole and way.crossed:
                self._found.setdefault(ACROSS_EXAMPLES, way.crossed)
            elif rows.dim == 0:
                self._on(node, 0, rows, way)
        else:
            for slot, below in _followed(node, word, sizes, rows):
                self._on(node, slot, below, way)
            if whole and way.sure:
                self._attention(node, word, rows, way)

    def _on(self, node: Any, slot: int, rows: Rows, way: Way) -> None:
        edges = node.next_functions
        if slot >= len(edges):
            return
        below, at = edges[slot]
        if below is None or stem_of(below) == LEAF:
            return
        sizes = shape(below, at)
        if rows.dim < len(sizes) and not sizes[rows.dim] % (rows.examples * rows.inner):
            self._go((below, at, rows), way)

    def _attention(self, node: Any, word: str, rows: Rows, way: Way) -> None:
        """The dimension that the values are summed over, where it has as many places as the examples."""
        slot = -1
        if word in ("Bmm", "Baddbmm") and rows.dim == 1:
            slot = len(node.next_functions) - 1
        elif word.startswith(ATTENTION) and rows.dim == 2:
            slot = 2
        if slot < 0:
            return
        sizes = _given(node.next_functions[slot])
        if len(sizes) > rows.dim and sizes[rows.dim] == rows.examples:
            self._on(node, slot, Rows(rows.dim, 1, rows.examples), way._replace(summed=True))

    def _softmax(self, node: Any, sizes: Sizes, rows: Rows) -> None:
        dim = plain(node, "dim") % len(sizes)
        others = [size for at, size in enumerate(sizes) if at != dim]
        if dim != rows.dim or prod(others) < 2 or others == [rows.examples]:
            return  # of pairs of examples either dimension may be meant
        self._found.setdefault(
            SOFTMAX_OVER_EXAMPLES,
            f"a softmax over dimension {dim} of {sizes} goes over the {rows.examples} examples of a batch",
        )

    def _reshape(self, node: Any, sizes: Sizes, rows: Rows, way: Way) -> None:
        before = _given(node.next_functions[0])
        if not before or prod(before) != prod(sizes):
            return
        moved = reshaped(before, sizes, rows)
        if moved is not None:
            self._on(node, 0, moved, way)
        elif way.sure and rows.dim == 0 and sizes[0] == rows.examples:
            self._spread(node, before, sizes, way)

    def _spread(self, node: Any, before: Sizes, sizes: Sizes, way: Way) -> None:
        """The rows lie in no single dimension of what was reshaped."""
        examples = sizes[0]
        whole = [at for at in range(1, len(before) - 1) if before[at] == examples]
        if whole and before[0] != examples and len(sizes) == 2:
            self._found.setdefault(
                TORN_EXAMPLES,
                f"{before} is reshaped to {sizes}: its {examples} examples are in dimension {whole[0]}, and "
                "each row gets parts of several",
            )
        elif len(before) > 2 and prod(before[:2]) == examples:
            for dim in (0, 1):
                self._on(node, 0, Rows(dim, 1, before[dim]), way._replace(maybe=True))

    def _recurrence(self, node: Any, at: int, sizes: Sizes, rows: Rows, way: Way) -> None:
        time = 1 if stem_of(node) != "MkldnnRnnLayer" and plain(node, "batch_first") else 0
        if at:  # the last state [examples, features], with a dimension for layers before it
            if rows.dim == len(sizes) - 2:
                self._on(node, 0, rows._replace(dim=1 - time), way)
        elif rows.dim == 1 - time:
            self._on(node, 0, rows, way)
        elif rows.dim == time and _apart(sizes, rows, way):
            said = _beside(_stepped(rows), sizes[1 - time])
            if way.sure:
                self._found.setdefault(ACROSS_EXAMPLES, said)
            elif way.maybe:
                self._on(node, 0, rows, way._replace(crossed=said))

    def _stack(self, node: Any, sizes: Sizes, rows: Rows, way: Way) -> None:
        dim = plain(node, "dim") % len(sizes)
        if dim != rows.dim:
            for slot in range(len(node.next_functions)):
                self._on(node, slot, rows._replace(dim=rows.dim - (rows.dim > dim)), way)
            return
        if not way.sure or len(sizes) < 3 or not _apart(sizes, rows, way):
            return
        first, second = (node.next_functions[slot][0] for slot in (0, 1))
        if _hangs_on(second, first) or _hangs_on(first, second):
            said = _beside(_stepped(rows), sizes[1 if dim == 0 else 0])
            self._found.setdefault(ACROSS_EXAMPLES, said)


def _apart(sizes: Sizes, rows: Rows, way: Way) -> bool:
    """Whether what lies beside the examples, in the first two dimensions, can be their positions."""
    beside = sizes[1 if rows.dim == 0 else 0]
    return sizes[rows.dim] == rows.examples and beside not in (1, way.columns)


def _stepped(rows: Rows) -> str:
    return (
        f"a recurrent layer steps from one of the {rows.examples} examples of a batch to the next"
    )


def _beside(said: str, positions: int) -> str:
    return f"{said}, and their {positions} positions lie side by side, as examples should"


def _tables(root: Any) -> Iterator[tuple[Place, int]]:
    """What a loss is made of by rows, one of them for each example; and its columns, where these may be
    examples as well."""
    for node in parts_of_loss(root):
        likelihood = stem_of(node) in LIKELIHOODS
        if likelihood or stem_of(node) in ROWWISE:
            edge = node.next_functions[0]
            sizes = _given(edge)
            if sizes and (len(sizes) < 3 or likelihood):
                columns = 1 if likelihood else prod(sizes[1:])
                yield (*edge, Rows(0, 1, sizes[0])), columns


def _given(edge: tuple[Any, int]) -> Sizes:
    """Of what an operation was given; empty where that wants no gradient, too."""
    below, at = edge
    return () if below is None else shape(below, at)


def reshaped(before: Sequence[int], after: Sequence[int], rows: Rows) -> Rows | None:
    """Where rows of a tensor lay before it was reshaped; None where that is no single dimension."""
    stride = rows.inner * prod(after[rows.dim + 1 :])
    below = 1
    for dim in range(len(before) - 1, -1, -1):
        whole = below * before[dim]
        if stride % below == 0 and stride < whole and whole % (stride * rows.examples) == 0:
            return Rows(dim, stride // below, rows.examples)
        below = whole
    return None


def _followed(node: Any, word: str, sizes: Sizes, rows: Rows) -> Iterator[tuple[int, Rows]]:
    """The inputs of an operation in which the examples lie as well, and where."""
    edges = node.next_functions
    moved = rows.dim
    if word in ("Addmm", "Mm"):
        slot = len(edges) - 2 + rows.dim
        yield slot, rows
    elif word == "Linear":
        if rows.dim < len(sizes) - 1:
            yield 0, rows
    elif word in ("Bmm", "Baddbmm"):
        slots = {0: (-2, -1), 1: (-2,), 2: (-1,)}[rows.dim]
        for slot in slots:
            yield len(edges) + slot, rows
    elif word.startswith(ATTENTION):
        for slot in (0,) if rows.dim == len(sizes) - 2 else (0, 1, 2):
            if rows.dim < len(sizes) - 1:
                yield slot, rows
    elif word in MATRICES:
        return
    elif word in ("T", "Transpose"):
        turned = [1, 0] if word == "T" else _swapped(node, len(sizes))
        yield 0, rows._replace(dim=turned[moved])
    elif word == "Permute":
        yield 0, rows._replace(dim=[dim % len(sizes) for dim in plain(node, "dims")][moved])
    elif word == "Cat" or word in SPLITS:
        if plain(node, "dim") % len(sizes) != rows.dim:
            for slot in range(len(edges)):
                yield slot, rows
    elif word in ("Select", "Unbind"):
        dim = plain(node, "dim") % (len(sizes) + 1)
        yield 0, rows._replace(dim=rows.dim + (rows.dim >= dim))
    elif word == "Index" and _picked(edges, sizes, rows):
        yield 0, rows
    elif word in REDUCTIONS and hasattr(node, "_saved_dim"):
        kept = _kept(node, len(sizes))
        if kept is not None:
            yield 0, rows._replace(dim=kept[moved])
    else:
        yield from _aligned(edges, word, sizes, rows)


def _picked(edges: Any, sizes: Sizes, rows: Rows) -> bool:
    """Whether one position of each example was picked: x[examples, lengths - 1]."""
    given = _given(edges[0])
    return rows.dim == 0 and len(given) == len(sizes) + 1 and given[0] == sizes[0]


def _swapped(node: Any, dims: int) -> list[int]:
    turned = list(range(dims))
    one, other = plain(node, "dim0") % dims, plain(node, "dim1") % dims
    turned[one], turned[other] = other, one
    return turned


def _kept(node: Any, dims: int) -> list[int] | None:
    """Of a mean, a maximum and the like: dimension of what came out -> of what went in."""
    told = plain(node, "dim")
    gone = told if isinstance(told, list) else [told]
    if not gone or any(type(dim) is not int for dim in gone):
        return None
    if plain(node, "keepdim"):
        return list(range(dims))
    before = dims + len(gone)
    out = {dim % before for dim in gone}
    return [dim for dim in range(before) if dim not in out]


def _aligned(edges: Any, word: str, sizes: Sizes, rows: Rows) -> Iterator[tuple[int, Rows]]:
    """Of what works number by number, or on each example of a stack of tables by itself."""
    for slot, edge in enumerate(edges):
        given = _given(edge)
        dim = rows.dim - (len(sizes) - len(given))
        if dim < 0 or len(given) > len(sizes) or given[dim] != sizes[rows.dim]:
            continue
        spread = all(one in (1, size) for one, size in zip(given[::-1], sizes[::-1], strict=False))
        if spread or word == "Slice" or (len(given) == len(sizes) > 2 and rows.dim == 0):
            yield slot, rows._replace(dim=dim)


def _hangs_on(node: Any, other: Any) -> bool:
    """Whether a state was made of another one, close by."""
    waiting, seen = deque([node]), 0
    while waiting and seen < CHAIN:
        at, seen = waiting.popleft(), seen + 1
        below = below_of(at)
        if any(one is other for one in below):
            return True
        waiting.extend(below)
    return False
