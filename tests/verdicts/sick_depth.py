"""Sick: gradients that fade or grow with depth or through time."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, sgd, train

R = Register([])
FADES, GROWS = "vanishing_gradient", "exploding_gradient"


@R.sick("sigmoid 8, default weights, SGD", FADES, layers=("0",))
def sigmoid8(seed: int) -> None:
    net = nets.mlp(8, act=nn.Sigmoid)
    train(net, data.digits(), sgd(net, 0.1), 150)


@R.sick("sigmoid 20, Glorot, SGD", FADES, layers=("0",))
def sigmoid20(seed: int) -> None:
    net = nets.mlp(20, act=nn.Sigmoid, init=nets.glorot)
    train(net, data.digits(), sgd(net, 0.1), 100)


@R.sick("sigmoid 20, Adam", FADES, layers=("0",))
def sigmoid20_adam(seed: int) -> None:
    net = nets.mlp(20, act=nn.Sigmoid, init=nets.glorot)
    train(net, data.digits(), adam(net), 200)


@R.sick("relu 20, default weights, SGD", FADES, layers=("0",))
def relu20(seed: int) -> None:
    net = nets.mlp(20)
    train(net, data.digits(), sgd(net, 0.1), 120)


@R.sick("sigmoid 12, Nesterov, batches of 8", FADES, layers=("0",))
def sigmoid12(seed: int) -> None:
    net = nets.mlp(12, 32, act=nn.Sigmoid)
    train(net, data.digits(8), sgd(net, 0.05, momentum=0.9, nesterov=True), 150)


@R.sick("sigmoid 15, regression", FADES, layers=("0",))
def sigmoid_regression(seed: int) -> None:
    net = nets.mlp(15, 32, act=nn.Sigmoid, sizes=(8, 1))
    train(net, data.function(), sgd(net, 0.05), 150, loss=F.mse_loss)


@R.sick("sigmoid 15, regression with a mean to learn", FADES, layers=("0",))
def sigmoid_mean(seed: int) -> None:
    net = nets.mlp(15, 32, act=nn.Sigmoid, sizes=(8, 1))
    train(net, data.function(shift=5.0), sgd(net, 0.05), 250, loss=F.mse_loss)


@R.sick("relu 8, N(0, 0.01)", FADES, layers=("0",))
def tiny(seed: int) -> None:
    net = nets.mlp(8, init=nets.normal(0.01))
    train(net, data.digits(), sgd(net, 0.1), 120)


@R.sick("tanh 20, N(0, 0.01)", FADES, layers=("0",))
def tiny_tanh(seed: int) -> None:
    net = nets.mlp(20, act=nn.Tanh, init=nets.normal(0.01))
    train(net, data.digits(), sgd(net, 0.1), 80)


@R.sick("convolutions 30, N(0, 0.01)", FADES, layers=("0",))
def convolutions(seed: int) -> None:
    net = nets.cnn(30, norm=False, init=nets.normal(0.01))
    train(net, data.images(16), sgd(net, 0.1), 40)


@R.sick("deep net written down from the output on", FADES, layers=("hidden",))
def backwards(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.out = nn.Linear(32, 10)
            self.hidden = nn.ModuleList(nn.Linear(32, 32) for _ in range(12))
            self.inputs = nn.Linear(64, 32)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.sigmoid(self.inputs(x))
            for layer in reversed(self.hidden):
                x = torch.sigmoid(layer(x))
            return self.out(x)

    net = Net()
    train(net, data.digits(), sgd(net, 0.1), 120)


@R.sick("unbalanced classes, sigmoid 10", FADES, layers=("0",))
def unbalanced(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(10, act=nn.Sigmoid, sizes=(64, 2))
    train(net, data.batches(x, (y == 3).long(), 64), sgd(net, 0.1), 200)


@R.sick("RNN, memory of 60 steps", FADES, "plateau", layers=("rnn",))
def rnn(seed: int) -> None:
    net = nets.Recurrent(nn.RNN, 8, 32, 8)
    train(net, data.memory(length=60), sgd(net, 0.1), 250)


@R.sick("weight decay that eats the weights", FADES, "plateau")
def decay(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    train(net, data.digits(), sgd(net, 0.1, weight_decay=0.8), 300)


@R.sick("GAN whose judge has won from the start", FADES, layers=("maker",))
def starved(seed: int) -> None:
    maker = nets.mlp(3, 32, sizes=(4, 2))
    judge = nets.mlp(3, 32, sizes=(2, 1))
    first = torch.optim.Adam(judge.parameters(), lr=1e-2)
    second = torch.optim.Adam(maker.parameters(), lr=1e-5)
    for _ in range(150):
        fake = maker(torch.randn(64, 4))
        first.zero_grad()
        real = judge(data.ring(64) + 6)
        (F.softplus(-real) + F.softplus(judge(fake.detach()))).mean().backward()
        first.step()
        second.zero_grad()
        (-F.softplus(judge(fake))).mean().backward()
        second.step()


@R.sick("relu 8, N(0, 1)", GROWS)
def huge(seed: int) -> None:
    net = nets.mlp(8, init=nets.normal(1.0))
    train(net, data.digits(), sgd(net, 0.1), 30)


@R.sick("relu 10, N(0, 0.5), clipped", GROWS)
def huge_clipped(seed: int) -> None:
    net = nets.mlp(10, init=nets.normal(0.5))
    train(net, data.digits(), sgd(net, 0.1), 60, clip=1.0)


@R.sick("relu 8, N(0, 1), Adam", GROWS)
def huge_adam(seed: int) -> None:
    net = nets.mlp(8, init=nets.normal(1.0))
    train(net, data.digits(), adam(net), 60)


@R.sick("residual 50, no norm", GROWS)
def residual(seed: int) -> None:
    net = nets.Residual(50, norm=False)
    train(net, data.digits(), sgd(net, 0.1), 30)


@R.sick("relu 8, lr 5", GROWS)
def lr5(seed: int) -> None:
    net = nets.mlp(8, init=nets.he)
    train(net, data.digits(), sgd(net, 5.0), 30)


@R.sick("regression, lr too large", GROWS)
def lr_regression(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1), init=nets.he)
    train(net, data.function(), sgd(net, 1.0), 60, loss=F.mse_loss)


@R.sick("linear regression, just beyond what is stable", GROWS)
def linear(seed: int) -> None:
    net = nn.Linear(8, 1)
    x = torch.randn(256, 8) * torch.tensor([6.0, 1, 1, 1, 1, 1, 1, 1])
    train(net, data.batches(x, x[:, 1:2], 256), sgd(net, 0.04), 80, loss=F.mse_loss)


@R.sick("RNN of large recurrent weights", GROWS)
def rnn_grows(seed: int) -> None:
    net = nets.Recurrent(nn.RNN, 8, 32, 8, nonlinearity="relu")
    nn.init.normal_(net.rnn.weight_hh_l0, std=0.5)
    train(net, data.memory(length=30), sgd(net, 0.1), 30)


@R.sick("bfloat16, lr 5", GROWS)
def bfloat16(seed: int) -> None:
    net = nets.mlp(8, init=nets.he).to(torch.bfloat16)
    train(net, data.digits(), sgd(net, 5.0), 40, cast=torch.bfloat16)
