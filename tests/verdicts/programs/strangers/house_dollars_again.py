# badly_scaled
# house prices in dollars (about 300,000) as raw regression targets with MSE: loss 1e11, gradients huge but stable, Adam cannot reach the range
# mended by: standardising the targets
# cause words: target, scale, standardi, normali, dollar
# Stack Overflow: "PyTorch regression huge loss, predictions far too small"
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
np.random.seed(1)
torch.manual_seed(1)
N = 2500
area, rooms, age, dist = np.random.rand(4, N)
price = 150000 + 300000 * area + 40000 * rooms * area - 60000 * age + 80000 * np.exp(-3 * dist) + 8000 * np.random.randn(N)
X = np.stack([area, rooms, age, dist], 1)
X = (X - X.mean(0)) / X.std(0)
mu, sd = (price[:2000].mean(), price[:2000].std()) if FIX else (0.0, 1.0)
X = torch.tensor(X, dtype=torch.float32)
Y = torch.tensor((price - mu) / sd, dtype=torch.float32)[:, None]


class HousePrice(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.l(x)


model = HousePrice()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.MSELoss()
loader = DataLoader(TensorDataset(X[:2000], Y[:2000]), 64, shuffle=True)
for epoch in range(20):
    tot = 0
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 2 == 0:
        print(f"Epoch {epoch:2d} MSE {tot / len(loader):.4g}")
with torch.no_grad():
    r2 = 1 - ((model(X[2000:]) - Y[2000:]) ** 2).mean() / Y[2000:].var()
print(f"FINAL loss={tot / len(loader):.4g} metric={r2.item():.4f}")
