"""Activations, normalisations and the initialisations that a scenario can name."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from gradtui.lab.scenario import schema


class ScaledSigmoid(nn.Module):
    """4 s(x) - 2: a sigmoid with zero mean and slope 1 at the origin (Xu et al. 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return 4 * torch.sigmoid(x) - 2


class Maxout(nn.Module):
    """The larger of two linear pieces (Goodfellow et al. 2013): [..., 2n, ...] -> [..., n, ...]."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        return torch.maximum(first, second)


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "scaled_sigmoid": ScaledSigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "prelu": nn.PReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "swish": nn.SiLU,
    "relu6": nn.ReLU6,
    "maxout": Maxout,
    "identity": nn.Identity,
}


def activation(name: str) -> nn.Module:
    return ACTIVATIONS[name]()


def pieces(name: str) -> int:
    """How many linear outputs one unit of this activation takes."""
    return 2 if name == "maxout" else 1


def normalisation(kind: str, channels: int, *, spatial: bool = False) -> nn.Module | None:
    """A normalisation over `channels` features or, where `spatial`, feature maps; None for none."""
    match kind:
        case "batch":
            return nn.BatchNorm2d(channels) if spatial else nn.BatchNorm1d(channels)
        case "layer":
            # Over channels and pixels of one example, as GroupNorm with one group does it.
            return nn.GroupNorm(1, channels) if spatial else nn.LayerNorm(channels)
        case "group":
            return nn.GroupNorm(math.gcd(8, channels), channels)
        case "rms":
            return nn.RMSNorm(channels)
    return None


def forgets_bias(kind: str) -> bool:
    """True for normalisations that subtract a mean which holds the bias of the layer before.

    Batch statistics are taken a unit at a time, so a unit's constant bias vanishes exactly; layer
    and group statistics mix units with different biases, so theirs stay alive.
    """
    return kind == "batch"


@torch.no_grad()
def initialise(layer: nn.Module, model: schema.Model, *, hidden: bool = True) -> None:
    """First weights of one Linear or Conv layer as `model.init` says; "default" leaves torch's own.

    Biases start at zero unless torch's default is kept; `model.bias` overrides hidden ones.
    """
    mode: Literal["fan_in", "fan_out"] = "fan_out" if model.init_mode == "fan_out" else "fan_in"
    weight = layer.weight
    bias = layer.bias
    assert isinstance(weight, Tensor)
    match model.init:
        case "xavier_uniform":
            nn.init.xavier_uniform_(weight)
        case "xavier_normal":
            nn.init.xavier_normal_(weight)
        case "he_uniform":
            nn.init.kaiming_uniform_(weight, mode=mode, nonlinearity="relu")
        case "he_normal":
            nn.init.kaiming_normal_(weight, mode=mode, nonlinearity="relu")
        case "lecun_normal":
            nn.init.kaiming_normal_(weight, mode=mode, nonlinearity="linear")
        case "orthogonal":
            nn.init.orthogonal_(weight)
        case "normal":
            nn.init.normal_(weight, std=model.init_std)
    if hidden:
        weight.mul_(model.init_gain)
    if isinstance(bias, Tensor):
        if model.init != "default":
            bias.zero_()
        if hidden and model.bias is not None:
            bias.fill_(model.bias)
