# badly_scaled
# house prices in dollars (hundreds of thousands) as raw targets of an MSE loss: loss 1e10, gradients of 1e5, Adam cannot reach the scale
# mended by: standardising the target
# cause words: target scale standardise normalise price
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
np.random.seed(42)
torch.manual_seed(42)

n = 2000
area = np.random.normal(150, 40, n).clip(40)
rooms = np.random.randint(1, 7, n)
dist = np.random.exponential(8, n)
built = np.random.randint(1900, 2020, n)
price = 1800 * area + 15000 * rooms - 6000 * dist + 800 * (built - 1900) + 12000 * np.random.randn(n) + 80000
X = np.stack([area, rooms, dist, built], 1)
X = (X - X.mean(0)) / X.std(0)
y = price.astype(np.float32)
mu, sd = y[:1600].mean(), y[:1600].std()
if FIX:
    y = (y - mu) / sd
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y).view(-1, 1)
loader = DataLoader(TensorDataset(X[:1600], y[:1600]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
criterion = nn.MSELoss()
for epoch in range(20):
    epoch_loss = 0
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 4 == 0:
        print(f"Epoch {epoch}: loss {epoch_loss / len(loader):.4f}")
with torch.no_grad():
    err = ((model(X[1600:]) - y[1600:]) ** 2).mean() / y[1600:].var()
print(f"FINAL loss={epoch_loss / len(loader):.4f} metric={1 - err.item():.4f}")
