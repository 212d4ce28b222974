# badly_scaled
"""Prices as they are, in dollars."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class PriceNet(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.model = nn.Sequential(
            *self.block(features, 64), nn.Dropout(0.1), *self.block(64, 32), nn.Linear(32, 1)
        )

    @staticmethod
    def block(a, b):
        return nn.Linear(a, b), nn.ReLU()

    def forward(self, x):
        return self.model(x)


torch.manual_seed(25)
x = torch.randn(1000, 9)
price = 250_000 + 60_000 * x[:, :1] + 25_000 * x[:, 1:2] * x[:, 2:3]
net = PriceNet(9)
criterion = nn.MSELoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(10):
    running = 0.0
    for xb, yb in DataLoader(TensorDataset(x, price), batch_size=50, shuffle=True):
        opt.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        opt.step()
        running += loss.item()
    print(f"[{epoch}] {running / 20:.1f}")
