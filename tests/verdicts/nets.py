"""Small nets for the cases."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Init = Callable[[Tensor], Any]


def mlp(
    depth: int,
    width: int = 64,
    *,
    act: Callable[[], nn.Module] = nn.ReLU,
    norm: Callable[[int], nn.Module] | None = None,
    init: Init | None = None,
    sizes: tuple[int, int] = (64, 10),
    dropout: float = 0.0,
    bias: bool = True,
) -> nn.Sequential:
    """`depth` linear layers in all; `init` fills the weights, and biases are zero then."""
    layers: list[nn.Module] = []
    before = sizes[0]
    for _ in range(depth - 1):
        layers.append(nn.Linear(before, width, bias=bias))
        if norm is not None:
            layers.append(norm(width))
        layers.append(act())
        if dropout:
            layers.append(nn.Dropout(dropout))
        before = width
    net = nn.Sequential(*layers, nn.Linear(before, sizes[1], bias=bias))
    return filled(net, init)


def filled(net: Any, init: Init | None) -> Any:
    for module in net.modules() if init is not None else ():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            init(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net


def he(weight: Tensor) -> Any:
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")


def glorot(weight: Tensor) -> Any:
    return nn.init.xavier_uniform_(weight)


def normal(std: float) -> Init:
    return lambda weight: nn.init.normal_(weight, std=std)


class Residual(nn.Module):
    """A stem, blocks around which the signal is passed, a head."""

    def __init__(
        self,
        depth: int,
        width: int = 32,
        *,
        norm: bool = True,
        scale: float = 1.0,
        act: Callable[[], nn.Module] = nn.ReLU,
        init: Init = he,
    ) -> None:
        super().__init__()
        self.stem = nn.Linear(64, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width) if norm else nn.Identity(), act(), nn.Linear(width, width)
            )
            for _ in range(depth)
        )
        self.head = nn.Linear(width, 10)
        self.scale = scale
        filled(self.blocks, init)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + self.scale * block(x)
        return self.head(x)


def cnn(
    depth: int = 4, width: int = 8, *, norm: bool = True, init: Init | None = None
) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 1
    for _ in range(depth):
        layers.append(nn.Conv2d(before, width, 3, padding=1))
        if norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
        before = width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, 10))
    return filled(net, init)


class Recurrent(nn.Module):
    def __init__(
        self, kind: type[Any], inputs: int, hidden: int, answers: int, **more: Any
    ) -> None:
        super().__init__()
        self.rnn = kind(inputs, hidden, batch_first=True, **more)
        self.head = nn.Linear(hidden, answers)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


class Attention(nn.Module):
    """A Transformer over rows of pixels, or over letters where `letters` is given."""

    def __init__(
        self, depth: int = 2, width: int = 32, *, pre: bool = True, letters: int = 0
    ) -> None:
        super().__init__()
        self.inputs = nn.Embedding(letters, width) if letters else nn.Linear(8, width)
        self.place = nn.Parameter(0.02 * torch.randn(32, width))
        block = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=pre
        )
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.head = nn.Linear(width, letters or 10)
        self.letters = letters

    def forward(self, x: Tensor) -> Tensor:
        x = self.inputs(x) + self.place[: x.shape[1]]
        mask = None
        if self.letters:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        x = self.blocks(x, mask=mask)
        return self.head(x if self.letters else x.mean(1))


def chain(modules: Sequence[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*modules)


class Softly(nn.Module):
    """A classifier in the style of a tutorial: encoder, neck, classifier."""

    def __init__(self, depth: int = 3, width: int = 48, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(
            nn.Linear(64 if i == 0 else width, width) for i in range(depth)
        )
        self.act = act()
        self.classifier = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.encoder:
            x = self.act(layer(x))
        return self.classifier(x)
