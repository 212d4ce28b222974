"""Units that do not respond, and outputs and units of measure that stand in the way."""

from torch import Tensor, nn
from torch.nn import functional as F

from tests.repairs.case import Case, adam, sgd, squares
from tests.repairs.nets import (
    Functional,
    OneAnswer,
    conv,
    curve,
    digits,
    images,
    odd_digits,
    softmax_of_one,
    touched,
)
from tests.verdicts.nets import mlp, normal


def low_biases(net: nn.Module, bias: float) -> nn.Module:
    """Hidden units that start far on the negative side."""
    inner = [layer for layer in net.modules() if hasattr(layer, "weight")][:-1]
    for layer in inner:
        nn.init.constant_(layer.bias, bias)
    return net


def sum_of_squares(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(model(x), y, reduction="sum")


CASES = [
    Case("relu born dead", digits, lambda: low_biases(mlp(5), -5.0), sgd(0.1)),
    Case("relu born dead, Adam", digits, lambda: low_biases(mlp(4), -10.0), adam()),
    Case("convolutions born dead", images, lambda: low_biases(conv(4, nn.ReLU), -3.0), sgd(0.1)),
    Case(
        "functional relu born dead",
        digits,
        lambda: low_biases(Functional(5, F.relu), -5.0),
        sgd(0.1),
    ),
    Case("tanh saturated", digits, lambda: mlp(8, act=nn.Tanh, init=normal(5.0)), sgd(0.1)),
    Case("tanh saturated, Adam", digits, lambda: mlp(6, act=nn.Tanh, init=normal(20.0)), adam()),
    Case("sigmoid saturated", digits, lambda: mlp(3, act=nn.Sigmoid, init=normal(20.0)), sgd(0.1)),
    Case("targets 1e4 wide", curve(1e4), lambda: mlp(4, sizes=(8, 1)), adam(), squares),
    Case("targets 1e6 wide", curve(1e6), lambda: mlp(4, sizes=(8, 1)), adam(1e-2), squares),
    Case(  # as many steps as the same program takes with targets of a usual size
        "a sum of squares",
        curve(30.0),
        lambda: mlp(4, sizes=(8, 1)),
        adam(1e-4),
        sum_of_squares,
        steps=800,
    ),
    Case(
        "a sum of squares, SGD", curve(3.0), lambda: mlp(4, sizes=(8, 1)), sgd(1e-2), sum_of_squares
    ),
    Case("softmax over one value", odd_digits, OneAnswer, sgd(0.1), softmax_of_one),
    Case(
        "last layer nought",
        digits,
        lambda: touched(mlp(4), "weight", nn.init.zeros_),
        sgd(0.1),
    ),
]
