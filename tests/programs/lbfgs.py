"""LBFGS evaluates its closure several times a step; float64 throughout."""

import torch
import truth
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(6)
model = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1))
x = torch.randn(64, 2)
y = (x[:, :1] * x[:, 1:]).sin()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=6, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    truth.step(loss, dict(model.named_parameters()))
    return loss


for _ in range(5):
    optimizer.step(closure)
truth.end(model)
