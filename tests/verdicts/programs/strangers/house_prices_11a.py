# badly_scaled
# prices in dollars (about 300 000) are regressed with MSE as they are
# mended by: standardising the target
# cause words: target, price, scale, standardise, normalise, dollars
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
rng = np.random.default_rng(4)
torch.manual_seed(4)

n = 2000
area = rng.uniform(40, 250, n)
rooms = np.round(area / 30 + rng.normal(0, 0.7, n))
age = rng.uniform(0, 80, n)
dist = rng.exponential(8, n)
price = 2200 * area * np.exp(-dist / 20) + 15000 * rooms - 900 * age + rng.normal(0, 8000, n) + 60000
X = np.stack([area, rooms, age, dist], 1)
X = (X - X[:1600].mean(0)) / X[:1600].std(0)
y = price.reshape(-1, 1)
mu, sd = y[:1600].mean(), y[:1600].std()
target = (y - mu) / sd if FIX else y
Xt = torch.tensor(X, dtype=torch.float32)
yt = torch.tensor(target, dtype=torch.float32)
train = DataLoader(TensorDataset(Xt[:1600], yt[:1600]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(30):
    losses = []
    for xb, yb in train:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 0:
        print(f"epoch {epoch} train mse {np.mean(losses):.5g}")
with torch.no_grad():
    pred = model(Xt[1600:]).numpy()
if FIX:
    pred = pred * sd + mu
mae = np.abs(pred - y[1600:]).mean()
r2 = 1 - ((pred - y[1600:]) ** 2).sum() / ((y[1600:] - y[1600:].mean()) ** 2).sum()
print(f"FINAL loss={np.mean(losses):.5g} metric={r2:.4f} (R2, mae {mae:.0f})")
