"""Attentions whose weights add up to 1 over the wrong dimension, and ones that only look like it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gradtui.autograd.attention_dim import AttentionDim, over_the_kept
from gradtui.core.wiring import ATTENTION_DIM, SELF_ATTENTION_DIM

N, WIDTH, HEADS, BATCH = 7, 8, 2, 3
torch.manual_seed(0)
X = torch.randn(BATCH, N, WIDTH)
Y = torch.randn(BATCH, N, WIDTH)
Q, K, V, ALL = (nn.Linear(WIDTH, n * WIDTH) for n in (1, 1, 1, 3))
MASK = torch.rand(N, N) < 0.3
CONV = [nn.Conv2d(4, 4, 1) for _ in range(3)]


def kinds(out: Tensor) -> list[str]:
    return [kind for kind, _ in over_the_kept(out.square().mean().grad_fn)]


def plain(dim: int) -> Tensor:
    return (Q(X) @ K(X).transpose(-1, -2) / WIDTH**0.5).softmax(dim) @ V(X)


def masked(dim: int) -> Tensor:
    scores = (Q(X) @ K(X).mT / WIDTH**0.5).masked_fill(MASK, -1e9) + torch.randn(N, N)
    return nn.functional.dropout(scores.softmax(dim), 0.1) @ V(X)


def heads(dim: int) -> Tensor:
    q, k, v = ALL(X).view(BATCH, N, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
    out = (q @ k.transpose(-2, -1)).softmax(dim) @ v
    return out.transpose(1, 2).reshape(BATCH, N, WIDTH)


def einsums(dim: int) -> Tensor:
    q, k, v = (one.view(BATCH, N, HEADS, -1) for one in ALL(X).chunk(3, -1))
    weights = torch.einsum("bihd,bjhd->bhij", q, k).softmax(dim)
    return torch.einsum("bhij,bjhd->bihd", weights, v)


def one_graph(dim: int) -> Tensor:
    x = X[0]
    return (Q(x) @ K(x).T).softmax(dim) @ V(x)


def of_features(dim: int) -> Tensor:
    """With a history of their own."""
    x = nn.Linear(WIDTH, WIDTH)(X).relu()
    return (Q(x) @ K(x).transpose(1, 2)).softmax(dim) @ V(x)


def values_first(dim: int) -> Tensor:
    """Keys in rows, channels before positions."""
    x = torch.randn(2, 4, 3, 3)
    q, k, v = (conv(x).flatten(2) for conv in CONV)
    return v @ (k.transpose(1, 2) @ q).softmax(-2 if dim == -1 else -1)


WAYS = (plain, masked, heads, einsums, one_graph, of_features, values_first)


@pytest.mark.parametrize("way", WAYS)
def test_over_the_kept_dimension_is_told_and_over_the_summed_one_is_not(
    way: Callable[[int], Tensor],
) -> None:
    assert kinds(way(-1)) == []
    assert kinds(way(-2)) == [SELF_ATTENTION_DIM]


def test_dimensions_of_einsum_in_any_order() -> None:
    q, k, v = (one.view(BATCH, N, HEADS, -1) for one in ALL(X).chunk(3, -1))
    scores = torch.einsum("bihd,bjhd->bijh", q, k)
    for dim, wrong in ((1, True), (2, False)):
        out = torch.einsum("bijh,bjhd->bihd", scores.softmax(dim), v)
        assert kinds(out) == [SELF_ATTENTION_DIM] * wrong


def test_of_two_tensors_the_kind_that_a_loss_may_take_back() -> None:
    assert kinds((Q(X) @ K(Y).mT).softmax(-2) @ V(Y)) == [ATTENTION_DIM]


def belief() -> Tensor:
    """Of a Markov chain: what is now goes on to the next state."""
    moves = (Q(X[0]) @ K(X[0]).T).softmax(-1)
    now = V(X[0]).T.softmax(-1)  # [WIDTH, states]
    return now @ moves


def turned_back() -> Tensor:
    return (K(X) @ Q(X).mT).softmax(-2).mT @ V(X)


def renormalised() -> Tensor:
    weights = (Q(X) @ K(X).mT).softmax(-2)
    return (weights / weights.sum(-1, keepdim=True)) @ V(X)


def renormalised_late() -> Tensor:
    weights = (Q(X) @ K(X).mT).softmax(-2)
    return (weights @ V(X)) / weights.sum(-1, keepdim=True)


def in_turns() -> Tensor:
    weights = (Q(X) @ K(X).mT).softmax(-2)
    return weights.log().softmax(-1) @ V(X)


def both_ways() -> Tensor:
    scores = Q(X) @ K(X).mT
    return (scores.softmax(-1) * scores.softmax(-2)) @ V(X)


def row_and_column() -> Tensor:
    """Of context and question (QANet), here of one length."""
    scores = Q(X) @ K(Y).mT
    return (scores.softmax(-1) @ scores.softmax(-2).mT) @ V(X)


def linear() -> Tensor:
    return Q(X).softmax(-1) @ (K(X).softmax(-2).mT @ V(X))


def pooled() -> Tensor:
    """Nodes are assigned to as many clusters (DiffPool)."""
    assigned = nn.Linear(WIDTH, N)(X).softmax(-1)
    return assigned.mT @ V(X)


def slots() -> Tensor:
    few = nn.Linear(WIDTH, WIDTH)(torch.randn(BATCH, 4, WIDTH))
    return (Q(few) @ K(X).mT).softmax(-2) @ V(X)


def adjacency() -> Tensor:
    """Learned, of embeddings of nodes, along its edges (Graph WaveNet)."""
    one, other = (nn.Parameter(torch.randn(N, 4)) for _ in range(2))
    return torch.einsum("bvc,vw->bwc", V(X), (one @ other.T).relu().softmax(1))


def embedded() -> Tensor:
    one = nn.Parameter(torch.randn(N, 4))
    return torch.einsum("bvc,vw->bwc", V(X), (one @ one.T).softmax(1))


def normed() -> Tensor:
    return nn.LayerNorm(WIDTH)((Q(X) @ K(X).mT).softmax(-2) @ V(X))


def of_channels() -> Tensor:
    """Channels that attend to each other (XCiT)."""
    q, k, v = (one.mT for one in ALL(X).chunk(3, -1))
    return (q @ k.mT).softmax(-1) @ v


def column_sums() -> Tensor:
    """Weights that a penalty wants to be even."""
    weights = (Q(X) @ K(X).mT).softmax(-2)
    return torch.cat([(weights @ V(X)).flatten(), weights.sum(-1).flatten()])


def of_one() -> Tensor:
    """Sequences of two."""
    x = X[:, :2]
    return (Q(x) @ K(x).mT).softmax(-2) @ V(x)


QUIET = (
    belief,
    turned_back,
    renormalised,
    renormalised_late,
    in_turns,
    both_ways,
    row_and_column,
    linear,
    pooled,
    slots,
    adjacency,
    embedded,
    normed,
    of_channels,
    column_sums,
    of_one,
)


@pytest.mark.parametrize("way", QUIET)
def test_what_only_looks_like_it(way: Callable[[], Tensor]) -> None:
    assert kinds(way()) == []


def test_ready_made_attentions() -> None:
    mha = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    for weights in (True, False):
        assert kinds(mha(X, X, X, need_weights=weights)[0]) == []
    assert kinds(nn.TransformerEncoderLayer(WIDTH, HEADS, 16, batch_first=True)(X)) == []


def test_several_losses_have_to_agree() -> None:
    watch = AttentionDim()
    for dim in (-2, -2):
        watch.look(plain(dim).mean())
        assert watch.told == ()
    watch.look(plain(-2).mean())
    assert [kind for kind, _ in watch.told] == [SELF_ATTENTION_DIM]
    watch = AttentionDim()
    watch.look(plain(-1).mean())
    assert watch.done
    assert watch.told == ()
