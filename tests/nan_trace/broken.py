"""Modules with one fault each, and nets to plant them in."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 8


class Do(nn.Module):
    """Runs a function: a fault, by what it does."""

    def __init__(self, what: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Any:
        return self.what(x)


class WrongBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        return grad / 0


def zero(x: Tensor) -> Tensor:
    """Exact zeros with a gradient."""
    return x * 0


FORWARD: dict[str, Callable[[Tensor], Tensor]] = {
    "overflow_by_squaring": lambda x: (x.abs() + 1e20).square(),
    "zero_by_zero": lambda x: zero(x) / zero(x),
    "one_by_zero": lambda x: 1 / zero(x),
    "log_of_zero": lambda x: zero(x).log(),
    "log_of_negative": lambda x: (-x.abs() - 1).log(),
    "exp_overflow": lambda x: (x.abs() + 100).exp(),
    "sqrt_of_negative": lambda x: (-x.abs() - 1).sqrt(),
    "negative_base": lambda x: (-x.abs() - 1).pow(0.5),
    "acos_beyond_one": lambda x: (x.abs() + 2).acos(),
    "std_of_constants": lambda x: (x - x.mean(1, keepdim=True)) / zero(x).std(1, keepdim=True),
    "inf_minus_inf": lambda x: (x.abs() + 100).exp() - (x.abs() + 101).exp(),
    "atanh_of_one": lambda x: (zero(x) + 1).atanh(),
}
"""Outputs that are not finite, from finite inputs."""

BACKWARD: dict[str, Callable[[Tensor], Tensor]] = {
    "sqrt_at_zero": lambda x: zero(x).sqrt(),
    "norm_at_zero": lambda x: x + zero(x).square().sum(1, keepdim=True).sqrt(),
    "acos_at_one": lambda x: (zero(x) + 1).acos(),
    "pow_at_zero": lambda x: zero(x).pow(0.5),
    "where_hides_nothing": lambda x: torch.where(x > 1e9, zero(x).sqrt(), x),
    "custom_function": lambda x: WrongBackward.apply(x),
    "spread_of_constants": lambda x: x / (zero(x).var(1, keepdim=True).sqrt() + 1),
    "acosh_at_one": lambda x: (zero(x) + 1).acosh(),
    "asin_at_one": lambda x: (zero(x) + 1).asin(),
    "log_of_tiny": lambda x: (zero(x) + 1e-44).log(),
    "hypot_at_zero": lambda x: torch.hypot(zero(x), zero(x)),
    "cube_root_at_zero": lambda x: zero(x).abs().pow(1 / 3),
}
"""Outputs that are finite, and gradients that are not."""


def mlp(fault: nn.Module) -> tuple[nn.Module, str]:
    parts = [nn.Linear(WIDTH, WIDTH), nn.ReLU(), fault, nn.Linear(WIDTH, WIDTH), nn.Tanh()]
    return nn.Sequential(*parts, nn.Linear(WIDTH, 3)), "2"


def inplace(fault: nn.Module) -> tuple[nn.Module, str]:
    parts = [nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True), fault]
    return nn.Sequential(
        *parts, nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True), nn.Linear(WIDTH, 3)
    ), "2"


def cnn(fault: nn.Module) -> tuple[nn.Module, str]:
    parts = [nn.Unflatten(1, (1, 2, 4)), nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)]
    after = [
        nn.Conv2d(4, 4, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 2, 1),
        nn.Flatten(),
        nn.Linear(16, 3),
    ]
    named = OrderedDict((f"p{i}", one) for i, one in enumerate([*parts, nn.Flatten(2)]))
    named["fault"] = fault
    named |= OrderedDict((f"q{i}", one) for i, one in enumerate([nn.Unflatten(2, (2, 4)), *after]))
    return nn.Sequential(named), "fault"


class Recurrent(nn.Module):
    def __init__(self, cell: type[nn.RNNBase], fault: nn.Module) -> None:
        super().__init__()
        self.rnn = cell(WIDTH, WIDTH, batch_first=True)
        self.fault = fault
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(x.unsqueeze(1).expand(-1, 5, -1))
        return self.head(self.fault(states[:, -1]))


def lstm(fault: nn.Module) -> tuple[nn.Module, str]:
    return Recurrent(nn.LSTM, fault), "fault"


def gru(fault: nn.Module) -> tuple[nn.Module, str]:
    return Recurrent(nn.GRU, fault), "fault"


class Former(nn.Module):
    def __init__(self, fault: nn.Module) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.encoder.layers[1].linear1 = nn.Sequential(fault, nn.Linear(WIDTH, 16))
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(x.unsqueeze(1).expand(-1, 5, -1)).mean(1))


def transformer(fault: nn.Module) -> tuple[nn.Module, str]:
    return Former(fault), "encoder.layers.1.linear1.0"


class Block(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.norm, self.inner, self.drop = nn.LayerNorm(WIDTH), inner, nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.drop(self.inner(self.norm(x)))


def nested(fault: nn.Module) -> tuple[nn.Module, str]:
    return nn.Sequential(Block(nn.Identity()), Block(Block(fault)), nn.Linear(WIDTH, 3)), (
        "1.inner.inner"
    )


NETS = {one.__name__: one for one in (mlp, inplace, cnn, lstm, gru, transformer, nested)}


class Gap(nn.Module):
    """A fault in its own code, between two of its modules."""

    def __init__(self, what: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.what(self.first(x)))


class Tail(nn.Module):
    """A fault in its own code, after its last module."""

    def __init__(self, what: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first = nn.Linear(WIDTH, WIDTH)
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        return self.what(self.first(x))


class Twice(nn.Module):
    """One module called twice, the second time with what breaks it."""

    def __init__(
        self, what: Callable[[Tensor], Tensor], before: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.tied, self.before = Do(what), before
        self.first, self.last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.tied(self.first(x).abs() + 1)
        return self.last(self.tied(self.before(x)))


class Branches(nn.Module):
    """A dict of outputs, one of which is broken."""

    def __init__(self, fault: nn.Module) -> None:
        super().__init__()
        self.trunk, self.good, self.bad = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2), fault

    def forward(self, x: Tensor) -> dict[str, Any]:
        x = self.trunk(x)
        return {"good": self.good(x), "bad": [self.bad(x)], "epoch": 3, "none": None}


class Masked(nn.Module):
    """Self-attention with a mask of which row `row` is minus infinity throughout."""

    def __init__(self, row: int | None) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.head = nn.Linear(WIDTH, 3)
        mask = torch.triu(torch.full((5, 5), -torch.inf), 1)
        if row is not None:
            mask[row] = -torch.inf
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        x = x.unsqueeze(1).expand(-1, 5, -1)
        return self.head(self.attention(x, x, x, attn_mask=self.mask)[0].mean(1))


class OwnAttention(nn.Module):
    """The same by hand, with a Softmax module of its own."""

    def __init__(self, row: int | None) -> None:
        super().__init__()
        self.query, self.softmax = nn.Linear(WIDTH, WIDTH), nn.Softmax(-1)
        self.head = nn.Linear(WIDTH, 3)
        self.row = row

    def forward(self, x: Tensor) -> Tensor:
        x = x.unsqueeze(1).repeat(1, 5, 1)
        scores = self.query(x) @ x.transpose(1, 2)
        hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)
        if self.row is not None:
            hidden[self.row] = True
        weights = self.softmax(scores.masked_fill(hidden, -torch.inf))
        return self.head((weights @ x).mean(1))


class Noisy(nn.Module):
    """Breaks only where dropout, or a draw, falls a certain way."""

    def __init__(self, draw: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.drop = nn.Linear(WIDTH, WIDTH), nn.Dropout(0.5)
        self.fault, self.last = Do(draw), nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.fault(self.drop(self.first(x))))


class Checkpointed(nn.Module):
    def __init__(self, fault: nn.Module, *, reentrant: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(WIDTH, WIDTH), fault, nn.Linear(WIDTH, WIDTH))
        self.first, self.head = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 3)
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Tensor:
        from torch.utils.checkpoint import checkpoint

        x = self.first(x)
        return self.head(checkpoint(self.body, x, use_reentrant=self.reentrant))


def cross_entropy_by_hand(out: Tensor) -> Tensor:
    chance = F.one_hot(out.argmax(1), out.shape[1]).to(out.dtype) + zero(out)
    return -chance.log().mean()
