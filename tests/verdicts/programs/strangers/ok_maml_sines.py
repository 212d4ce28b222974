# healthy
# MAML on sine tasks: every step is another few tasks, the outer loss is very noisy and never near zero; after adaptation it is far better than before
import math
import torch
import torch.nn as nn
from torch.func import functional_call
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))


class Sine:
    def __init__(self):
        self.a = 0.5 + 4 * torch.rand(())
        self.p = math.pi * torch.rand(())

    def __call__(self, n):
        x = torch.rand(n, 1) * 10 - 5
        return x, self.a * torch.sin(x + self.p)


def loss_of(params, x, y):
    return ((functional_call(net, params, (x,)) - y) ** 2).mean()


def adapt(task, steps, create_graph):
    params = dict(net.named_parameters())
    x, y = task(10)
    for _ in range(steps):
        g = torch.autograd.grad(loss_of(params, x, y), list(params.values()), create_graph=create_graph)
        params = {k: p - 0.02 * d for (k, p), d in zip(params.items(), g)}
    return params


opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for it in range(1200):
    opt.zero_grad()
    tot = 0.0
    for _ in range(4):
        task = Sine()
        l = loss_of(adapt(task, 1, True), *task(10)) / 4
        l.backward()
        tot += l.item()
    opt.step()
    if it % 100 == 0:
        print(it, tot)
before = after = 0.0
for _ in range(100):
    task = Sine()
    q = task(100)
    before += loss_of(dict(net.named_parameters()), *q).item() / 100
    after += loss_of(adapt(task, 10, False), *q).item() / 100
print(f"FINAL loss={tot:.4f} metric={after:.4f} (before adapting {before:.3f})")
