# exploding_gradient dead_relu
"""Momentum and a large rate on a regression: one kick, and every unit is off."""

import torch
from torch import nn


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()
        )
        self.proj = nn.Linear(64, 1)

    def forward(self, x):
        return self.proj(self.net(x))


torch.manual_seed(0)
t = torch.arange(3000.0)
series = torch.sin(t / 9) + 0.5 * torch.sin(t / 31) + 2
windows = series.unfold(0, 25, 1)
model = Forecaster()
opt = torch.optim.SGD(model.parameters(), lr=0.8, momentum=0.9)
for step in range(150):
    batch = windows[torch.randint(len(windows), (64,))]
    loss = nn.functional.mse_loss(model(batch[:, :24]), batch[:, 24:])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print(step, loss.item())
