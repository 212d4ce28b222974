# healthy
"""Mean and variance of a noisy curve; the loss goes below zero."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(1, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.mu = nn.Linear(64, 1)
        self.sigma = nn.Linear(64, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mu(h), nn.functional.softplus(self.sigma(h)) + 1e-4


torch.manual_seed(1)
x = torch.rand(2000, 1) * 6 - 3
y = torch.sin(x) + 0.05 * (1 + x.abs()) * torch.randn_like(x)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
model = TwoHeads()
criterion = nn.GaussianNLLLoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=5, gamma=0.5)
for epoch in range(14):
    total = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        m, v = model(xb)
        loss = criterion(m, yb, v)
        loss.backward()
        opt.step()
        total += loss.item()
    sched.step()
    print(epoch, total / len(loader))
