# healthy
"""Meta-learning: a first step of gradient descent that suits every sine."""

import torch
from torch import nn
from torch.func import functional_call


class Sine(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)
        )

    def forward(self, x):
        return self.net(x)


def task():
    amp, phase = 0.1 + 4.9 * torch.rand(1), torch.pi * torch.rand(1)
    return lambda n: (lambda x: (x, amp * torch.sin(x + phase)))(10 * torch.rand(n, 1) - 5)


torch.manual_seed(0)
model = Sine()
meta = torch.optim.Adam(model.parameters(), lr=1e-3)
mse = nn.functional.mse_loss
for it in range(250):
    meta.zero_grad()
    outer = 0.0
    for _ in range(4):
        draw = task()
        x, y = draw(10)
        weights = dict(model.named_parameters())
        inner = mse(functional_call(model, weights, (x,)), y)
        grads = torch.autograd.grad(inner, list(weights.values()), create_graph=True)
        fast = {k: w - 0.01 * g for (k, w), g in zip(weights.items(), grads, strict=True)}
        x, y = draw(10)
        outer = outer + mse(functional_call(model, fast, (x,)), y)
    (outer / 4).backward()
    meta.step()
    if it % 50 == 0:
        print(it, float(outer) / 4)
