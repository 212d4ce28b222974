# saturated
# sensor channels in raw units (pressure in Pa, rpm, microvolt) go straight into a tanh network: the first layer sits at +-1
# mended by: StandardScaler on the inputs
# cause words: scale normalise normalize standardise inputs raw units
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
n = 3000
z = torch.randn(n, 5)
raw = torch.stack([101_300 + 800 * z[:, 0], 3000 + 600 * z[:, 1], 450 + 90 * z[:, 2], 20 + 5 * z[:, 3], 7e4 + 9e3 * z[:, 4]], 1)
y = (z[:, 0] * z[:, 1] + torch.sin(z[:, 2] * 2) + 0.7 * z[:, 3] - 0.5 * z[:, 4]).unsqueeze(1)
y = (y - y.mean()) / y.std() + 0.05 * torch.randn(n, 1)


class StandardScaler:
    def fit(self, x):
        self.m, self.s = x.mean(0), x.std(0)
        return self

    def transform(self, x):
        return (x - self.m) / self.s


X = StandardScaler().fit(raw[:2500]).transform(raw) if FIX else raw
loader = DataLoader(TensorDataset(X[:2500], y[:2500]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
crit = nn.SmoothL1Loss()
for epoch in range(25):
    model.train()
    tot = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = crit(model(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item() / len(loader)
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {tot:.4f}")
with torch.no_grad():
    r2 = 1 - ((model(X[2500:]) - y[2500:]) ** 2).mean() / y[2500:].var()
print(f"FINAL loss={tot:.4f} metric={r2.item():.4f}")
