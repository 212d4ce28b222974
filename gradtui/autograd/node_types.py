"""The nodes of a graph by name: which of them are layers, activations, mere views, parts of a loss.

Beside names only whole numbers, flags and words that a node holds are read, never a tensor.
"""

from functools import cache
from math import prod
from typing import Any


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEAF = "AccumulateGrad"
LAYERS = words(
    "Addmm Mm Linear Convolution ConvolutionOverrideable Bmm Baddbmm Addbmm Mv Addmv Dot Embedding "
    "EmbeddingBag MkldnnRnnLayer CudnnRnn MiopenRnn ThnnFusedLstmCell ThnnFusedGruCell MpsConvolution "
    "ScaledDotProductFlashAttention ScaledDotProductFlashAttentionForCpu "
    "ScaledDotProductEfficientAttention ScaledDotProductCudnnAttention"
)
NORMS = words(
    "NativeBatchNorm CudnnBatchNorm MiopenBatchNorm SyncBatchNorm NativeLayerNorm NativeGroupNorm "
    "FusedRmsNorm RmsNorm BatchNormWithUpdate LinalgVectorNorm Norm Std StdMean Var VarMean"
)
BATCH_NORMS = ("NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm")
RESHAPES = words("View UnsafeView ReshapeAlias Squeeze Unsqueeze")
"""Nodes that leave the numbers in their order, in another shape."""
VIEWS = RESHAPES | words("ToCopy Clone Alias")
TURNS = frozenset(("T", "Transpose", "Permute"))
FLAT = words("Round Floor Ceil Trunc Sign Heaviside")
"""Operations whose slope is 0 wherever they have one."""
NEGATIVE = 1 << 63
"""From there on a dimension that torch has kept is below 0."""
OVER_DIMS = words("Softmax LogSoftmax Mean Sum")
LIKELIHOODS = words("NllLoss NllLoss2D")
DISTANCES = words("MseLoss SmoothL1Loss HuberLoss")
DROPOUTS = frozenset(("NativeDropout", "FusedDropout"))
PARTS_OF_LOSSES = words(
    "MseLoss SmoothL1Loss HuberLoss NllLoss NllLoss2D LogSoftmax Softmax BinaryCrossEntropy "
    "BinaryCrossEntropyWithLogits KlDiv SoftMarginLoss Logsumexp Mul Div Neg Sum Mean Sub Rsub Add Pow "
    "Abs Exp Log Log1P Sqrt Clamp ClampMin ClampMax Gather Index Select Slice Where Xlogy Sgn "
    "LogSigmoid Minimum Maximum Expand"
)
ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Gelu": "gelu",
    "Silu": "silu",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Celu": "celu",
    "Softplus": "softplus",
    "Hardtanh": "hardtanh",
    "Threshold": "threshold",
    "PreluKernel": "prelu",
    "RreluWithNoise": "rrelu",
    "Mish": "mish",
    "Hardswish": "hardswish",
    "Hardsigmoid": "hardsigmoid",
    "Softshrink": "softshrink",
    "Hardshrink": "hardshrink",
    "Sin": "sin",
    "Glu": "glu",
}
"""Stem -> the name that a row of a layout has for it."""

USUAL: dict[str, dict[str, float]] = {
    "Relu": {},
    "Sigmoid": {},
    "Tanh": {},
    "Gelu": {},
    "Silu": {},
    "LeakyRelu": {"negative_slope": 0.01},
    "Elu": {"alpha": 1.0, "scale": 1.0, "input_scale": 1.0},
    "Celu": {"alpha": 1.0},
    "Softplus": {"beta": 1.0},
}
"""Stem -> the numbers with which the formulas for that activation hold."""

SELU_SCALE = 1.0507


@cache
def stem(name: str) -> str:
    """ "ReluBackward0" -> "Relu"; names of functions that somebody wrote lose their ending alike."""
    return name.rpartition("::")[2].rstrip("0123456789").removesuffix("Backward")


def name_of(node: Any) -> str:
    """By type, where that tells: a function of the user's own may have a `name` of its own."""
    kind = type(node).__name__
    return str(node.name()) if kind == "CppFunction" else kind


def stem_of(node: Any) -> str:
    """The stem of its name; "" of None, which stands where no gradient is wanted."""
    return "" if node is None else stem(name_of(node))


def below_of(node: Any) -> list[Any]:
    """What its gradient goes on to."""
    return [below for below, _ in node.next_functions if below is not None]


def opaque(word: str) -> bool:
    """Whether a node hides a whole net: what was compiled, or is to be computed again."""
    return word.startswith(("CompiledFunction", "AOTDispatch")) or "Checkpoint" in word


def activation(node: Any, word: str) -> tuple[str, bool]:
    """Its name, "" for what is none, and whether the usual formulas hold for it."""
    if word in ("Clamp", "ClampMin") and number(node, "min") == 0:
        return ("relu", True) if number(node, "max") is None else ("hardtanh", False)
    if word == "Threshold" and number(node, "threshold") == 0:
        return "relu", True
    if word == "Hardtanh" and (number(node, "min_val"), number(node, "max_val")) == (0, 6):
        return "relu6", False
    if word == "Elu" and abs((number(node, "scale") or 0) - SELU_SCALE) < 1e-4:
        return "selu", True
    usual = USUAL.get(word)
    same = usual is not None and all(number(node, key) == value for key, value in usual.items())
    return ("elu" if word == "Celu" and same else ACTIVATIONS.get(word, "")), same


def number(node: Any, key: str) -> float | None:
    """Something that is no tensor, by the name under which torch keeps it."""
    try:
        value = getattr(node, f"_saved_{key}", None)
    except RuntimeError:  # it has been freed
        return None
    return float(value) if isinstance(value, (bool, int, float)) else None


def signed(value: Any) -> Any:
    """A dimension with its sign, which torch keeps as what it is without one; anything else as it is."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value - 2 * NEGATIVE if whole and value >= NEGATIVE else value


def over_one(node: Any) -> bool:
    """Whether a node of OVER_DIMS goes over dimensions of a single value, of a tensor with more."""
    told = node._saved_dim
    dims = told if isinstance(told, tuple) else (told,)
    given = getattr(node, "_saved_self_sym_sizes", None)
    sizes = shape(node) if given is None else tuple(given)
    if not dims or not sizes or not all(type(size) is int for size in sizes):
        return False
    return all(sizes[signed(dim)] == 1 for dim in dims) and prod(sizes) > 1


def same_size(node: Any, kernel: tuple[int, ...]) -> bool:
    """Whether a convolution has stride 1 and an odd window, and zeros around that keep the size."""
    steps = (*node._saved_stride, *node._saved_dilation, node._saved_groups)
    padding = tuple(size // 2 for size in kernel)
    return (
        all(step == 1 for step in steps)
        and not node._saved_transposed
        and all(size % 2 for size in kernel)
        and tuple(node._saved_padding) == padding
    )


def shape(node: Any, at: int = 0) -> tuple[int, ...]:
    """Of the first of its outputs, or of another; empty where that is not told, as of what is nested or
    symbolic."""
    told = node._input_metadata
    if at >= len(told):
        return ()
    try:
        sizes = tuple(told[at].shape)
    except RuntimeError:
        return ()
    return sizes if all(type(size) is int for size in sizes) else ()
