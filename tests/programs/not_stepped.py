"""An optimizer that is there for its schedule only; the update is made by hand."""

import torch
import truth
from torch import nn

torch.manual_seed(33)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(12):
    optimizer.zero_grad()
    loss = model(torch.randn(8, 4)).square().mean()
    loss.backward()
    truth.step(loss, dict(model.named_parameters()))
    with torch.no_grad():
        for p in model.parameters():
            p -= optimizer.param_groups[0]["lr"] * p.grad
truth.end(model)
