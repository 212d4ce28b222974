"""Healthy: ways of training that look unusual from outside."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


@R.healthy("one-cycle")
def one_cycle(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    optimizer = sgd(net, 0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=200)
    train(net, data.digits(), optimizer, 200, schedule=schedule)


@R.healthy("long warm-up from zero")
def warm_up(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    optimizer = adam(net, 2e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 150)
    train(net, data.digits(), optimizer, 200, schedule=schedule)


@R.healthy("batches of one")
def one(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(1), sgd(net, 0.005), 300)


@R.healthy("batches of one, Adam, regression", "undecided")
def one_regression(seed: int) -> None:
    net = nets.mlp(3, 32, sizes=(8, 1))
    train(net, data.function(1), adam(net, 1e-3), 300, loss=F.mse_loss)


@R.healthy("a third of the labels wrong")
def noisy_labels(seed: int) -> None:
    x, y = data.all_digits()
    y = torch.where(torch.rand(len(y)) < 0.33, torch.randint(0, 10, (len(y),)), y)
    net = nets.mlp(4, init=nets.he)
    train(net, data.batches(x, y, 64), sgd(net, 0.05), 250)


@R.healthy("two unbalanced classes")
def unbalanced(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(3, sizes=(64, 2))
    train(net, data.batches(x, (y == 3).long(), 64), adam(net), 200)


@R.healthy("one answer, BCE with logits")
def binary(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(3, sizes=(64, 1))
    draw = data.batches(x, (y % 2).float().unsqueeze(1), 64)
    train(net, draw, sgd(net, 0.2), 250, loss=F.binary_cross_entropy_with_logits)


@R.healthy("regression in the thousands, well on its way")
def thousands(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1))
    draw = data.function(scale=30.0, shift=100.0)
    train(net, draw, adam(net, 0.02), 250, loss=F.mse_loss)


@R.healthy("summed loss over a large batch")
def summed(seed: int) -> None:
    net = nets.mlp(3, init=nets.he)
    loss = nn.CrossEntropyLoss(reduction="sum")
    train(net, data.digits(512), sgd(net, 1e-4), 150, loss=loss)


@R.healthy("a batch that is far off, once")
def spike(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    draw, count = data.digits(), 0

    def now_and_then() -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal count
        count += 1
        x, y = draw()
        return (x * 12 if count == 90 else x), y

    train(net, now_and_then, adam(net), 200)


@R.healthy("the loss jumps at each new part of the data")
def parts(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(4, init=nets.he)
    optimizer = sgd(net, 0.05)
    for first in (0, 3, 6):
        mine = (y >= first) & (y < first + 4)
        train(net, data.batches(x[mine], y[mine], 64), optimizer, 80)


@R.healthy("fine-tuning what is nearly solved")
def fine_tuning(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(4, init=nets.he)
    for _ in range(250):  # by hand, so that the watcher sees the second part alone
        index = torch.randint(0, len(x), (128,))
        grads = torch.autograd.grad(
            F.cross_entropy(net(x[index]), y[index]), [p.requires_grad_() for p in net.parameters()]
        )
        with torch.no_grad():
            for p, g in zip(net.parameters(), grads, strict=True):
                p -= 0.1 * g
    train(net, data.digits(), adam(net, 1e-5), 120)


@R.healthy("lower layers frozen")
def frozen(seed: int) -> None:
    net = nets.mlp(5, init=nets.he)
    for p in net[:4].parameters():
        p.requires_grad_(False)
    train(net, data.digits(), adam(net), 150)


@R.healthy("parts of the net without use")
def unused(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main = nets.mlp(4)
            self.spare = nets.mlp(2)

        def forward(self, x: torch.Tensor) -> Any:
            return self.main(x)

    net = Net()
    train(net, data.digits(), adam(net), 120)


@R.healthy("memorising forty examples to nothing")
def memorised(seed: int) -> None:
    x, y = data.all_digits()
    net = nets.mlp(4, init=nets.he)
    train(net, data.batches(x[:40], y[:40], 20), adam(net, 3e-3), 300)


@R.healthy("strong weight decay")
def decay(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), adamw(net, 2e-3, weight_decay=0.5), 200)


@R.healthy("clipped hard under Adam")
def clipped(seed: int) -> None:
    net = nets.mlp(4)
    train(net, data.digits(), adam(net), 150, clip=0.3)


@R.healthy("clipped now and then under SGD")
def clipped_sgd(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), sgd(net, 0.05), 150, clip=3.0)


@R.healthy("two optimizers for one loss")
def two_optimizers(seed: int) -> None:
    net = nets.mlp(4)
    params = list(net.parameters())
    first = torch.optim.SGD(params[:4], lr=0.1)
    second = torch.optim.Adam(params[4:], lr=1e-3)
    draw = data.digits()
    for _ in range(120):
        x, y = draw()
        loss = F.cross_entropy(net(x), y)
        first.zero_grad()
        second.zero_grad()
        loss.backward()
        first.step()
        second.step()


@R.healthy("gradients accumulated over four batches")
def accumulated(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    optimizer = sgd(net, 0.1)
    draw = data.digits(16)
    for _ in range(120):
        optimizer.zero_grad()
        for _ in range(4):
            x, y = draw()
            (F.cross_entropy(net(x), y) / 4).backward()
        optimizer.step()
