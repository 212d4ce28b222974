"""Signals that fade or grow on their way through the net, by its design or its first weights."""

import torch
from torch import nn

from tests.repairs.case import Case, adam, sgd
from tests.repairs.nets import (
    Blocks,
    Functional,
    Shared,
    conv,
    digits,
    images,
    pixel_rows,
    recall,
    touched,
)
from tests.verdicts.nets import Attention, Recurrent, Residual, glorot, he, mlp, normal


def recurrent(inputs: int, gain: float, classes: int, **more: object) -> nn.Module:
    """Random recurrent weights of that spectral radius."""
    net = Recurrent(nn.RNN, inputs, 32, classes, **more)
    return touched(net, "weight_hh", lambda w: nn.init.normal_(w, std=gain / 32**0.5))


FADING = [
    Case("sigmoid 8 layers", digits, lambda: mlp(8, act=nn.Sigmoid), sgd(0.1)),
    Case("sigmoid 20 layers", digits, lambda: mlp(20, act=nn.Sigmoid, init=glorot), sgd(0.1)),
    Case("sigmoid in blocks", digits, lambda: Blocks(10, nn.Sigmoid), sgd(0.1)),
    Case("sigmoid shared", digits, lambda: Shared(10, nn.Sigmoid()), sgd(0.1)),
    Case("sigmoid as a function", digits, lambda: Functional(8, torch.sigmoid), sgd(0.1)),
    Case("sigmoid 12 layers, Adam", digits, lambda: mlp(12, act=nn.Sigmoid), adam()),
    Case("sigmoid convolutions", images, lambda: conv(8, nn.Sigmoid), sgd(0.1)),
    Case("tanh 30 layers, torch's init", digits, lambda: mlp(30, act=nn.Tanh), sgd(0.1)),
    Case("relu 20 layers, torch's init", digits, lambda: mlp(20), sgd(0.1)),
    Case("relu convolutions 16, torch's init", images, lambda: conv(16, nn.ReLU), sgd(0.1)),
    Case("relu tiny weights", digits, lambda: mlp(8, init=normal(0.01)), sgd(0.1)),
    Case("tanh tiny weights", digits, lambda: mlp(8, act=nn.Tanh, init=normal(0.01)), sgd(0.1)),
    Case(
        "functional tiny weights",
        digits,
        lambda: touched(
            Functional(6, torch.relu), "weight", lambda w: nn.init.normal_(w, std=0.005)
        ),
        sgd(0.1),
    ),
    Case("convolutions tiny weights", images, lambda: conv(5, nn.ReLU, std=0.005), sgd(0.1)),
]
TIME = [
    Case(
        "recurrent, weak memory, SGD", recall(12), lambda: recurrent(8, 0.3, 8), sgd(0.3), steps=400
    ),
    Case(
        "recurrent relu, growing",
        pixel_rows,
        lambda: recurrent(8, 6.0, 10, nonlinearity="relu"),
        sgd(0.1),
    ),
    Case(
        "recurrent relu, growing over 30",
        recall(30),
        lambda: recurrent(8, 3.0, 8, nonlinearity="relu"),
        adam(1e-2),
        steps=400,
    ),
]
GROWING = [
    Case("relu huge weights", digits, lambda: mlp(8, init=normal(1.0)), sgd(0.1)),
    Case("relu large weights, Adam", digits, lambda: mlp(10, init=normal(0.6)), adam()),
    Case("relu large weights, 16 layers", digits, lambda: mlp(16, init=normal(0.4)), sgd(0.05)),
    Case("convolutions huge weights", images, lambda: conv(6, nn.ReLU, std=1.0), sgd(0.1)),
    Case(
        "residual without norms",
        digits,
        lambda: Residual(40, norm=False, init=he),
        sgd(0.1),
    ),
    Case(
        "transformer huge weights",
        pixel_rows,
        lambda: touched(Attention(2, pre=False), "weight", lambda w: nn.init.normal_(w, std=2.0)),
        sgd(0.1),
    ),
]
CASES = [*FADING, *TIME, *GROWING]
