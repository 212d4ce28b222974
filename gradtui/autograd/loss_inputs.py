"""Whether a loss function is fed with what it is made for: raw outputs, and shapes that agree.

Read off the last nodes of the graph of the first loss, by their names and sizes, and no node is kept: of
what was saved for backward only the strides of targets are asked for, and the scores of a small batch that
nobody has packed.
"""

import math
from collections import deque
from typing import Any, TypeGuard

import torch
from torch import Tensor

from gradtui.autograd.node_types import (
    ACTIVATIONS,
    BATCH_NORMS,
    DISTANCES,
    LAYERS,
    LEAF,
    LIKELIHOODS,
    RESHAPES,
    activation,
    below_of,
    number,
    shape,
    signed,
    stem_of,
    words,
)
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import (
    BROADCAST_TARGET,
    FLAT_SCORES,
    OUT_OF_RANGE,
    PROBABILITIES,
    RELU_LOGITS,
    SAME_ANSWERS,
    SCRAMBLED_SCORES,
    SOFTMAX_TWICE,
    UNALIGNED,
    UNNORMALISED,
    WIDE_TARGETS,
    Faults,
)
from gradtui.patching.own_errors import suppress_own

NODES = 64
VIEWS = words(
    "View UnsafeView ReshapeAlias Squeeze Unsqueeze ToCopy Clone Alias T Transpose Permute Slice "
    "Select Index"
)
"""Nodes that leave the values as they are."""
RESHAPED = words("View UnsafeView ReshapeAlias Clone Alias ToCopy")
FLATTENED = RESHAPED | words("Squeeze")
TURNED = words("Transpose Permute")
MEANS = words("Mean Sum Mul Div Neg View Squeeze ToCopy")
"""What makes one number of the parts of a loss."""
SUMS = words("Add Sub Rsub")
POOLS = words("Mean Sum")
COLUMNS = frozenset((*VIEWS, LEAF))
BINARY = "BinaryCrossEntropyWithLogits"
OWN = {"Softmax": "LogSoftmax", "Sigmoid": BINARY}
"""What is already part of a loss function -> of which."""
FAR = 16
EXAMPLES, MOST, SOME = 4, 1 << 20, 1 << 16
"""Rows of scores that are compared, elements at most, and how many are enough to add up."""
FLAT = 0.8
"""Of guessing: where no loss below that can be reached nothing can be learned to speak of."""
SURE, SUM_OF_ONE = 1e-3, 1e-2
"""How near to 0 or 1 a probability is certain, and how far from 1 those of a row may add up to."""
OFF = 0.5
"""How far the logarithm of a sum of probabilities is from 0, and how far a target from 0 or 1, at least: a
little is smoothing."""
REACH = {
    "relu": (0.0, math.inf),
    "softplus": (0.0, math.inf),
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
}
"""Activation -> between what its values lie."""
BEYOND, SLACK = 0.25, 0.02
"""Share of targets out of reach from which on it is told, and of their range, what lies at an end."""
FAINT = 1e-6
"""Difference of log probabilities that is none."""


def fed_wrongly(loss: Tensor) -> Faults:
    """Call before backward. Nothing where the graph is not as expected."""
    with suppress_own:
        return _found(loss.grad_fn)
    return ()


def _found(root: Any) -> Faults:
    if root is None:
        return ()
    found: dict[str, str] = {}
    waiting, seen = deque([(root, True)]), 0
    while waiting and seen < NODES:
        (node, alone), seen = waiting.popleft(), seen + 1
        word = stem_of(node)
        if word == BINARY:
            found |= _scores(node, "the binary cross entropy with logits") | _wide(node)
        elif word in LIKELIHOODS or _soft_labels(node, word):
            scores = _under(below_of(node)[0])
            if stem_of(scores) == "LogSoftmax":
                found |= _scores(scores, "the cross entropy") | _alike(scores) | _scrambled(scores)
                found |= _bounded(scores)
            elif word in LIKELIHOODS:
                found |= _unnormalised(node, stem_of(scores))
        elif word in ("Sub", "Mul") and _divergence(node, word):
            found[PROBABILITIES] = (
                "a softmax goes into a divergence from target probabilities (kl_div) that takes "
                "logarithms of probabilities"
            )
        elif word == "Where":
            found |= _unaligned(node)
            waiting.extend((one, False) for one in below_of(node))
        elif word == "CtcLoss":
            found |= _scores_to_align(node)
        elif word in DISTANCES:
            answers = below_of(node)[0]
            found |= _spread(answers, own=False) if _stretched(node) else _one_for_all(answers)
            found |= _out_of_reach(node)
        elif alone and (difference := _difference(node, word)) is not None:
            found |= _spread(difference, own=True) or _one_for_all(below_of(difference)[0])
        elif word in MEANS or word in SUMS:
            alone = alone and word in MEANS
            waiting.extend((one, alone) for one in below_of(node))
    return tuple(found.items())


def _under(node: Any, through: frozenset[str] = VIEWS) -> Any:
    """The first one below that is more than a view, or than what is passed over in its place."""
    for _ in range(FAR):
        if stem_of(node) not in through:
            break
        node = next(iter(below_of(node)), None)
    return node


def _readable(tensor: Tensor | None) -> TypeGuard[Tensor]:
    """Whether its numbers can be looked at without waiting for a device, or for long."""
    return tensor is not None and tensor.is_cpu and 0 < tensor.numel() <= MOST


def _soft_labels(node: Any, word: str) -> bool:
    """The product of log-probabilities and constants."""
    below = below_of(node)
    return word == "Mul" and len(below) == 1 and stem_of(_under(below[0])) == "LogSoftmax"


def _divergence(node: Any, word: str) -> bool:
    """t log t - t p, or t (log t - p), with constant probabilities t and a softmax p."""
    below = below_of(node)
    if len(below) != 1 or len(shape(node)) < 2 or node.next_functions[0][0] is not None:
        return False
    inner = below[0]
    product = inner if word == "Sub" else node
    if stem_of(inner) != ("Mul" if word == "Sub" else "Sub") or len(below_of(inner)) != 1:
        return False
    if stem_of(_under(below_of(inner)[0])) != "Softmax":
        return False
    first = product.next_functions[0][0] is None
    return _probabilities(saved(product, "self" if first else "other"))


def _probabilities(targets: Tensor | None) -> bool:
    """Whether each row is a distribution, and not all of them certain ones."""
    if not _readable(targets):
        return False
    rows = targets.detach().reshape(-1, targets.shape[-1])[:FAR].double()
    sums = (rows.sum(1) - 1).abs().max()
    soft = ((rows > SURE) & (rows < 1 - SURE)).any()
    return bool(rows.min() >= 0) and float(sums) < SUM_OF_ONE and bool(soft)


def _unnormalised(node: Any, fed: str) -> dict[str, str]:
    """What goes into a negative log-likelihood [n, classes, ...] are no logarithms of probabilities."""
    scores = saved(node, "self")
    if not _readable(scores) or scores.dim() < 2:
        return {}
    some = max(1, SOME * len(scores) // scores.numel())
    if not _no_logarithms(scores[:some], 1):
        return {}
    what = "a softmax goes" if fed == "Softmax" else "scores go"
    words = (
        f"{what} into a negative log-likelihood (nll_loss) that takes logarithms of probabilities"
    )
    return {UNNORMALISED: words}


def _scores_to_align(node: Any) -> dict[str, str]:
    """What goes into a ctc_loss [frames, n, classes] are no logarithms of probabilities."""
    scores = saved(node, "log_probs")
    if not _readable(scores) or not _no_logarithms(scores[:1], -1):
        return {}
    words = "scores go into ctc_loss, which takes logarithms of probabilities"
    return {UNNORMALISED: words}


def _no_logarithms(scores: Tensor, dim: int) -> bool:
    """Whether probabilities of most rows do not add up to 1."""
    sums = scores.detach().double().logsumexp(dim).abs()
    return 2 * int((sums > OFF).sum()) > sums.numel()  # NaN is told elsewhere


def _unaligned(node: Any) -> dict[str, str]:
    """Most targets of a ctc_loss are longer than its inputs: their losses were infinite, and made 0."""
    if not any(stem_of(one) == "CtcLoss" for one in below_of(node)):
        return {}
    gone = saved(node, "condition")
    if not _readable(gone) or not 2 * int(gone.sum()) > gone.numel():
        return {}
    count = f"{int(gone.sum())} of the {gone.numel()}"
    return {UNALIGNED: f"{count} targets of the first batch are longer than their inputs"}


def _wide(node: Any) -> dict[str, str]:
    """Targets of a binary cross entropy that lie outside of 0 to 1."""
    targets = saved(node, "target")
    if not _readable(targets):
        return {}
    low, high = (float(one) for one in targets.detach().aminmax())
    if not (low < -OFF or high > 1 + OFF) or not math.isfinite(high - low):
        return {}
    return {
        WIDE_TARGETS: f"targets of the binary cross entropy lie between {low:.3g} and {high:.3g}, and it is "
        "made for 0 to 1"
    }


def _out_of_reach(node: Any) -> dict[str, str]:
    """Of a regression: a good part of the targets lie where the activation that the answers end in has no
    values."""
    answers = _under(below_of(node)[0])
    name, right = activation(answers, stem_of(answers)) if answers is not None else ("", False)
    bounds = REACH.get(name)
    targets = saved(node, "target")
    alone = [one is not None for one, _ in node.next_functions[:2]] in ([True], [True, False])
    if bounds is None or not right or not alone or not _readable(targets):
        return {}
    values = targets.detach()[: max(1, SOME * len(targets) // targets.numel())].double().flatten()
    low, high = (float(one) for one in values.aminmax())
    slack = SLACK * (high - low)
    out = (values < bounds[0] - slack) | (values > bounds[1] + slack)
    share = float(out.double().mean())
    if share < BEYOND or not math.isfinite(high - low):
        return {}
    reach = (
        f"gives {bounds[0]:g} to {bounds[1]:g}" if bounds[1] < math.inf else "gives nothing below 0"
    )
    words = (
        f"{100 * share:.0f} % of the targets lie outside what the last activation can give: they go from "
        f"{low:.3g} to {high:.3g}, and a {name} {reach}"
    )
    return {OUT_OF_RANGE: words}


def _scores(node: Any, what: str) -> dict[str, str]:
    """`node` takes the softmax or the sigmoid itself. (A log-softmax of one changes nothing.)"""
    fed = stem_of(_under(next(iter(below_of(node)), None)))
    if OWN.get(fed) == stem_of(node):
        name = fed.lower()
        return {SOFTMAX_TWICE: f"{name} goes into {what}, which takes the {name} itself"}
    if fed == "Relu":
        return {RELU_LOGITS: f"a ReLU goes into {what}: no score can be below zero"}
    return {}


def _scrambled(node: Any) -> dict[str, str]:
    """Rows of a log-softmax [rows, classes] that were cut out of [n, classes, positions], as a convolution
    gives it, or turned from [n, positions, classes]: to turn and to reshape is not to turn back."""
    rows = shape(node)
    if len(rows) > 2:
        return _cut_along(node, rows)
    if len(rows) != 2:
        return {}
    at = _under(next(iter(below_of(node)), None), RESHAPED)
    if at is None:
        return {}
    if stem_of(at) not in TURNED:
        return _cut_across(rows, shape(at)) if _by_channel(at) else {}
    turned, (below, place) = shape(at), at.next_functions[0]
    before = tuple(below._input_metadata[place].shape) if below is not None else ()
    if len(turned) < 3 or not before or before[-1] != rows[1] or turned[-1] == rows[1]:
        return {}
    words = (
        f"scores {before} are turned to {turned} and reshaped to {rows}: a row holds scores of several "
        "positions and not of all classes"
    )
    return {SCRAMBLED_SCORES: words}


def _cut_across(rows: tuple[int, ...], scores: tuple[int, ...]) -> dict[str, str]:
    """[rows, classes] that were reshaped from [n, classes, positions...] as they lie."""
    if len(scores) < 3 or scores[1] != rows[1] or scores[-1] == rows[1]:
        return {}
    if rows[0] != scores[0] * math.prod(scores[2:]):
        return {}
    words = f"scores {scores} are reshaped to {rows} without turning: a row holds scores of several positions"
    return {SCRAMBLED_SCORES: words}


def _cut_along(node: Any, scores: tuple[int, ...]) -> dict[str, str]:
    """A log-softmax over dimension 1 of [n, classes, positions...] that were reshaped from rows of classes
    as they lie, where they should have been turned."""
    below, place = node.next_functions[0]
    if signed(node._saved_dim) != 1 or stem_of(below) not in RESHAPES:
        return {}
    after, (layer, output) = shape(below, place), below.next_functions[0]
    before = shape(layer, output) if layer is not None else ()
    classes, positions = scores[1], math.prod(scores[2:])
    if after != scores or len(before) < 2 or before[-1] != classes or 1 in (classes, positions):
        return {}
    if classes == positions or math.prod(before[:-1]) != scores[0] * positions:
        return {}
    words = f"scores {before} are reshaped to {scores} without turning: they are mixed up with one another"
    return {SCRAMBLED_SCORES: words}


def _by_channel(node: Any) -> bool:
    """Whether dimension 1 of what comes out are channels: of a convolution, or of what follows one."""
    for _ in range(FAR):
        word = stem_of(node)
        if word == "Convolution":
            return True
        below = below_of(node)
        if not below or not (
            word in ACTIVATIONS or word in BATCH_NORMS or word.startswith("Upsample")
        ):
            return False
        node = below[0]
    return False


def _alike(node: Any) -> dict[str, str]:
    """All rows of a log-softmax [n, classes] are one, and its classes are not: a last layer that begins
    at zero makes these alike as well."""
    if node._raw_saved_result.unpack_hook is not None:
        return {}
    rows = node._saved_result.detach()
    if not rows.is_cpu or rows.dim() != 2 or len(rows) < EXAMPLES or not 1 < rows.numel() < MOST:
        return {}
    first = rows[:1]
    if bool((first.amax() - first.amin()) < FAINT) or not torch.allclose(
        rows, first.expand_as(rows), rtol=0.0, atol=FAINT
    ):
        return {}
    return {SAME_ANSWERS: f"all {len(rows)} examples of the first batch get the same answer"}


def _difference(node: Any, word: str) -> Any:
    """The node of (a - b) in a mean of its squares or sizes, b a constant."""
    below = below_of(node)
    if word not in ("Pow", "Abs", "Mul") or not below:
        return None
    if word == "Pow" and number(node, "exponent") != 2:
        return None
    if word == "Mul" and (len(below) != 2 or below[0] is not below[1]):
        return None
    inner = below[0]
    if stem_of(inner) not in ("Sub", "Rsub") or len(below_of(inner)) != 1:
        return None
    if word == "Abs" and stem_of(below_of(inner)[0]) != "Expand":
        return None  # l1_loss stretches first; by hand all pairs may be wanted
    return inner


def _bounded(node: Any) -> dict[str, str]:
    """Scores of a log-softmax that are products of vectors of length 1, times a constant: no loss is below
    log(1 + (classes - 1) exp(-2 constant))."""
    sizes = shape(node)
    if len(sizes) != 2 or sizes[1] < 2:
        return {}
    at: Any = next(iter(below_of(node)), None)
    factor = 1.0
    for _ in range(FAR):
        word, below = stem_of(at), below_of(at) if at is not None else []
        if word in ("Mul", "Div") and len(below) == 1:
            constant = saved(at, "other" if at.next_functions[0][0] is not None else "self")
            if constant is None or constant.numel() != 1 or not float(constant):
                return {}
            factor = factor * float(constant) if word == "Mul" else factor / float(constant)
        elif word not in VIEWS or not below:
            break
        at = below[0]
    if stem_of(at) not in ("Mm", "Bmm") or not all(map(_of_length_one, below_of(at))):
        return {}
    if len(below_of(at)) < 2:
        return {}
    classes, reach = sizes[1], abs(factor)
    least, guess = math.log1p((classes - 1) * math.exp(-2 * reach)), math.log(classes)
    if least < FLAT * guess:
        return {}
    words = (
        f"scores are products of vectors of length 1, times {reach:.3g}: they lie between {-reach:.3g} and "
        f"{reach:.3g}, so that no loss over {classes} answers is below {least:.3g}, and guessing costs "
        f"{guess:.3g}"
    )
    return {FLAT_SCORES: words}


def _of_length_one(node: Any) -> bool:
    """Whether it is something divided by its own norm, turned or not."""
    for _ in range(FAR):
        below = below_of(node)
        if stem_of(node) == "Div" and len(below) == 2:
            return _is_norm(below[1])
        if stem_of(node) not in VIEWS or not below:
            return False
        node = below[0]
    return False


def _is_norm(node: Any) -> bool:
    for _ in range(FAR):
        if stem_of(node) in ("LinalgVectorNorm", "Norm"):
            return True
        below = below_of(node)
        if not below or not (
            stem_of(node) in ("Expand", "Add") or stem_of(node).startswith("Clamp")
        ):
            return False
        node = below[0]
    return False


def _stretched(node: Any) -> bool:
    """Whether the targets of a distance were broadcast: then they lie there without a stride. Where
    somebody has packed them they are left alone."""
    if node._raw_saved_target.unpack_hook is not None:
        return False
    return 0 in node._saved_target.stride()


def _one_for_all(node: Any) -> dict[str, str]:
    """A single number, which layers made of a mean or sum over many rows, was spread over all targets."""
    wide = shape(node)
    at = _under(node, FLATTENED)
    if stem_of(at) != "Expand" or math.prod(at._saved_self_sym_sizes) != 1:
        return {}
    if math.prod(wide) < EXAMPLES or not _over_rows(at):
        return {}  # a constant may be fitted to all of them, or the value of one state
    words = (
        f"one prediction, of shape {tuple(at._saved_self_sym_sizes)}, meets targets of shape {wide}"
    )
    return {BROADCAST_TARGET: f"{words}: all examples get the same answer"}


def _over_rows(root: Any) -> bool:
    """Whether a mean or a sum over the first of two dims or more lies below, and a layer above it."""
    waiting, seen = deque([(root, False)]), 0
    while waiting and seen < NODES:
        (node, layered), seen = waiting.popleft(), seen + 1
        word = stem_of(node)
        if word in POOLS and layered:
            sizes: Any = getattr(node, "_saved_self_sym_sizes", ())
            dims: Any = getattr(node, "_saved_dim", None)
            if len(sizes) > 1 and sizes[0] >= EXAMPLES and dims is not None and tuple(dims) == (0,):
                return True
        layered = layered or word in LAYERS
        waiting.extend((one, layered) for one in below_of(node))
    return False


def _spread(node: Any, *, own: bool) -> dict[str, str]:
    """[n, 1] that has met [n], or the other way round, and become [n, n]. `own`: `node` is a subtraction;
    where what it takes was turned into a column by hand, all pairs may be wanted."""
    wide = shape(node)
    narrow: tuple[int, ...] = ()
    if own:
        node, place = next(edge for edge in node.next_functions if edge[0] is not None)
        if stem_of(node) in COLUMNS:
            return {}
        narrow = tuple(node._input_metadata[place].shape)
    if stem_of(node) == "Expand":
        narrow = tuple(node._saved_self_sym_sizes)
    if len(wide) != 2 or wide[0] != wide[1] or wide[0] < 2:
        return {}
    size = wide[0]
    column, row = (size, 1), (size,)
    # Of a row of predictions in a subtraction all pairs may be wanted.
    if narrow != column and (own or narrow != row):
        return {}
    words = (
        f"predictions of shape {narrow} meet targets of shape {row if narrow == column else column}"
    )
    return {BROADCAST_TARGET: f"{words}: each of them is compared with every target"}
