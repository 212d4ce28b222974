# saturated
# the forecaster ends in a sigmoid, but the load is left in megawatts (30 to 90) instead of being scaled into 0..1: the outputs all sit at 1
# mended by: targets min-max scaled into 0..1
# cause words: sigmoid, target, range, scale, 0..1, [0, 1]
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
np.random.seed(0)
torch.manual_seed(0)
hours = np.arange(4000)
load = 60 + 18 * np.sin(hours * 2 * np.pi / 24) + 8 * np.sin(hours * 2 * np.pi / 168) + 1.5 * np.random.randn(4000)
lo, hi = load.min(), load.max()
inputs = torch.tensor((load - load.mean()) / load.std(), dtype=torch.float32)
target = torch.tensor((load - lo) / (hi - lo) if FIX else load, dtype=torch.float32)
LAGS = 24


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.GELU(), nn.Conv1d(16, 8, 5, padding=2), nn.GELU())
        self.out = nn.Sequential(nn.Linear(8 * LAGS, 32), nn.GELU(), nn.Linear(32, 1), nn.Sigmoid())

    def forward(self, x):
        return self.out(self.conv(x[:, None]).flatten(1)).squeeze(1)


def windows(idx):
    return torch.stack([inputs[i:i + LAGS] for i in idx]), target[torch.as_tensor(idx) + LAGS]


model = Forecaster()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.SmoothL1Loss()
for step in range(1200):
    x, y = windows(np.random.randint(0, 3200, 64))
    loss = loss_fn(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print("step", step, "loss", round(loss.item(), 5))

model.eval()
with torch.no_grad():
    x, y = windows(np.arange(3200, 3900))
    p = model(x)
    r2 = 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(f"FINAL loss={loss.item():.5f} metric={r2.item():.3f}")
