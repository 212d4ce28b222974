"""Runs whose gradients look sound where they are: what is wrong, or only looks so, lies around them.
Each sick kind has a healthy one that does the same for good reasons."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


@R.sick("no backward pass", "not_learning", seeds=1)
def no_backward(seed: int) -> None:
    net = nets.mlp(3)
    optimizer, draw = adam(net), data.digits()
    for _ in range(60):
        x, y = draw()
        optimizer.zero_grad()
        F.cross_entropy(net(x), y)
        optimizer.step()


@R.sick("a scheduler's step in place of the optimizer's", "not_learning")
def scheduler_alone(seed: int) -> None:
    net = nets.mlp(2)
    optimizer, draw = sgd(net, 0.1), data.digits()
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 200)
    for _ in range(200):
        x, y = draw()
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        schedule.step()


@R.healthy("40 passes to a step", seeds=1)
def rare_steps(seed: int) -> None:
    net = nets.mlp(2)
    optimizer, draw = sgd(net, 0.3), data.digits(16)
    for passes in range(1, 801):
        x, y = draw()
        (F.cross_entropy(net(x), y) / 40).backward()
        if passes % 40 == 0:
            optimizer.step()
            optimizer.zero_grad()


@R.sick("the first weights are loaded every 70 steps", "not_learning")
def loaded_again(seed: int) -> None:
    net = nets.mlp(3)
    optimizer, draw, first = adam(net, 1e-3), data.digits(), copy.deepcopy(net.state_dict())
    for step in range(330):
        if step and step % 70 == 0:
            net.load_state_dict(first)
        train(net, draw, optimizer, 1)


@R.healthy("one bad stretch, undone by the checkpoint before it", seeds=1)
def undone(seed: int) -> None:
    net = nets.mlp(3)
    optimizer, draw = adam(net, 1e-3), data.digits()
    train(net, draw, optimizer, 60)
    good = copy.deepcopy(net.state_dict())
    train(net, draw, optimizer, 30)
    net.load_state_dict(good)
    train(net, draw, optimizer, 150)


@R.healthy("four folds, each from the same first weights", seeds=1)
def folds(seed: int) -> None:
    net = nets.mlp(2)
    optimizer, draw, first = adam(net, 5e-3), data.digits(), copy.deepcopy(net.state_dict())
    for _ in range(4):
        net.load_state_dict(first)
        train(net, draw, optimizer, 100)


@R.sick("AdamW, lr 1e-5 from scratch", "not_learning", "plateau")
def hundredth(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), adamw(net, 1e-5), 380)


@R.healthy("AdamW, lr 1e-5, on from where 1e-3 has led to", seeds=1)
def tuned_further(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), adamw(net, 1e-3), 120)
    train(net, data.digits(), adamw(net, 1e-5), 320)


@R.healthy("a fifth of the labels right, of ten answers, and slow to be learned", "undecided")
def weak_signal(seed: int) -> None:
    x = torch.randn(6000, 20)
    y = (x @ torch.randn(20, 10)).argmax(1)
    y = torch.where(torch.rand(6000) < 0.8, torch.randint(0, 10, (6000,)), y)
    net = nets.mlp(2, 64, sizes=(20, 10))
    train(net, data.batches(x, y, 128), sgd(net, 0.1, momentum=0.9), 400)


@R.sick("parity by L1 and sigmoids, with steps too short to leave", "not_learning", seeds=1)
def parity(seed: int) -> None:
    x = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    y = x.sum(1, keepdim=True) % 2
    net = nets.mlp(2, 6, act=nn.Sigmoid, sizes=(3, 1))
    net.append(nn.Sigmoid())
    train(net, lambda: (x, y), sgd(net, 0.02), 620, loss=F.l1_loss)


@R.healthy("eleven narrow tanh layers: nothing for long, then everything", seeds=1)
def late_start(seed: int) -> None:
    x = 2 * torch.rand(640, 2) - 1
    y = (x.square().sum(1) < 0.6).long()
    net = nets.mlp(9, 6, act=nn.Tanh, init=nets.he, sizes=(2, 2))
    train(net, data.batches(x, y, 128), adam(net, 1e-3), 520)


class Coded(nn.Module):
    """Features, what is done to them, and a head."""

    def __init__(self, between: str, width: int = 12, out: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(64, width), nn.Tanh())
        self.head = nn.Linear(width, out)
        self.between = between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        code = self.features(x)
        if self.between == "detached":
            code = code.detach()
        if self.between == "rounded":
            code = torch.round(2 * code)
        if self.between == "straight through":
            code = code + (torch.round(2 * code) / 2 - code).detach()
        return self.head(code)


@R.sick("features detached by mistake", "miswired", layers=("features",))
def detached(seed: int) -> None:
    net = Coded("detached", width=8)
    train(net, data.digits(), adam(net, 1e-3), 260)


@R.healthy("a trained part frozen, and handed to the optimizer all the same", seeds=1)
def frozen_features(seed: int) -> None:
    net = Coded("as they are", width=32)
    train(net, data.digits(), adam(net, 5e-3), 100)
    net.features.requires_grad_(False)
    net.head.reset_parameters()
    train(net, data.digits(), adam(net, 5e-3), 260)


@R.sick("a rounded code", "miswired", layers=("features",))
def rounded(seed: int) -> None:
    x, _ = data.all_digits()
    net = Coded("rounded", out=64)
    train(net, data.batches(x, x, 64), adam(net, 2e-3), 200, loss=F.mse_loss)


@R.healthy("a rounded code, straight through", seeds=1)
def straight_through(seed: int) -> None:
    x, _ = data.all_digits()
    net = Coded("straight through", out=64)
    train(net, data.batches(x, x, 64), adam(net, 2e-3), 200, loss=F.mse_loss)


@R.sick("all frozen but the first of nine layers", "not_learning", "plateau", "vanishing_gradient")
def nearly_all_frozen(seed: int) -> None:
    net = nets.mlp(9)
    net.requires_grad_(False)
    net[0].requires_grad_(True)
    train(net, data.digits(), sgd(net, 0.1), 320)


@R.sick("squares, uphill", "exploding_gradient")
def uphill(seed: int) -> None:
    net = nets.mlp(1, sizes=(8, 1))
    train(net, data.function(), sgd(net, 0.004, maximize=True), 160, loss=F.mse_loss)


@R.healthy("a penalty brought in by degrees: the loss climbs, and should", seeds=1)
def brought_in(seed: int) -> None:
    net, weight = nets.mlp(2, 32), [0.0]

    def loss(answers: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        weight[0] = min(weight[0] + 0.01, 2.0)
        return F.cross_entropy(answers, wanted) + weight[0] * F.softplus(-answers).mean()

    train(net, data.digits(), adam(net, 2e-3), 260, loss=loss)


@R.sick("a critic that nothing holds", "exploding_gradient", seeds=1)
def loose_critic(seed: int) -> None:
    maker = nets.mlp(2, 24, sizes=(3, 2))
    critic = nets.mlp(3, 48, sizes=(2, 1))
    make, judge = adam(maker, 1e-3), adam(critic, 2e-3)
    for _ in range(220):
        for _ in range(3):
            judge.zero_grad()
            gap = critic(maker(torch.randn(64, 3)).detach()).mean()
            (gap - critic(2 + torch.randn(64, 2)).mean()).backward()
            judge.step()
        make.zero_grad()
        (-critic(maker(torch.randn(64, 3))).mean()).backward()
        make.step()


@R.sick("lr 160 times as large for three steps", "exploding_gradient", "dead_relu")
def rate_jumps(seed: int) -> None:
    net = nets.mlp(3)
    optimizer, draw = sgd(net, 0.05, momentum=0.9), data.digits()
    train(net, draw, optimizer, 100)
    optimizer.param_groups[0]["lr"] = 8.0
    train(net, draw, optimizer, 3)
    optimizer.param_groups[0]["lr"] = 0.05
    train(net, draw, optimizer, 120)


@R.healthy("a branch that counts for nothing", seeds=1)
def no_part(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.spare = nn.Linear(64, 48), nn.Linear(64, 48)
            self.out = nn.Linear(48, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(torch.relu(self.used(x)) + 0 * self.spare(x))

    net = Net()
    train(net, data.digits(), adamw(net, 3e-3, weight_decay=0.2), 160)


@R.sick("auto-encoder of sigmoids, lr 0.01: above what the mean costs", "not_learning", seeds=1)
def above_the_mean(seed: int) -> None:
    x, _ = data.all_digits()
    x = (x - x.min()) / (x.max() - x.min())
    net = nets.mlp(3, 48, act=nn.Sigmoid, init=nets.normal(0.05), sizes=(64, 64))
    net.append(nn.Sigmoid())
    train(net, data.batches(x, x, 64), sgd(net, 0.01), 320, loss=F.mse_loss)


@R.healthy("targets that are noise: the mean is all there is", "undecided", seeds=1)
def mean_is_all(seed: int) -> None:
    x, y = torch.randn(4096, 8), torch.randn(4096, 1)
    net = nets.mlp(2, 16, sizes=(8, 1))
    train(net, data.batches(x, y, 64), adam(net, 1e-3), 340, loss=F.mse_loss)


@R.sick("a mean over the batch in place of one over time", "plateau", "miswired", seeds=1)
def one_answer(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.each, self.head = nn.Linear(8, 24), nn.Linear(24, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pooled = torch.relu(self.each(x)).amax(1).mean(0)
            return self.head(pooled.repeat(len(x), 1))

    net = Net()
    train(net, data.rows(), adam(net, 2e-3), 240)
