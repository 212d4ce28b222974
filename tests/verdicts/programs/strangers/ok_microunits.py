# healthy
# targets are in ampere (about 1e-4), so the loss is 1e-9 and the gradients 1e-6 and less; Adam with a small eps learns all the same
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(44)
np.random.seed(44)
v = np.random.uniform(0, 0.8, (4000, 1))
temp = np.random.uniform(-1, 1, (4000, 1))
gate = np.random.uniform(-1, 1, (4000, 1))
current = 1e-4 * (np.tanh(3 * v) * (1 + 0.4 * gate) * np.exp(-0.3 * temp) + 0.02 * np.random.randn(4000, 1))
X = torch.tensor(np.hstack([v, temp, gate]), dtype=torch.float32)
Y = torch.tensor(current, dtype=torch.float32)


class DeviceModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, x):
        return 1e-4 * self.net(x)


model = DeviceModel()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, eps=1e-16)
loader = DataLoader(TensorDataset(X[:3200], Y[:3200]), batch_size=64, shuffle=True)
for epoch in range(24):
    total = 0.0
    for xb, yb in loader:
        loss = ((model(xb) - yb) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {total / len(loader):.3e}")
with torch.no_grad():
    r2 = 1 - ((model(X[3200:]) - Y[3200:]) ** 2).mean() / Y[3200:].var()
print(f"FINAL loss={total / len(loader):.3e} metric={r2.item():.3f}")
