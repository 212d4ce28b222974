"""Examples that are mixed within a batch are told; what only looks like it is not."""

from collections.abc import Callable
from math import prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.loss_inputs import fed_wrongly
from gradtui.autograd.mixed_examples import Rows, mixed, reshaped

B, T, E = 6, 5, 4
"""Examples, positions and features."""
LABELS = torch.tensor([0, 1, 2, 3, 0, 1])
INPUTS = torch.randn(B, T, E, generator=torch.Generator().manual_seed(0))
HEAD = nn.Linear(E, 4)
Loss = Callable[[], Tensor]


def lstm(**how: bool) -> nn.LSTM:
    return nn.LSTM(E, E, **how)


def layer(**how: bool) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(E, 2, 8, **how)


def told(hidden: Tensor) -> Tensor:
    return F.cross_entropy(HEAD(hidden), LABELS)


def attended(queries: Tensor, keys: Tensor) -> Tensor:
    """Written out, of two heads [positions, examples, features]."""
    long, many, _ = queries.shape
    parts = [one.reshape(long, many * 2, E // 2).transpose(0, 1) for one in (queries, keys, keys)]
    weights = (parts[0] @ parts[1].transpose(1, 2)).softmax(-1)
    return (weights @ parts[2]).transpose(0, 1).reshape(long, many, E)


def by_hand(x: Tensor, time: int) -> Tensor:
    state, states = torch.zeros(x.shape[1 - time], E), []
    for one in x.unbind(time):
        state = torch.tanh(HEAD(one) + state)
        states.append(state)
    return torch.stack(states, time)


WRONG: dict[str, tuple[Loss, str]] = {
    "time for examples": (lambda: told(lstm()(INPUTS)[0][:, -1]), "across_examples"),
    "examples for time": (
        lambda: told(lstm(batch_first=True)(INPUTS.transpose(0, 1))[0][-1]),
        "across_examples",
    ),
    "the last position of each": (
        lambda: told(lstm()(INPUTS)[0][torch.arange(B), torch.randint(0, T, (B,))]),
        "across_examples",
    ),
    "of two layers and directions": (
        lambda: told(
            nn.LSTM(E, 2, num_layers=2, bidirectional=True)(INPUTS)[0].mean(1),
        ),
        "across_examples",
    ),
    "step by step": (lambda: told(nn.GRU(E, E)(INPUTS)[0][:, -1]), "across_examples"),
    "backwards": (
        lambda: told(nn.RNN(E, 2, bidirectional=True)(INPUTS)[0][:, 0]),
        "across_examples",
    ),
    "by hand": (lambda: told(by_hand(INPUTS, 0)[:, -1]), "across_examples"),
    "numbers for each example": (
        lambda: F.mse_loss(HEAD(lstm()(INPUTS)[0][:, -1])[:, :3], torch.ones(B, 3)),
        "across_examples",
    ),
    "attention": (lambda: told(layer()(HEAD(INPUTS)).mean(1)), "across_examples"),
    "attention with weights": (
        lambda: told(nn.MultiheadAttention(E, 2)(*3 * [HEAD(INPUTS)])[0].amax(1)),
        "across_examples",
    ),
    "attention written out": (
        lambda: told(attended(h := HEAD(INPUTS), h).mean(1)),
        "across_examples",
    ),
    "columns of an image as time": (
        lambda: F.cross_entropy(
            HEAD(
                lstm(batch_first=True)(
                    nn.Conv2d(1, E, 3)(torch.randn(B, 1, 3, 7)).squeeze(2).permute(2, 0, 1)
                )[0]
            )
            .permute(1, 0, 2)
            .reshape(-1, 4),
            torch.zeros(B * 5, dtype=torch.long),
        ),
        "across_examples",
    ),
    "a last state reshaped": (
        lambda: told(
            nn.LSTM(E, E // 2, bidirectional=True, batch_first=True)(INPUTS)[1][0].reshape(B, E)
        ),
        "torn_examples",
    ),
    "states reshaped": (
        lambda: F.cross_entropy(
            nn.Linear(T * E, 4)(lstm()(INPUTS.transpose(0, 1))[0].reshape(B, T * E)), LABELS
        ),
        "torn_examples",
    ),
    "scores of a class": (
        lambda: F.nll_loss(HEAD(INPUTS[:, 0]).log_softmax(0), LABELS),
        "softmax_over_examples",
    ),
    "weights of positions": (
        lambda: told((HEAD(INPUTS).mean(2).softmax(0).unsqueeze(2) * HEAD(INPUTS)).sum(1)),
        "softmax_over_examples",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_told(name: str) -> None:
    loss, kind = WRONG[name]
    assert [found for found, _ in mixed(loss())] == [kind]


def test_the_words_say_how_many() -> None:
    ((_, words),) = mixed(WRONG["examples for time"][0]())
    assert words == (
        "a recurrent layer steps from one of the 6 examples of a batch to the next, and their 5 positions "
        "lie side by side, as examples should"
    )


RIGHT: dict[str, Loss] = {
    "batch first": lambda: told(lstm(batch_first=True)(INPUTS)[0][:, -1]),
    "the last position of each": lambda: told(
        lstm(batch_first=True)(INPUTS)[0][torch.arange(B), torch.randint(0, T, (B,))]
    ),
    "as many positions as examples": lambda: told(
        lstm(batch_first=True)(torch.randn(B, B, E))[0][torch.arange(B), torch.arange(B)]
    ),
    "time first": lambda: told(lstm()(INPUTS.transpose(0, 1))[0][-1]),
    "the last state": lambda: told(nn.GRU(E, E, batch_first=True)(INPUTS)[1][-1]),
    "by hand": lambda: told(by_hand(INPUTS, 1)[:, -1]),
    "one sequence": lambda: told(lstm()(INPUTS[:, 0])[0]),
    "one sequence, with a batch of one": lambda: told(lstm()(INPUTS[:, :1])[0][:, 0]),
    "positions of all examples": lambda: F.cross_entropy(
        HEAD(lstm()(INPUTS)[0]).reshape(-1, 4), LABELS.repeat(T)
    ),
    "a table of times and series": lambda: F.mse_loss(
        nn.Linear(E, 1)(lstm()(INPUTS)[0]).squeeze(2), torch.ones(B, T)
    ),
    "attention": lambda: told(layer(batch_first=True)(HEAD(INPUTS)).mean(1)),
    "attention over a set": lambda: told(layer()(HEAD(INPUTS[:, 0]))),
    "attention over a batch of one": lambda: told(layer()(HEAD(INPUTS[:, :1])).squeeze(1)),
    "attention of nodes, two heads, in one table": lambda: told(
        F.scaled_dot_product_attention(
            *nn.Linear(E, 3 * E)(INPUTS[:, 0]).view(B, 3, 2, E // 2).permute(1, 2, 0, 3).unbind(0)
        )
        .transpose(0, 1)
        .reshape(B, E)
    ),
    "pairs": lambda: F.cross_entropy(HEAD(INPUTS[:, 0]) @ HEAD(INPUTS[:, 1]).T, torch.arange(B)),
    "pairs, the other way": lambda: F.cross_entropy(
        (HEAD(INPUTS[:, 0]) @ HEAD(INPUTS[:, 1]).T).softmax(0).T, torch.arange(B)
    ),
    "a flattened image": lambda: F.cross_entropy(
        nn.Linear(4 * 9, 4)(nn.Conv2d(1, 4, 3)(torch.randn(B, 1, 5, 5)).reshape(B, -1)), LABELS
    ),
    "positions put together by twos": lambda: F.cross_entropy(
        nn.Linear(2 * E, 4)(HEAD(torch.randn(3, 4, E)).reshape(6, 2 * E)), LABELS
    ),
    "a last state turned": lambda: told(
        nn.LSTM(E, E // 2, bidirectional=True, batch_first=True)(INPUTS)[1][0]
        .transpose(0, 1)
        .reshape(B, E)
    ),
    "no graph": lambda: torch.zeros((), requires_grad=True),
    "a function of somebody's own": lambda: told(Doubled.apply(HEAD(INPUTS[:, 0]))),
}


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: object, *grads: Tensor) -> Tensor:
        return 2 * grads[0]


@pytest.mark.parametrize("name", RIGHT)
def test_not_told(name: str) -> None:
    assert mixed(RIGHT[name]()) == ()


def test_scores_of_pixels_reshaped_as_they_lie() -> None:
    scores = nn.Conv2d(1, 3, 3)(torch.randn(2, 1, 7, 6))
    labels = torch.zeros(2 * 5 * 4, dtype=torch.long)
    wrong = F.cross_entropy(scores.relu().reshape(-1, 3), labels)
    right = F.cross_entropy(scores.permute(0, 2, 3, 1).reshape(-1, 3), labels)
    whole = F.cross_entropy(scores, labels.view(2, 5, 4))
    assert "scrambled_scores" in dict(fed_wrongly(wrong))
    assert not fed_wrongly(right)
    assert not fed_wrongly(whole)


@pytest.mark.parametrize("flat", [False, True])
def test_scores_of_positions_reshaped_for_a_loss_that_wants_classes_first(flat: bool) -> None:
    """[2, 5 positions, 3 classes], or [10, 3], made to [2, 3, 5]."""
    states = torch.randn(2, 5, 4)
    scores = nn.Linear(4, 3)(states.flatten(0, 1) if flat else states)
    labels = torch.zeros(2, 5, dtype=torch.long)
    wrong = F.cross_entropy(scores.reshape(2, 3, 5), labels)
    right = F.cross_entropy(scores.view(2, 5, 3).transpose(1, 2), labels)
    turned = F.cross_entropy(
        scores.view(2, 5, 3).transpose(1, 2).contiguous().view(2, 3, 5), labels
    )
    of_all = F.cross_entropy(nn.Linear(4, 15)(torch.randn(2, 4)).view(2, 3, 5), labels)
    alone = F.cross_entropy(scores.reshape(10, 3, 1), labels.view(10, 1))
    assert "without turning" in dict(fed_wrongly(wrong))["scrambled_scores"]
    assert not fed_wrongly(right)
    assert not fed_wrongly(turned)
    assert not fed_wrongly(of_all)
    assert not fed_wrongly(alone)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[int], list[int], Rows]:
    """A tensor, another shape of as many numbers, and rows in the latter."""
    factors = draw(st.lists(st.integers(2, 4), min_size=2, max_size=5))

    def cut() -> list[int]:
        ends = [*sorted(draw(st.sets(st.integers(1, len(factors) - 1)))), len(factors)]
        return [prod(factors[a:b]) for a, b in zip([0, *ends], ends, strict=False)]

    before, after = cut(), cut()
    dim = draw(st.integers(0, len(after) - 1))
    inner = draw(st.sampled_from([n for n in range(1, after[dim]) if after[dim] % n == 0]))
    left = after[dim] // inner
    examples = draw(st.sampled_from([n for n in range(2, left + 1) if left % n == 0]))
    return before, after, Rows(dim, inner, examples)


def number_of_example(shape: list[int], rows: Rows) -> Tensor:
    """Of each element, the example that it belongs to."""
    at = torch.arange(shape[rows.dim]) // rows.inner % rows.examples
    view = [1] * len(shape)
    view[rows.dim] = -1
    return at.view(view).expand(shape).reshape(-1)


@given(shapes())
def test_a_reshape_is_followed(made: tuple[list[int], list[int], Rows]) -> None:
    before, after, rows = made
    found = reshaped(before, after, rows)
    wanted = number_of_example(after, rows)
    if found is not None:
        assert torch.equal(number_of_example(before, found), wanted)
        return
    for dim, size in enumerate(before):
        for inner in range(1, size):
            if size % (inner * rows.examples) == 0:
                other = number_of_example(before, Rows(dim, inner, rows.examples))
                assert not torch.equal(other, wanted)
