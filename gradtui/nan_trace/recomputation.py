"""What operations of a loss give, computed once more from what they were given."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gradtui.autograd.node_types import shape, words
from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.patching.own_errors import suppress_own

LARGEST = 1 << 26
"""Elements of a tensor that is computed again, at most."""

Compute = Callable[[Any, list[Tensor]], Tensor]


def computed(node: Any, number: int, given: list[Tensor | None]) -> Tensor | None:
    """A result of `node` from all that it takes in; None where that cannot be told."""
    known = [one for one in given if one is not None]
    word = word_of(node)
    if word in PARTS and len(known) == len(given):
        with suppress_own:
            return PARTS[word](node, known)[number]
    compute = None if number else COMPUTE.get(word)
    if compute is None or len(known) < len(given) or any(t.numel() > LARGEST for t in known):
        return None
    with suppress_own:
        return compute(node, known)
    return None


def _unary(word: str) -> Compute:
    function = getattr(torch, word)
    return lambda node, x: function(x[0])


def _binary(word: str) -> Compute:
    function = getattr(torch, word)
    return lambda node, x: function(x[0], x[1])


def _reduced(word: str) -> Compute:
    """Over some dimensions, or all."""
    function = getattr(torch, word)

    def compute(node: Any, x: list[Tensor]) -> Tensor:
        dim = plain(node, "dim")
        if dim is None:
            return function(x[0])  # type: ignore[no-any-return]
        return function(x[0], dim, keepdim=bool(plain(node, "keepdim")))  # type: ignore[no-any-return]

    return compute


def _pow(node: Any, x: list[Tensor]) -> Tensor:
    out: Tensor = torch.pow(x[0], x[1] if len(x) > 1 else plain(node, "exponent"))
    return out


def _spread(word: str) -> Compute:
    function = getattr(torch, word)
    return lambda node, x: function(
        x[0],
        dim=plain(node, "dim"),
        correction=plain(node, "correction"),
        keepdim=bool(plain(node, "keepdim")),
    )


def _norm(node: Any, x: list[Tensor]) -> Tensor:
    dim, keep = plain(node, "dim"), bool(plain(node, "keepdim"))
    out: Tensor = torch.linalg.vector_norm(x[0], plain(node, "ord"), dim, keepdim=keep)
    return out


def _where(node: Any, x: list[Tensor]) -> Tensor:
    condition = saved(node, "condition")
    assert condition is not None
    return torch.where(condition, x[0], x[1])


def _gather(node: Any, x: list[Tensor]) -> Tensor:
    index = saved(node, "index")
    assert index is not None
    return x[0].gather(plain(node, "dim"), index)


def _select(node: Any, x: list[Tensor]) -> Tensor:
    return x[0].select(plain(node, "dim"), plain(node, "index"))


def _slice(node: Any, x: list[Tensor]) -> Tensor:
    start, end = plain(node, "start") or 0, plain(node, "end")
    dim = plain(node, "dim")
    most = x[0].shape[dim]
    indices = range(most)[start : most if end is None else end : plain(node, "step")]
    return x[0].index_select(dim, torch.tensor(list(indices), dtype=torch.long))


def _loss(word: str, *keys: str) -> Compute:
    """Of predictions and targets; `keys` are numbers by which there are several such losses."""
    function = getattr(functional, word)

    def compute(node: Any, x: list[Tensor]) -> Tensor:
        told = {key: plain(node, key) for key in keys}
        how = ("none", "mean", "sum")[plain(node, "reduction")]
        return function(x[0], x[1], reduction=how, **told)  # type: ignore[no-any-return]

    return compute


ONE = words(
    "log log2 log10 log1p sqrt rsqrt exp expm1 exp2 acos asin atan acosh asinh atanh tan sin cos "
    "sigmoid tanh reciprocal abs neg relu lgamma digamma erfinv erf sinh cosh t clone"
)
TWO = words("mul div maximum minimum atan2 hypot xlogy mm mv dot bmm")

COMPUTE: dict[str, Compute] = {word: _unary(word) for word in ONE}
COMPUTE |= {word: _binary(word) for word in TWO}
COMPUTE |= {word: _reduced(word) for word in ("sum", "mean", "logsumexp", "amax", "amin", "prod")}
COMPUTE |= {word: _spread(word) for word in ("std", "var")}
COMPUTE |= {
    "pow": _pow,
    "add": lambda node, x: x[0] + (plain(node, "alpha") or 1) * x[1],
    "sub": lambda node, x: x[0] - (plain(node, "alpha") or 1) * x[1],
    "softmax": lambda node, x: x[0].softmax(plain(node, "dim")),
    "log_softmax": lambda node, x: x[0].log_softmax(plain(node, "dim")),
    "logcumsumexp": lambda node, x: x[0].logcumsumexp(plain(node, "dim")),
    "cumsum": lambda node, x: x[0].cumsum(plain(node, "dim")),
    "linalg_vector_norm": _norm,
    "where": _where,
    "gather": _gather,
    "select": _select,
    "slice": _slice,
    "transpose": lambda node, x: x[0].transpose(plain(node, "dim0"), plain(node, "dim1")),
    "permute": lambda node, x: x[0].permute(plain(node, "dims")),
    "stack": lambda node, x: torch.stack(x, plain(node, "dim")),
    "cat": lambda node, x: torch.cat(x, plain(node, "dim")),
    "addmm": lambda node, x: torch.addmm(x[0], x[1], x[2]),
    "to_copy": lambda node, x: x[0].to(node._input_metadata[0].dtype),
    "expand": lambda node, x: x[0].expand(shape(node)),
}
COMPUTE |= {
    "mse_loss": _loss("mse_loss"),
    "smoothl1_loss": _loss("smooth_l1_loss", "beta"),
    "huber_loss": _loss("huber_loss", "delta"),
}
PARTS: dict[str, Callable[[Any, list[Tensor]], Sequence[Tensor]]] = {
    "split": lambda node, x: torch.ops.aten.split(
        x[0], plain(node, "split_size"), plain(node, "dim")
    ),
    "split_with_sizes": lambda node, x: torch.ops.aten.split_with_sizes(
        x[0], plain(node, "split_sizes"), plain(node, "dim")
    ),
    "unbind": lambda node, x: x[0].unbind(plain(node, "dim")),
}
"""What has several results."""
RESHAPED = ("view", "unsafe_view", "reshape_alias", "squeeze", "unsqueeze", "alias")
COMPUTE |= {word: lambda node, x: x[0].reshape(shape(node)) for word in RESHAPED}
"""By torch's word; `x` are the tensors that the operation takes in, in their order."""
