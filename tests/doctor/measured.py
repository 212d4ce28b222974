"""Real nets at their first step, measured by torch in float64 for theory to be held against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gradtui.core.layout import FloatArray, Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import Weight
from gradtui.theory import Given, Stack, Stage, read_stack

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
}
BATCH, CLASSES, FEATURES = 64, 10, 64


def _he(weight: Tensor) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


def _lecun(weight: Tensor) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="linear")


INITS: dict[str, Callable[[Tensor], object] | None] = {
    "default": None,
    "he": _he,
    "lecun": _lecun,
    "xavier": nn.init.xavier_uniform_,
    "small": lambda weight: nn.init.normal_(weight, std=0.01),
}


@dataclass(frozen=True)
class Measured:
    """All [layers], input side first: `q` mean square of the pre-activations, `rms` and `variance`
    of the outputs, `delta` norm of the loss gradient at the pre-activations, `weight` that of the
    weight, `row` that of weight and bias. Cross-entropy `loss`; `stack` as read from the weights,
    `layers` the weights themselves; `error` [CLASSES] the gradient of the output's bias."""

    stack: Stack
    layers: tuple[Given, ...]
    error: FloatArray
    q: FloatArray
    rms: FloatArray
    variance: FloatArray
    delta: FloatArray
    weight: FloatArray
    row: FloatArray
    loss: float


def measure(
    activation: str, init: str, width: int, seed: int, *, depth: int = 20, side: int = 0
) -> Measured:
    """`depth` hidden layers and an output layer on one batch of standard normal inputs with random
    labels. `side`: 3 x 3 convolutions on one map of side x side pixels in place of Linear layers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = _layers(width, depth, side)
        for layer in layers:
            fill = INITS[init]
            if fill is not None:
                fill(layer.weight)  # type: ignore[arg-type]
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    shape = (BATCH, 1, side, side) if side else (BATCH, FEATURES)
    value = torch.randn(shape, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, CLASSES, (BATCH,), generator=generator)
    phi = ACTIVATIONS[activation]()
    before: list[Tensor] = []
    after: list[Tensor] = []
    for index, layer in enumerate(layers):
        if index == depth:
            value = value.flatten(1)
        value = layer(value)
        value.retain_grad()
        before.append(value)
        value = phi(value) if index < depth else value
        after.append(value.detach())
    loss = nn.functional.cross_entropy(value, labels)
    loss.backward()  # type: ignore[no-untyped-call]
    weight = [float(layer.weight.grad.norm()) for layer in layers]  # type: ignore[union-attr,operator]
    bias = [float(layer.bias.grad.norm()) for layer in layers]  # type: ignore[union-attr,operator]
    return Measured(
        stack=(stack := _stack(layers, activation)),
        layers=tuple(_given(*both) for both in zip(layers, stack.stages, strict=True)),
        error=layers[-1].get_parameter("bias").grad.numpy(),  # type: ignore[union-attr]
        q=np.array([float(h.detach().square().mean()) for h in before]),
        rms=np.array([float(a.square().mean().sqrt()) for a in after]),
        variance=np.array([float(a.var(correction=0)) for a in after]),
        delta=np.array([float(h.grad.norm()) for h in before if h.grad is not None]),
        weight=np.array(weight),
        row=np.hypot(weight, bias),
        loss=float(loss.detach()),
    )


def _layers(width: int, depth: int, side: int) -> list[nn.Module]:
    made: list[nn.Module] = []
    for index in range(depth):
        if side:
            into = 1 if index == 0 else width
            made.append(nn.Conv2d(into, width, 3, padding=1, dtype=torch.float64))
        else:
            into = FEATURES if index == 0 else width
            made.append(nn.Linear(into, width, dtype=torch.float64))
    made.append(nn.Linear(width * max(side, 1) ** 2, CLASSES, dtype=torch.float64))
    return made


def _given(layer: nn.Module, stage: Stage) -> Given:
    weight, bias = (layer.get_parameter(name).detach().numpy() for name in ("weight", "bias"))
    return Given(weight, bias, stage.phi)


def _stack(layers: list[nn.Module], activation: str) -> Stack:
    rows, tensors, table = [], [], []
    for index, layer in enumerate(layers):
        for name, tensor in layer.named_parameters():
            tensors.append(TensorInfo(f"{index}.{name}", tuple(tensor.shape), index, name))
            table.append([float(tensor.detach().norm()), 0.0, 0.0, 0.0])
        weight = layer.get_parameter("weight")
        shown = activation if index < len(layers) - 1 else ""
        fan_in = weight[0].numel()
        rows.append(RowInfo(str(index), type(layer).__name__, shown, fan_in, len(weight)))
    weights = np.array(table)
    assert weights.shape[1] == Weight.COLUMNS
    return read_stack(Layout(tuple(tensors), tuple(rows)), weights)
