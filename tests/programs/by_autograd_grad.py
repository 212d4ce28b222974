"""Gradients asked for by torch.autograd.grad and applied by hand."""

import torch
import truth
from torch import nn

torch.manual_seed(10)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
for _ in range(15):
    loss = model(torch.randn(8, 4)).square().mean()
    grads = torch.autograd.grad(loss, model.parameters())
    names = [name for name, _ in model.named_parameters()]
    truth.line(loss, dict(zip(names, map(truth.norm, grads), strict=True)))
    with torch.no_grad():
        for p, g in zip(model.parameters(), grads, strict=True):
            p -= 0.1 * g
truth.end(model)
