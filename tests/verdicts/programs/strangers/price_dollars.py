# badly_scaled
# house prices in dollars (about 300 000) straight into an MSE with unscaled outputs
# mended by: standardising the target
# cause words: scale target normalise standardize units large normalize
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
n = 3000
rooms = torch.randint(1, 8, (n, 1)).float()
area = 20 * rooms + 15 * torch.randn(n, 1) + 40
age = torch.rand(n, 1) * 80
dist = torch.rand(n, 1) * 20
price = 60_000 + 2_000 * area + 9_000 * rooms - 1_200 * age + 70_000 * torch.cos(dist / 4) + 8_000 * torch.randn(n, 1)
X = torch.cat([rooms, area, age, dist], 1)
X = (X - X.mean(0)) / X.std(0)
mu, sd = price[:2500].mean(), price[:2500].std()


class HousePrice(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


y = (price - mu) / sd if FIX else price
loader = DataLoader(TensorDataset(X[:2500], y[:2500]), batch_size=64, shuffle=True)
model = HousePrice()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
crit = nn.MSELoss()
for epoch in range(30):
    s = 0.0
    for xb, yb in loader:
        loss = crit(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item() / len(loader)
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {s:.4f}")

with torch.no_grad():
    p = model(X[2500:])
    if FIX:
        p = p * sd + mu
    r2 = 1 - ((p - price[2500:]) ** 2).mean() / price[2500:].var()
print(f"FINAL loss={s:.4f} metric={r2.item():.4f} (test R2)")
