# badly_scaled not_learning
# prices in euros (about 300,000) are regressed by MSE with Adam at 1e-3: the output would have to climb 300,000 in steps of 1e-3
# mended by: target standardised with the training mean and deviation
# cause words: scale, target, standardi, normali, magnitude, price
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
rng = np.random.default_rng(1)
torch.manual_seed(1)
n = 3000
area, rooms, age = rng.uniform(40, 220, n), rng.integers(1, 8, n), rng.uniform(0, 80, n)
dist, garden = rng.exponential(8, n), rng.integers(0, 2, n)
price = 2600 * area + 9000 * rooms - 900 * age - 2500 * dist + 25000 * garden * (area > 100) + rng.normal(0, 9000, n)
feats = np.stack([area, rooms, age, dist, garden], 1)
feats = (feats - feats.mean(0)) / feats.std(0)
mu, sd = (price[:2400].mean(), price[:2400].std()) if FIX else (0.0, 1.0)
X = torch.tensor(feats, dtype=torch.float32)
y = torch.tensor((price - mu) / sd, dtype=torch.float32).unsqueeze(1)


class PriceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Dropout(0.05), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.layers(x)


def r2(model):
    model.eval()
    with torch.no_grad():
        p = model(X[2400:])
    return (1 - ((p - y[2400:]) ** 2).mean() / y[2400:].var()).item()


model = PriceNet()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
dl = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=64, shuffle=True)
for epoch in range(40):
    model.train()
    losses = []
    for xb, yb in dl:
        loss = nn.functional.mse_loss(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if epoch % 8 == 0:
        print(f"epoch {epoch} loss {np.mean(losses):.5g}")
print(f"FINAL loss={np.mean(losses):.5g} metric={r2(model):.3f}")
