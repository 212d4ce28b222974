"""Healthy runs of the kinds that somebody who had read the rules wrote to fool them, and did."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, sgd, train

R = Register([])


@R.healthy("master weights in float32, their gradients assigned by hand")
def master_weights(seed: int) -> None:
    net = nets.mlp(3).to(torch.bfloat16)
    masters = [nn.Parameter(weight.detach().float()) for weight in net.parameters()]
    optimizer, draw = torch.optim.SGD(masters, 0.05, momentum=0.9), data.digits()
    for _ in range(200):
        x, y = draw()
        net.zero_grad()
        F.cross_entropy(net(x.to(torch.bfloat16)).float(), y).backward()
        for master, weight in zip(masters, net.parameters(), strict=True):
            assert weight.grad is not None
            master.grad = weight.grad.float()
        optimizer.step()
        with torch.no_grad():
            for master, weight in zip(masters, net.parameters(), strict=True):
                weight.copy_(master)


@R.healthy("a target that begins as a copy and is ramped up: the first loss is nought")
def begins_at_nought(seed: int) -> None:
    x = torch.randn(512, 8)
    wanted, net = nets.mlp(2, 32, sizes=(8, 2)), nets.mlp(3, 32, sizes=(8, 2))
    optimizer = adam(net, 3e-3)
    with torch.no_grad():
        first, goal = net(x), 3 * wanted(x)
    for step in range(300):
        part = min(step / 150, 1.0)
        optimizer.zero_grad()
        F.mse_loss(net(x), (1 - part) * first + part * goal).backward()
        optimizer.step()


@R.healthy("two tasks in turns on one optimizer, the larger loss second")
def in_turns(seed: int) -> None:
    x, y = data.all_digits()
    trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
    heads = nn.ModuleList([nn.Linear(64, 10), nn.Linear(64, 1)])
    optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()], 3e-3)
    for step in range(300):
        i = torch.randint(0, len(x), (64,))
        answers = heads[step % 2](trunk(x[i]))
        value = 8 * y[i, None] + 16 * torch.randn(64, 1)
        loss = F.mse_loss(answers, value) if step % 2 else F.cross_entropy(answers, y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("linear regression over the whole set, its loss written by hand")
def by_hand(seed: int) -> None:
    x = torch.randn(2000, 10)
    y = 0.557 * x[:, :1] + 0.83 * torch.randn(2000, 1)
    net = nn.Linear(10, 1)
    nn.init.zeros_(net.weight)
    train(net, lambda: (x, y), sgd(net, 0.1), 250, loss=lambda a, b: (a - b).square().mean())


@R.healthy("soft targets in batches of their own entropy, reached exactly")
def soft_and_exact(seed: int) -> None:
    mixing = torch.randn(3, 64)
    net = nn.Sequential(nn.Linear(64, 32), nn.Linear(32, 64))

    def draw() -> tuple[Tensor, Tensor]:
        scores = torch.randn(32, 3) @ mixing * torch.rand(1) * 0.5
        return scores, torch.sigmoid(scores)

    train(net, draw, adam(net, 3e-3), 350, loss=F.binary_cross_entropy_with_logits)


@R.healthy("a summed loss under Adam, its gradient clipped to 1 at every step")
def summed_and_clipped(seed: int) -> None:
    x, _ = data.all_digits()
    net = nets.mlp(3, 32, sizes=(64, 64))
    draw = data.batches(x, x, 64)
    train(net, draw, adam(net), 200, loss=lambda a, y: (a - y).square().sum() / 64, clip=1.0)


@R.healthy("at the floor of noise before the schedule ends", "undecided")
def floor_before_end(seed: int) -> None:
    x = torch.randn(4000, 10)
    y = 0.25 * x[:, :1] + 0.97 * torch.randn(4000, 1)
    net = nets.mlp(2, 32, sizes=(10, 1))
    optimizer = adam(net, 3e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 30, 0.1)
    train(net, data.batches(x, y, 256), optimizer, 300, loss=F.mse_loss, schedule=schedule)


@R.healthy("a harder task with a learning rate of its own, after the first")
def next_task(seed: int) -> None:
    net = nets.mlp(2)
    optimizer = sgd(net, 0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 250, eta_min=1e-4)
    train(net, data.digits(), optimizer, 250, schedule=schedule)
    for group in optimizer.param_groups:
        group["lr"] = 0.02
    x, y = data.all_digits()
    noisy = torch.where(torch.rand(len(y)) < 0.3, torch.randint(0, 10, (len(y),)), 9 - y)
    train(net, data.batches(x, noisy, 64), optimizer, 40)


@R.healthy("gentle evidence by LBFGS: at its optimum after the first step")
def optimum_at_once(seed: int) -> None:
    x = torch.randn(1000, 6)
    y = (x[:, :4] + 3 * torch.randn(1000, 4)).argmax(1)
    net = nn.Linear(6, 4)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=4)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        return loss

    for _ in range(220):
        optimizer.step(closure)
