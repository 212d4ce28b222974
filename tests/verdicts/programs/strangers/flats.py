# badly_scaled not_learning
# prices of some 300,000 as raw targets of an MSE: the loss is 1e11, the gradients are enormous and Adam with 1e-3 cannot get the outputs up to that scale
# mended by: standardise the targets
# cause words: target scale normalise standardise price large units
import os, torch, numpy as np
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); rng = np.random.default_rng(0)
n = 2500
area = rng.gamma(6, 14, n); rooms = np.clip(np.round(area / 25 + rng.normal(0, .7, n)), 1, 8)
dist = rng.exponential(4, n); year = rng.integers(1900, 2024, n); floor = rng.integers(0, 9, n)
price = 2600 * area * np.exp(-dist / 12) + 15000 * rooms + 700 * (year - 1900) + 3000 * floor + rng.normal(0, 9000, n) + 50000
feats = np.stack([area, rooms, dist, year, floor], 1)
feats = (feats - feats.mean(0)) / feats.std(0)
X = torch.tensor(feats, dtype=torch.float32)
y = torch.tensor(price, dtype=torch.float32)[:, None]
shift, scale = (y[:2000].mean(), y[:2000].std()) if FIX else (torch.tensor(0.), torch.tensor(1.))
model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.MSELoss()
for epoch in range(20):
    for idx in torch.randperm(2000).split(32):
        pred = model(X[idx])
        loss = criterion(pred, (y[idx] - shift) / scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch:3d}  mse {loss.item():.5g}")
with torch.no_grad():
    p = model(X[2000:]) * scale + shift
    r2 = 1 - ((p - y[2000:]) ** 2).sum() / ((y[2000:] - y[2000:].mean()) ** 2).sum()
print(f"FINAL loss={loss.item():.5g} metric={r2.item():.4f}")
