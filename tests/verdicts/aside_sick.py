"""Ten sick cases written aside: when the rules had been settled, and before anyone saw what the
doctor makes of these."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adamw, sgd, train

R = Register([], held_out=True)


@R.sick("aside: hard sigmoid 10, momentum", "vanishing_gradient", layers=("encoder",))
def hard_sigmoid(seed: int) -> None:
    net = nets.Softly(10, act=nn.Hardsigmoid)
    train(net, data.digits(), torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9), 160)


@R.sick("aside: softsign 6, weights a hundredth of what they should be", "vanishing_gradient")
def softsign(seed: int) -> None:
    net = nets.Softly(8, act=nn.Softsign)
    for p in net.parameters():
        p.data.mul_(0.02)
    train(net, data.digits(32), torch.optim.SGD(net.parameters(), lr=0.05), 120)


@R.sick("aside: deep cnn, LeCun-small weights, RMSprop off", "vanishing_gradient")
def small_cnn(seed: int) -> None:
    net = nets.cnn(18, 8, norm=False, init=nets.normal(0.03))
    train(net, data.images(16), sgd(net, 0.1), 50)


@R.sick("aside: gelu 12, weights three times too large", "exploding_gradient")
def gelu_large(seed: int) -> None:
    net = nets.mlp(12, act=nn.GELU, init=nets.normal(math.sqrt(2 / 64) * 3))
    train(net, data.digits(), sgd(net, 0.01), 60)


@R.sick("aside: warm-up into a rate that is too large", "exploding_gradient")
def warm_into(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    optimizer = sgd(net, 6.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 60))
    train(net, data.digits(), optimizer, 120, schedule=schedule)


@R.sick("aside: Transformer, AdamW, lr 3", "oscillating_loss", "exploding_gradient", "plateau")
def wild_attention(seed: int) -> None:
    net = nets.Attention()
    train(net, data.rows(), adamw(net, 3.0), 220)


@R.sick("aside: a block of ReLUs in the middle dies", "dead_relu", layers=("encoder.2",))
def middle(seed: int) -> None:
    net = nets.Softly(5)
    nn.init.constant_(net.encoder[2].bias, -60.0)  # type: ignore[arg-type]
    train(net, data.digits(), torch.optim.Adam(net.parameters(), 1e-3), 100)


@R.sick("aside: 0/0 in a hand-made attention", "nonfinite", layers=("forward",))
def zero_by_zero(seed: int) -> None:
    net, draw = nets.Softly(3), data.digits()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for step in range(70):
        x, y = draw()
        weight = torch.relu(x) if step < 40 else torch.relu(-x.abs())
        x = x * (weight / weight.sum(1, keepdim=True))
        optimizer.zero_grad()
        F.cross_entropy(net(8 * x), y).backward()
        optimizer.step()


@R.sick("aside: clipping at 0.1 holds lr 8", "clipping_dominates")
def clip_holds(seed: int) -> None:
    net = nets.Softly(4)
    train(net, data.digits(), torch.optim.SGD(net.parameters(), lr=8.0), 120, clip=0.1)


@R.sick("aside: a loss that was detached from most of what it needs", "output_cannot_change")
def argmax(seed: int) -> None:
    net, draw = nets.Softly(3), data.digits()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(60):
        x, y = draw()
        answer = net(x)
        hard = answer.argmax(1).float() - answer.detach()[:, 0] + 0 * answer.sum()
        loss = (hard - y).square().mean() / 10
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
