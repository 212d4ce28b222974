"""A small Transformer encoder over the eight pixel rows of a digit, pre- or post-norm."""

import math

import torch
from torch import Tensor, nn

from gradtui.core.layout import RowInfo
from gradtui.lab.models.parts import activation, initialise, normalisation
from gradtui.lab.models.rows import KEY_BIAS, LayerRow, Network, module_row
from gradtui.lab.scenario import schema
from gradtui.lab.scenario.model_kinds import HEADS

TOKENS = 8


class Attention(nn.Module):
    """Multi-head self-attention with separate query, key and value layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, tokens, HEADS, width // HEADS).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(2, 3) / math.sqrt(width // HEADS)
        mixed = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(batch, tokens, width)
        out: Tensor = self.out(mixed)
        return out


class FeedForward(nn.Module):
    def __init__(self, width: int, act: str) -> None:
        super().__init__()
        self.up = nn.Linear(width, 2 * width)
        self.act = activation(act)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down(self.act(self.up(x)))
        return out


class Branch(nn.Module):
    """A residual branch: post-norm is norm(x + f(x)), pre-norm x + f(norm(x)) (Xiong et al. 2020)."""

    def __init__(self, inner: nn.Module, norm: nn.Module | None, pre: bool) -> None:
        super().__init__()
        self.inner = inner
        self.norm = norm if norm is not None else nn.Identity()
        self.pre = pre

    def forward(self, x: Tensor) -> Tensor:
        if self.pre:
            return x + self.inner(self.norm(x))  # type: ignore[no-any-return]
        return self.norm(x + self.inner(x))  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """[batch, 8 tokens, 8 pixels] -> [batch, outputs]."""

    def __init__(self, model: schema.Model, features: int, outputs: int) -> None:
        super().__init__()
        width, pre = model.width, model.norm_place == "pre"
        self.embed = nn.Linear(features, width)
        self.place = nn.Parameter(torch.randn(TOKENS, width) * 0.02)
        branches: list[Branch] = []
        for _ in range(model.depth):
            for inner in (Attention(width), FeedForward(width, model.activation)):
                branches.append(Branch(inner, normalisation(model.norm, width), pre))
        self.branches = nn.Sequential(*branches)
        # Pre-norm leaves the residual stream unnormalised; the usual last norm bounds it.
        self.last = normalisation(model.norm, width) if pre else None
        self.head = nn.Linear(width, outputs)
        if model.init != "default":
            for layer in self.modules():
                if isinstance(layer, nn.Linear):
                    initialise(layer, model)

    def forward(self, x: Tensor) -> Tensor:
        x = self.branches(self.embed(x) + self.place)
        if self.last is not None:
            x = self.last(x)
        out: Tensor = self.head(x.mean(dim=1))
        return out


def transformer(model: schema.Model, features: int, outputs: int) -> Network:
    """`depth` blocks; each gives two rows, attention and feed-forward."""
    net = Encoder(model, features, outputs)
    rows = [module_row("embed", net.embed, kind="Linear", block=net.embed)]
    rows[0] = LayerRow(
        rows[0].info,
        [*rows[0].parameters, ("embed.place", net.place, "gain", "")],
        net.embed,
    )
    for index, branch in enumerate(net.branches):
        assert isinstance(branch, Branch)
        name = f"block {index // 2 + 1} " + ("attention" if index % 2 == 0 else "mlp")
        kind = type(branch.inner).__name__
        tensors = [
            (f"{name}.{label}", tensor, "bias" if "bias" in label else "weight", zero(label))
            for label, tensor in branch.inner.named_parameters()
        ]
        tensors += [
            (f"{name}.norm.{label}", tensor, "bias" if label == "bias" else "gain", "")
            for label, tensor in branch.norm.named_parameters()
        ]
        act = branch.inner.act if isinstance(branch.inner, FeedForward) else None
        shown = model.activation if act is not None else ""
        rows.append(LayerRow(RowInfo(name, kind, shown), tensors, branch, act))
    extra = [net.last] if net.last is not None else []
    rows.append(module_row("head", net.head, kind="Linear", extra=extra, block=net.head))
    return Network(net, rows)


def zero(label: str) -> str:
    """Why a tensor's gradient is zero by construction, or ""."""
    return KEY_BIAS if label == "key.bias" else ""
