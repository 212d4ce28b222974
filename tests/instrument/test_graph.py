"""Order, activations, zeros and plainness of nets are read off the graph of their first loss."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gradtui.autograd.topology import wiring_of
from tests.instrument.nets import (
    IMAGES,
    Backwards,
    Recurrent,
    Residual,
    Text,
)
from tests.instrument.seeing import idle, of, rows, seen


@pytest.mark.parametrize("half", [False, True])
def test_functions_and_modules_registered_backwards(half: bool) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        layout, info = of(Backwards())
    assert rows(layout) == [("a", "relu"), ("b", "tanh"), ("c", "")]
    assert [t.name for t in layout.tensors[:3]] == ["a.weight", "a.bias", "b.weight"]
    assert [t.row for t in layout.tensors] == [0, 0, 1, 1, 2, 2]
    assert (info.not_plain, info.residual) == ("", False)


def test_a_sequence() -> None:
    steps = [nn.Linear(64, 8), nn.SELU(), nn.Linear(8, 8), nn.Linear(8, 4)]
    layout, info = of(nn.Sequential(*steps))
    assert rows(layout) == [("0", "selu"), ("2", "identity"), ("3", "")]
    assert info.not_plain == ""


CONVOLUTIONS: dict[str, tuple[list[nn.Module], str]] = {
    "plain": ([nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)], ""),
    "pooled": ([nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(1)], "MaxPool2D"),
    "strided": ([nn.Conv2d(1, 4, 3, padding=1, stride=2)], "changes the size"),
    "reflected": ([nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect")], "changes the size"),
    "grouped": ([nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, groups=2)], "size"),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name: str) -> None:
    steps, why = CONVOLUTIONS[name]
    size = nn.Sequential(*steps)(IMAGES).flatten(1).shape[1]
    layout, info = of(nn.Sequential(*steps, nn.ReLU(), nn.Flatten(), nn.Linear(size, 4)), IMAGES)
    assert layout.rows[0].activation in ("relu", "identity", "")
    assert why in info.not_plain
    assert bool(why) == bool(info.not_plain)


def test_a_residual_net() -> None:
    layout, info = of(Residual())
    assert rows(layout) == [("i", ""), ("f.0", "tanh"), ("f.1", "tanh"), ("o", "")]
    assert info.residual
    assert "skip" in info.not_plain


def test_biases_before_normalisations() -> None:
    norms: list[tuple[nn.Module, bool]] = [
        (nn.BatchNorm2d(4), True),
        (nn.BatchNorm2d(4).eval(), False),
        (nn.InstanceNorm2d(4), True),
        (nn.GroupNorm(4, 4), True),
        (nn.GroupNorm(2, 4), False),
        (nn.LayerNorm([4, 8, 8]), False),
    ]
    for norm, zero in norms:
        net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), norm, nn.ReLU(), nn.Flatten())
        layout, info = of(net.append(nn.Linear(256, 4)), IMAGES)
        assert layout.rows[0].activation == "relu"
        assert idle(layout) == (["0.bias"] if zero else []), norm
        assert info.not_plain == "there are normalisations"


@pytest.mark.parametrize(("kind", "word"), [(nn.LSTM, ""), (nn.RNN, "tanh"), (nn.GRU, "")])
def test_recurrent_nets(kind: type[nn.RNNBase], word: str) -> None:
    layout, info = of(Recurrent(kind), IMAGES[:, 0])
    assert rows(layout) == [("embed", ""), ("cells", word), ("head", "")]
    assert info.not_plain
    assert not info.residual


@pytest.mark.parametrize("first", [True, False])
def test_a_transformer_with_a_tied_weight(first: bool) -> None:
    net, words = Text(first), torch.randint(0, 10, (4, 6))
    layout, info = seen(net, lambda: F.cross_entropy(net(words).flatten(0, 1), words.flatten()))
    names = [row.name for row in layout.rows]
    assert names[0] == "embed"
    assert (names.index("net.layers.0.norm1") < names.index("net.layers.0.self_attn")) is first
    assert dict(rows(layout))["net.layers.1.linear1"] == "gelu"
    assert info.residual
    assert info.not_plain


def test_operations_without_a_slope_on_the_only_way_back() -> None:
    """Parameters that have another way are not told, nor is what requires a gradient and is no parameter."""
    one, other, both = (nn.Parameter(torch.randn(3)) for _ in range(3))
    data = torch.randn(3, requires_grad=True)
    loss = (one.round() * 2 + other + both.sign() + both + data.floor()).sum()
    assert wiring_of(loss).flat == ("round()",)
    straight = one + (one.round() - one).detach()
    assert wiring_of((straight * other).sum()).flat == ()
    both_flat = wiring_of(((one * 3).floor() + other.ceil()).sum()).flat
    assert sorted(both_flat) == ["ceil()", "floor()"]


def test_what_is_taken_over_one_value_on_the_only_way_back() -> None:
    value, gain, score = (nn.Parameter(torch.randn(3)) for _ in range(3))
    state = torch.randn(4, 3)
    answer, gains = (state * value).sum(1, keepdim=True), (state * gain).unsqueeze(-1)
    whole = (answer.unsqueeze(1) + gains - gains.mean(-1, keepdim=True)).sum()
    (words,) = wiring_of(whole).of_one
    assert words == "a difference from its own mean over a dim of one value, which is 0"
    whole.backward()
    assert gain.grad is not None
    assert not gain.grad.any()
    right = (answer.unsqueeze(1) + gains - gains.mean(1, keepdim=True)).pow(2).sum()
    assert wiring_of(right).of_one == ()

    lone = (state * score).sum(1, keepdim=True)
    assert wiring_of((lone.softmax(-1) * value).sum()).of_one == (
        "a softmax over a dim of one value, which gives 1",
    )
    assert wiring_of((lone.softmax(0) * value).sum()).of_one == ()
    assert len(wiring_of((lone / lone.sum(1, keepdim=True) * value).sum()).of_one) == 1
    # Another way back, or another tensor's mean.
    less = lone - lone.mean(1, keepdim=True)
    assert len(wiring_of((less * value).sum()).of_one) == 1
    assert wiring_of((less * value + lone).sum()).of_one == ()
    assert wiring_of((lone.softmax(-1) + score).sum()).of_one == ()
    assert (
        wiring_of((lone - (state * value).sum(1, keepdim=True).mean(1, keepdim=True)).sum()).of_one
        == ()
    )
