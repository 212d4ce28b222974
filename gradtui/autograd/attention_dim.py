"""Whether the weights of an attention add up to 1 over the dimension that is kept, and not over the one that
is summed (Vaswani et al., 2017, arXiv:1706.03762, section 3.2.1): what comes out is then no mean of values.

Read off the graphs of the first losses: a softmax of square scores, which are products of two tensors, and
the product that the weights go into. The dimensions are followed through views. Weights that are used for
anything else as well, as of a division by their sums, are left alone. Of a Markov chain, whose probabilities
go on to the next state, this is right: only where queries, keys and values are made of the same tensor it is
certain.
No node is kept.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from gradtui.autograd.loss_parts import nodes_under
from gradtui.autograd.mixed_examples import Rows, reshaped
from gradtui.autograd.node_types import (
    DROPOUTS,
    LEAF,
    NORMS,
    RESHAPES,
    TURNS,
    below_of,
    shape,
    stem_of,
    words,
)
from gradtui.autograd.saved_tensors import operands, plain, saved
from gradtui.core.wiring import ATTENTION_DIM, SELF_ATTENTION_DIM, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS = 3
"""First losses, which have to agree."""
NODES = 4000
CHAIN = 12
"""Nodes from a product to the weights, or from the weights to their scores."""
NEAR = 24
"""Nodes from scores or values to the layers that they come from."""
LARGEST = 1 << 22
"""Elements of a mask of dropout that are looked at."""
FEWEST = 3
"""Places of a dimension, at least."""
SAME = DROPOUTS | words("ToCopy Clone Alias")
"""Nodes that keep the shape, and what weights add up to."""
PRODUCTS = {"Mm": 0, "Bmm": 0, "Baddbmm": 1, "Addmm": 1}
"""Product -> the place of its first factor."""
SCORES = SAME | RESHAPES | TURNS | words("Expand Mul Div Add Sub MaskedFill Where Clamp Tanh Slice")
"""What may lie between scores and a softmax."""
LAYERS = {"Addmm": 1, "Mm": 0, "Linear": 0, "Convolution": 0}
"""Layer -> the place of what goes in; its weights follow."""
WORDS = (
    "the softmax of an attention goes over dimension {dim} of its weights {sizes}, and their product with "
    "the values sums over dimension {summed}"
)


class Weights(NamedTuple):
    """The softmax of an attention, the dimension that is summed and the one that is kept, and the nodes from
    the softmax (first) to the product (last)."""

    softmax: Any
    summed: int
    kept: int
    chain: list[Any]


class AttentionDim:
    """`look` at each of the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = 0
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        found: Faults = ()
        with suppress_own:
            found = over_the_kept(loss.grad_fn)
        if not found:
            self._looks = LOOKS
        elif self._looks == LOOKS:
            self.told = found


def over_the_kept(root: Any) -> Faults:
    """The nearest attention that is normalised over what it keeps; of one whose queries, keys and values come
    from the same tensor the kind that is certain."""
    above: dict[Any, list[Any]] = {}
    nodes = []
    for node in nodes_under(root, NODES):
        nodes.append(node)
        for below in below_of(node):
            above.setdefault(below, []).append(node)
    if len(nodes) == NODES:
        above = {}  # what else the last of them are used for is not known
    for node in nodes:
        for found in _attention(node):
            if _wrong(found, node, above):
                return (_told(found, node),)
    return ()


def _told(found: Weights, product: Any) -> tuple[str, str]:
    own = _of_one_tensor(found, product)
    said = WORDS.format(dim=found.kept, sizes=shape(found.softmax), summed=found.summed)
    return (SELF_ATTENTION_DIM if own else ATTENTION_DIM), said


def _attention(product: Any) -> Iterator[Weights]:
    """The factors of a product that are weights."""
    word = stem_of(product)
    if word not in PRODUCTS:
        return
    first = PRODUCTS[word]
    for slot in (first, first + 1):
        edges = product.next_functions
        if slot >= len(edges) or edges[slot][0] is None:
            continue
        dims = len(shape(*edges[slot]))
        if dims >= 2:
            summed, kept = (dims - 1, dims - 2) if slot == first else (dims - 2, dims - 1)
            found = _softmax(edges[slot], summed, kept, product)
            if found is not None:
                yield found


def _softmax(place: tuple[Any, int], summed: int, kept: int, product: Any) -> Weights | None:
    """The softmax that a factor is made by, and where the two dimensions lie in what it gives."""
    chain, (node, at) = [product], place
    for _ in range(CHAIN):
        word, sizes = stem_of(node), shape(node, at)
        if not sizes or max(summed, kept) >= len(sizes):
            return None
        chain.insert(0, node)
        if word in ("Softmax", "SafeSoftmax"):
            return Weights(node, summed, kept, chain)
        turned = _moved(node, word, sizes, (summed, kept))
        if turned is None:
            return None
        summed, kept = turned
        node, at = next(edge for edge in node.next_functions if edge[0] is not None)
    return None


def _moved(
    node: Any, word: str, sizes: tuple[int, ...], dims: tuple[int, int]
) -> tuple[int, int] | None:
    """Two dimensions of what a node gives, in what it was given; None where that is not known."""
    edges = [edge for edge in node.next_functions if edge[0] is not None]
    below, at = next(iter(edges), (None, 0))
    before = () if below is None else shape(below, at)
    if not before:
        return None
    if word in SAME or (word == "Mul" and _drops(node)):
        return dims
    if word == "Expand":
        fewer = len(sizes) - len(before)
        moved = [dim - fewer for dim in dims]
    elif word in RESHAPES:
        moved = []
        for dim in dims:
            rows = reshaped(before, sizes, Rows(dim, 1, sizes[dim]))
            if rows is None or rows.inner != 1:
                return None
            moved.append(rows.dim)
    elif word in TURNS:
        order = _order(node, word, len(sizes))
        moved = [order[dim] for dim in dims]
    else:
        return None
    same = all(now >= 0 and before[now] == sizes[dim] for now, dim in zip(moved, dims, strict=True))
    return (moved[0], moved[1]) if same else None


def _drops(product: Any) -> bool:
    """Whether numbers are multiplied by 0 or by one other number: a dropout on a CPU, or a mask."""
    edges = product.next_functions
    if len(below_of(product)) != 1:
        return False
    factor = saved(product, "other" if edges[0][0] is not None else "self")
    if factor is None or factor.shape != shape(product) or factor.numel() > LARGEST:
        return False
    most = factor.max()
    return bool(((factor == 0) | (factor == most)).all()) and bool(most > 0)


def _order(node: Any, word: str, dims: int) -> Sequence[int]:
    if word == "Permute":
        return [int(dim) % dims for dim in plain(node, "dims")]
    order = list(range(dims))
    if word == "T":
        return order[::-1]
    one, other = (int(plain(node, key)) % dims for key in ("dim0", "dim1"))
    order[one], order[other] = other, one
    return order


def _wrong(found: Weights, product: Any, above: dict[Any, list[Any]]) -> bool:
    sizes = shape(found.softmax)
    dim = int(plain(found.softmax, "dim")) % len(sizes)
    if dim != found.kept or sizes[found.summed] != sizes[dim] or sizes[dim] < FEWEST:
        return False
    alone = all(
        above.get(below) == [here]
        for below, here in zip(found.chain, found.chain[1:], strict=False)
    )
    if not alone or _scores(found.softmax) is None:
        return False
    weights = found.chain[-2]
    values = [
        node for node, _ in product.next_functions if node is not None and node is not weights
    ]
    # A second table of weights may make up for the first; a norm takes the size off what comes out.
    return not any(_normalised(node) for node in values) and not _normed(product, above)


def _normalised(node: Any) -> bool:
    """Whether what is summed are shares of something, or was divided by a sum."""
    for _ in range(CHAIN):
        word = stem_of(node)
        if word in ("Softmax", "SafeSoftmax", "Exp", "Div"):
            return True
        if word not in SAME | RESHAPES | TURNS | {"Expand"} and word not in PRODUCTS:
            return False
        given = below_of(node)
        if not given or stem_of(given[0]) == LEAF:
            return False
        (node, *_) = given
    return False


def _normed(node: Any, above: dict[Any, list[Any]]) -> bool:
    for _ in range(CHAIN):
        users = above.get(node, [])
        if any(stem_of(one) in NORMS or stem_of(one) == "Div" for one in users):
            return True
        if len(users) != 1 or stem_of(users[0]) not in SAME | RESHAPES | TURNS:
            return False
        (node,) = users
    return False


def _scores(softmax: Any) -> Any:
    """The product of two tensors that the weights are the softmax of; None where there is no such."""
    waiting = below_of(softmax)
    for _ in range(CHAIN):
        if not waiting:
            return None
        node = waiting.pop(0)
        word = stem_of(node)
        if word in PRODUCTS:
            first = PRODUCTS[word]
            factors = [edge[0] for edge in node.next_functions[first : first + 2]]
            if len(factors) == 2 and not any(_given(one) for one in factors):
                return node
        elif word in SCORES:
            waiting += below_of(node)
    return None


def _given(node: Any) -> bool:
    """Whether a factor is a parameter, or has no history."""
    for _ in range(CHAIN):
        if node is None or stem_of(node) == LEAF:
            return True
        if stem_of(node) not in RESHAPES | TURNS | SAME | {"Expand"}:
            return False
        node = node.next_functions[0][0]
    return False


def _of_one_tensor(found: Weights, product: Any) -> bool:
    """Whether queries, keys and values are layers of the same tensor."""
    scores = _scores(found.softmax)
    first = PRODUCTS[stem_of(scores)]
    sides = [edge[0] for edge in scores.next_functions[first : first + 2]]
    first = PRODUCTS[stem_of(product)]
    sides += [
        edge[0]
        for edge in product.next_functions[first : first + 2]
        if edge[0] is not found.chain[-2]
    ]
    sources = [_source(side) for side in sides]
    return len(sources) == 3 and None not in sources and len(set(sources)) == 1


def _source(node: Any) -> tuple[int, int] | None:
    """Where in memory lies what the nearest layer was given, and how many numbers; None where that is not
    known."""
    for one in nodes_under(node, NEAR):
        word = stem_of(one)
        place = LAYERS.get(word)
        if place is None:
            continue
        weight = one.next_functions[place + 1][0]
        while weight is not None and stem_of(weight) in TURNS | RESHAPES:
            weight = weight.next_functions[0][0]
        if stem_of(weight) != LEAF:
            continue
        given = saved(one, operands(one)[place], anywhere=True)
        return None if given is None else (given.data_ptr(), given.numel())
    return None
