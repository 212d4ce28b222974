"""What follows a layer in an nn.Sequential: for nets whose graph does not show it."""

from collections.abc import Iterable

from torch import nn

from gradtui.nan_trace.module_walk import children

ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.LeakyReLU: "leaky_relu",
    nn.ELU: "elu",
    nn.SELU: "selu",
    nn.CELU: "celu",
    nn.Softplus: "softplus",
    nn.ReLU6: "relu6",
    nn.Hardtanh: "hardtanh",
    nn.PReLU: "prelu",
    nn.RReLU: "rrelu",
    nn.Mish: "mish",
    nn.Hardswish: "hardswish",
    nn.Hardsigmoid: "hardsigmoid",
}
BETWEEN = (
    nn.modules.batchnorm._NormBase,
    nn.modules.dropout._DropoutNd,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.Identity,
    nn.Flatten,
    nn.Unflatten,
)
LAYERS = (nn.Linear, nn.modules.conv._ConvNd)


def following(modules: Iterable[nn.Module]) -> dict[int, str]:
    """Id of a layer -> the activation that comes after it, for all sequences among `modules`."""
    out: dict[int, str] = {}
    for module in modules:
        if type(module) is not nn.Sequential:
            continue
        last: nn.Module | None = None
        for _, child in children(module):
            kind = type(child)
            if last is not None and kind in ACTIVATIONS:
                out.setdefault(id(last), ACTIVATIONS[kind])
            if not issubclass(kind, BETWEEN):
                last = child if issubclass(kind, LAYERS) else None
    return out
