"""Sick runs whose numbers look alive: the loss moves, or has moved, and everything is finite. Found, in
kind, among programs of somebody who did not know the rules."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


@R.sick("lr gone after 25 steps, a little below guessing", "plateau")
def gone_early(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    optimizer = adamw(net, 1e-3)
    fall = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / 25, 0.0))
    train(net, data.digits(), optimizer, 300, schedule=fall)


@R.sick("cross-entropy with its sign turned", "exploding_gradient")
def turned(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(), adam(net), 300, loss=lambda a, y: -F.cross_entropy(a, y))


@R.sick("binary cross-entropy with targets up to 16", "exploding_gradient")
def out_of_range(seed: int) -> None:
    x, _ = data.all_digits()
    x = (x - x.min()) / (x.max() - x.min()) * 16
    net = nets.mlp(3, 64, sizes=(64, 64))
    train(
        net, data.batches(x, x, 32), adam(net, 2e-3), 300, loss=F.binary_cross_entropy_with_logits
    )


@R.sick("weights decayed away: AdamW, decay 80", "vanishing_gradient", "plateau")
def decayed(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(), adamw(net, 1e-2, weight_decay=80.0), 400)


@R.sick("a penalty of 5 on the squared weights, in the loss", "plateau", "vanishing_gradient")
def penalised(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)

    def loss(answers: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        size = torch.stack([weight.square().sum() for weight in net.parameters()]).sum()
        return F.cross_entropy(answers, wanted) + 5 * size

    train(net, data.digits(), sgd(net, 0.02), 300, loss=loss)


@R.sick("auto-encoder, its loss over a million", "vanishing_gradient", "plateau", "badly_scaled")
def over_a_million(seed: int) -> None:
    x, _ = data.all_digits()
    net = nets.mlp(2, 32, sizes=(64, 64))
    draw = data.batches(x, x, 32)
    optimizer = sgd(net, 0.1, momentum=0.9)
    train(net, draw, optimizer, 250, loss=lambda a, y: F.mse_loss(a, y) / 1e6)


@R.sick("a warm-up of a million steps, Adam", "plateau")
def endless_warm_up(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    optimizer = adam(net, 1e-3)
    rise = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1e-4 + 1e-6 * step)
    train(net, data.digits(), optimizer, 300, schedule=rise)


@R.sick("a sigmoid at the output, targets from 0 to 100", "saturated", "vanishing_gradient")
def out_of_reach(seed: int) -> None:
    x = torch.randn(1000, 10)
    y = (x[:, :3].sum(1, keepdim=True) + 0.3 * torch.randn(1000, 1)).sigmoid() * 100
    net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
    train(net, data.batches(x, y, 64), adam(net, 5e-3), 400, loss=F.mse_loss)


@R.sick("tanh pinned by N(0, 4), learning a little", "saturated", layers=("0",))
def pinned(seed: int) -> None:
    net = nets.mlp(5, act=nn.Tanh, init=nets.normal(4.0))
    train(net, data.digits(), sgd(net, 1e-3), 300)


@R.sick("inputs that are all zero from step 150 on", "plateau")
def inputs_lost(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    draw, step = data.digits(), -1

    def drawn() -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal step
        step += 1
        x, y = draw()
        return (x if step < 150 else x * 0), y

    train(net, drawn, adam(net, 3e-3), 400)


@R.sick("values clipped to 1e-7", "clipping_dominates")
def values_clipped(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(), sgd(net, 0.1), 250, limit=1e-7)
