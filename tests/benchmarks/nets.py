"""Nets to train while something watches: what each is, and in which size on which device.

On a CPU a step takes some 2 to 40 ms on one thread, on a CUDA device about as long. None does more than a
plain program would: no clipping, no reading of the loss.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BATCHES = 8
"""Drawn once and taken in turn."""


class Net(NamedTuple):
    model: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Callable[[int], Tensor]
    """Of step i, counted from 0."""


def mlp(device: torch.device, *, batch: int) -> Net:
    """20 layers of 256 units: 42 tensors, 1.3 M elements."""
    layers = [m for _ in range(20) for m in (nn.Linear(256, 256), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(256, 10))
    for layer in layers[
        ::2
    ]:  # by default gradients shrink to a hundred millionth on their way back
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    model.to(device)
    x = torch.randn(BATCHES, batch, 256, device=device)
    return _classifier(model, torch.optim.SGD(model.parameters(), 0.01, momentum=0.9), x)


def cnn(device: torch.device, *, width: int, side: int, batch: int) -> Net:
    """Six convolutions with batch normalisation."""
    widths, layers, channels = (width, width, 2 * width, 2 * width, 4 * width, 4 * width), [], 3
    for i, wide in enumerate(widths):
        stride = 2 if i in (2, 4) else 1
        conv = nn.Conv2d(channels, wide, 3, stride, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(wide), nn.ReLU()]
        channels = wide
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    model = nn.Sequential(*layers, *head).to(device)
    x = torch.randn(BATCHES, batch, 3, side, side, device=device)
    return _classifier(model, torch.optim.SGD(model.parameters(), 0.01, momentum=0.9), x)


class Block(nn.Module):
    """Of a decoder, normalised before each part."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_in, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, tokens, width] -> the same"""
        batch, tokens, width = x.shape
        split = self.qkv(self.norm_in(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        attended = F.scaled_dot_product_attention(*split.permute(2, 0, 3, 1, 4), is_causal=True)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.down(F.gelu(self.up(self.norm_out(x))))


class Decoder(nn.Module):
    """Like GPT-2, with the embedding as the head's weights."""

    def __init__(self, words: int, tokens: int, width: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(tokens, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, 0, 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        """[batch, tokens] -> [batch, tokens, words]"""
        x = self.words(ids) + self.places.weight[: ids.shape[1]]
        return F.linear(self.norm(self.blocks(x)), self.words.weight)


def transformer(
    device: torch.device, *, words: int, tokens: int, width: int, blocks: int, batch: int
) -> Net:
    model = Decoder(words, tokens, width, width // 32, blocks).to(device)
    return _next_word(model, torch.optim.AdamW(model.parameters(), 3e-4), words, tokens, batch)


class Recurrent(nn.Module):
    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width, 2, batch_first=True)
        self.head = nn.Linear(width, words)

    def forward(self, ids: Tensor) -> Tensor:
        """[batch, tokens] -> [batch, tokens, words]"""
        return self.head(self.lstm(self.words(ids))[0])


def lstm(device: torch.device, *, words: int, tokens: int, width: int, batch: int) -> Net:
    model = Recurrent(words, width).to(device)
    return _next_word(model, torch.optim.Adam(model.parameters(), 1e-3), words, tokens, batch)


def small_tensors(device: torch.device, *, layers: int, batch: int) -> Net:
    """Layers of 16 units, two tensors each. They are orthogonal, and the rate is low, so that gradients
    reach the first and keep their size."""
    model = nn.Sequential(*(nn.Linear(16, 16) for _ in range(layers)))
    for layer in model:
        nn.init.orthogonal_(layer.weight)
        nn.init.zeros_(layer.bias)
    model.to(device)
    x = torch.randn(BATCHES, batch, 16, device=device)
    return _classifier(model, torch.optim.SGD(model.parameters(), 1e-6, momentum=0.9), x)


def _classifier(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Net:
    """`x`: [BATCHES, batch, ...], in ten classes drawn at random."""
    y = torch.randint(0, 10, x.shape[:2], device=x.device)
    return Net(model, optimizer, lambda i: F.cross_entropy(model(x[i % BATCHES]), y[i % BATCHES]))


def _next_word(
    model: nn.Module, optimizer: torch.optim.Optimizer, words: int, tokens: int, batch: int
) -> Net:
    device = next(model.parameters()).device
    ids = torch.randint(0, words, (BATCHES, batch, tokens + 1), device=device)

    def loss(i: int) -> Tensor:
        now = ids[i % BATCHES]
        return F.cross_entropy(model(now[:, :-1]).flatten(0, 1), now[:, 1:].flatten())

    return Net(model, optimizer, loss)


NETS: dict[str, dict[str, Callable[[torch.device], Net]]] = {
    "cpu": {
        "mlp": partial(mlp, batch=64),
        "cnn": partial(cnn, width=16, side=16, batch=16),
        "transformer": partial(transformer, words=256, tokens=32, width=128, blocks=4, batch=4),
        "lstm": partial(lstm, words=256, tokens=24, width=128, batch=16),
        "200 tensors": partial(small_tensors, layers=100, batch=16),
        "1000 tensors": partial(small_tensors, layers=500, batch=16),
    },
    "cuda": {
        "mlp": partial(mlp, batch=256),
        "cnn": partial(cnn, width=64, side=64, batch=64),
        "transformer": partial(transformer, words=50304, tokens=512, width=768, blocks=12, batch=8),
        "lstm": partial(lstm, words=1000, tokens=64, width=512, batch=32),
        "200 tensors": partial(small_tensors, layers=100, batch=64),
        "1000 tensors": partial(small_tensors, layers=500, batch=64),
    },
}
"""By device type and name."""
