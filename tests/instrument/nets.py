"""Small networks of many kinds, for the tests beside."""

import torch
from torch import Tensor, nn

IMAGES = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(8) % 4


class Backwards(nn.Module):
    """Its layers are registered last one first."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Linear(8, 4)
        self.b = nn.Linear(8, 8)
        self.a = nn.Linear(64, 8)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.c(torch.tanh(self.b(torch.relu(self.a(x)))))
        return out


class Residual(nn.Module):
    def __init__(self, depth: int = 2) -> None:
        super().__init__()
        self.i = nn.Linear(64, 8)
        self.f = nn.ModuleList(nn.Linear(8, 8) for _ in range(depth))
        self.o = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.i(x)
        for layer in self.f:
            x = x + torch.tanh(layer(x))
        out: Tensor = self.o(x)
        return out


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.head = nn.Linear(6, 4)
        self.cells = kind(8, 6, num_layers=2, batch_first=True)  # type: ignore[call-arg]
        self.embed = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.cells(self.embed(x))[0][:, -1])
        return out


class Text(nn.Module):
    """A Transformer whose output layer is its embedding."""

    def __init__(self, norm_first: bool) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            16, 2, 32, batch_first=True, norm_first=norm_first, activation="gelu"
        )
        self.net = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.embed = nn.Embedding(10, 16)
        self.head = nn.Linear(16, 10, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        out: Tensor = self.head(self.net(self.embed(words)))
        return out


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.top = nn.Linear(8, 1)
        self.tower = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.top((self.tower(x) - self.tower(-x)).abs())
        return out
