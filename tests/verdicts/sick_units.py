"""Sick: units that do not respond."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, sgd, train

R = Register([])
DEAD, PINNED = "dead_relu", "saturated"


def low_bias(net: nn.Module, value: float, only: int | None = None) -> None:
    linear = [m for m in net.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][:-1]
    for i, module in enumerate(linear):
        if module.bias is not None and only in (None, i):
            nn.init.constant_(module.bias, value)


@R.sick("relu 6, biases of -8", DEAD)
def low(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    low_bias(net, -8.0)
    train(net, data.digits(), sgd(net, 0.1), 80)


@R.sick("relu 6, third layer dead", DEAD, layers=("4",))
def third(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    low_bias(net, -30.0, 2)
    train(net, data.digits(), sgd(net, 0.1), 80)


@R.sick("relu 4, dead, Adam", DEAD)
def dead_adam(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    low_bias(net, -40.0)
    train(net, data.digits(), adam(net), 100)


@R.sick("convolutions with biases of -20", DEAD)
def dead_cnn(seed: int) -> None:
    net = nets.cnn(4, norm=False, init=nets.he)
    low_bias(net, -20.0)
    train(net, data.images(), sgd(net, 0.05), 60)


@R.sick("regression, dead from the start", DEAD)
def dead_regression(seed: int) -> None:
    net = nets.mlp(4, sizes=(8, 1), init=nets.he)
    low_bias(net, -30.0)
    train(net, data.function(shift=3.0), sgd(net, 0.05), 120, loss=F.mse_loss)


@R.sick("relu 8, momentum, lr 0.3: a spike, then nothing", "exploding_gradient", DEAD)
def died(seed: int) -> None:
    net = nets.mlp(8, init=nets.he)
    train(net, data.digits(), sgd(net, 0.3, momentum=0.9), 150)


@R.sick("relu 6, lr 1.5: a spike, then nothing", "exploding_gradient", DEAD, "nonfinite")
def died_plain(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    train(net, data.digits(), sgd(net, 1.5), 150)


@R.sick("relu 5, Adam, lr 0.5: dead after a few steps", "exploding_gradient", DEAD)
def died_adam(seed: int) -> None:
    net = nets.mlp(5, init=nets.he)
    train(net, data.digits(), adam(net, 0.5), 150)


@R.sick("tanh 5, biases of 12", PINNED)
def pinned(seed: int) -> None:
    net = nets.mlp(5, act=nn.Tanh, init=nets.glorot)
    low_bias(net, 12.0)
    train(net, data.digits(), sgd(net, 0.1), 100)


@R.sick("tanh, inputs in the thousands", PINNED, layers=("0",))
def unscaled_inputs(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(3, act=nn.Tanh, init=nets.glorot)
    low_bias(net, 0.0)
    train(net, data.batches(1e4 + 100 * x, y, 64), sgd(net, 0.1), 120)


@R.sick("float16, N(0, 0.01)", "fp16_underflow")
def underflow(seed: int) -> None:
    net = nets.mlp(8, init=nets.normal(0.01)).to(torch.float16)
    train(net, data.digits(), sgd(net, 0.1), 60, cast=torch.float16)


@R.sick("float16 autocast without a scaler, sigmoid 8", "fp16_underflow", "vanishing_gradient")
def underflow_autocast(seed: int) -> None:
    net = nets.mlp(8, act=nn.Sigmoid)
    optimizer, draw = sgd(net, 0.1), data.digits()
    for _ in range(100):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()


@R.sick("float16 autocast without a scaler, N(0, 0.01)", "fp16_underflow")
def underflow_tiny(seed: int) -> None:
    net = nets.mlp(6, init=nets.normal(0.01))
    optimizer, draw = sgd(net, 0.1), data.digits()
    for _ in range(80):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()


@R.sick("softmax over one answer", "output_cannot_change")
def one_answer(seed: int) -> None:
    net = nets.mlp(4, sizes=(64, 1))
    x, y = data.all_digits()
    draw = data.batches(x, torch.zeros_like(y), 32)
    train(net, draw, sgd(net, 0.1), 60)


@R.sick("an answer that is rounded away", "output_cannot_change")
def rounded(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1))

    def loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (torch.round(a) - b).square().mean()

    train(net, data.function(), adam(net), 60, loss=loss)
