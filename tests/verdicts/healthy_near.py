"""Healthy, and near to what the rules for silent ills look for: losses below zero, rates that end at
nothing, floors of noise, weights that shrink, values that are clipped."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


class Density(nn.Module):
    """Mean and log spread of a normal distribution."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nets.mlp(3, 32, sizes=(8, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.body(x)
        return answer


def density_loss(answers: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    mean, log = answers[:, :1], answers[:, 1:].clamp(-9, 9)
    return (0.5 * ((wanted - mean) / log.exp()).square() + log).mean()


@R.healthy("log density of targets whose noise is 1e-3: the loss goes to -5")
def narrow_density(seed: int) -> None:
    x = torch.randn(1000, 8)
    y = 0.02 * x[:, :1] + 1e-3 * torch.randn(1000, 1)
    net = Density()
    train(net, data.batches(x, y, 64), adam(net, 2e-3), 400, loss=density_loss)


@R.healthy("an energy of 1000 numbers, summed, that goes from 0 to -3000")
def summed_energy(seed: int) -> None:
    x = torch.randn(512, 16)
    net = nets.mlp(2, 32, sizes=(16, 16))

    def loss(a: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (0.5 * a.square() - a * y).sum() * 6

    train(net, data.batches(x, 2 * x, 64), adam(net, 2e-3), 300, loss=loss)


@R.healthy("cosine to zero, and fifty steps more")
def cosine_to_zero(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    optimizer = adam(net, 3e-3)
    fall = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: 0.5 + 0.5 * float(torch.tensor(min(step / 200, 1.0) * torch.pi).cos()),
    )
    train(net, data.digits(), optimizer, 250, schedule=fall)


@R.healthy("a rate that falls by 0.97 a step, noise in the targets")
def fast_decay(seed: int) -> None:
    x = torch.randn(2000, 8)
    y = x[:, :1] + 0.8 * torch.randn(2000, 1)
    net = nets.mlp(3, 32, sizes=(8, 1))
    optimizer = adam(net, 1e-2)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.97)
    train(net, data.batches(x, y, 64), optimizer, 400, loss=F.mse_loss, schedule=schedule)


@R.healthy("the whole set each step, down to its floor of noise, 0.7 of the first loss")
def whole_set(seed: int) -> None:
    x = torch.randn(256, 4)
    y = 0.5 * x[:, :1] + 0.8 * torch.randn(256, 1)
    net = nn.Linear(4, 1)
    train(net, lambda: (x, y), sgd(net, 0.2), 400, loss=F.mse_loss)


@R.healthy("hardly any signal in the noise, batches")
def little_signal(seed: int) -> None:
    x = torch.randn(4000, 8)
    y = 0.4 * x[:, :1] + torch.randn(4000, 1)
    net = nets.mlp(3, 32, sizes=(8, 1))
    train(net, data.batches(x, y, 64), adam(net, 1e-3), 500, loss=F.mse_loss)


@R.healthy("a sigmoid at the output, targets within its reach, noise")
def within_reach(seed: int) -> None:
    x = torch.randn(2000, 10)
    y = (x[:, :3].sum(1, keepdim=True) + 2 * torch.randn(2000, 1)).sigmoid()
    net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
    train(net, data.batches(x, y, 64), adam(net, 3e-3), 400, loss=F.mse_loss)


@R.healthy("decay of 1 under BatchNorm")
def decayed_but_normed(seed: int) -> None:
    net = nets.mlp(3, init=nets.he, norm=nn.BatchNorm1d)
    train(net, data.digits(), adamw(net, 3e-3, weight_decay=1.0), 400)


@R.healthy("values clipped at 0.1, seldom reached")
def values_seldom_clipped(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(), sgd(net, 0.1), 250, limit=0.1)


@R.healthy("regression that is at its optimum to a millionth when it begins")
def begun_at_optimum(seed: int) -> None:
    x = torch.randn(512, 8)
    net = nn.Linear(8, 2)
    with torch.no_grad():
        y = net(x)
        net.weight += 1e-6 * torch.randn_like(net.weight)
    train(net, data.batches(x, y, 32), sgd(net, 1e-4), 200, loss=F.mse_loss)
