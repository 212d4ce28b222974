"""An optimizer that never calls torch's __init__, so that no hook of torch's knows of it."""

import torch
import truth
from torch import nn


class Plain(torch.optim.Optimizer):
    def __init__(self, params, rate: float) -> None:
        self.params = list(params)
        self.rate = rate

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            p -= self.rate * p.grad


torch.manual_seed(9)
model = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 2))
optimizer = Plain(model.parameters(), 0.1)
for _ in range(15):
    loss = 0.0
    optimizer.zero_grad()
    for _ in range(2):  # accumulated
        part = model(torch.randn(8, 4)).square().mean()
        part.backward()
        loss += part.item() / 2
    truth.step(loss, dict(model.named_parameters()))
    optimizer.step()
truth.end(model)
