"""Healthy: slow, and no plateau."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, sgd, train

R = Register([])


@R.healthy("one sample a step, lr 0.01", seeds=3)
def one_by_one(seed: int) -> None:
    x = torch.randn(1000, 12)
    y = (x[:, :5] + 0.5 * torch.randn(1000, 5)).argmax(1)
    net = nets.mlp(3, 32, sizes=(12, 5))
    train(net, data.batches(x, y, 1), sgd(net, 0.01), 600)


@R.healthy("random labels, learned by heart, slowly", seeds=3)
def by_heart(seed: int) -> None:
    x, y = torch.randn(128, 16), torch.randint(5, (128,))
    net = nets.mlp(3, 48, sizes=(16, 5))
    train(net, data.batches(x, y, 64), sgd(net, 0.03), 300)


@R.healthy("labels of which a third are wrong, two answers", seeds=3)
def noisy_labels(seed: int) -> None:
    x = torch.randn(2000, 10)
    y = ((x[:, 0] > 0) ^ (torch.rand(2000) < 0.33)).long()
    net = nets.mlp(2, 16, sizes=(10, 2))
    train(net, data.batches(x, y, 64), adam(net, 2e-3), 500)


@R.healthy("soft targets, whose own entropy remains", seeds=2)
def soft_targets(seed: int) -> None:
    x = torch.rand(512, 20)
    net = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 20))
    optimizer = adam(net, 3e-3)
    for _ in range(500):
        batch = x[torch.randint(512, (32,))].round(decimals=1) * 0.4 + 0.1
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(net(batch), batch).backward()
        optimizer.step()
