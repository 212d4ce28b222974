# nonfinite
# Variance as E[x^2]-E[x]^2 cancels in float32; for a frozen sensor (constant 311.9) it becomes about -0.008, and sqrt of the negative number is NaN.
# mended by: clamp the variance from below (or use x.var)
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
N_SENS, WIN, FREEZE_AT = 6, 12, 310


class PlantStream:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.offset = np.array([21.0, 101.3, 4.2, 55.0, 300.0, 7.7])
        self.scale = np.array([1.5, 0.8, 0.3, 6.0, 12.0, 0.5])

    def batch(self, t, n=32):
        z = np.cumsum(self.r.normal(size=(n, WIN, N_SENS)), 1) / 3
        y = (z[:, -1, 0] - z[:, 0, 0] + z[:, :, 3].max(1) > 0.7).astype(np.int64)
        x = self.offset + self.scale * z
        if t >= FREEZE_AT and self.r.random() < 0.25:
            x[self.r.integers(n), :, 4] = 311.9
        return torch.tensor(x, dtype=torch.float32), torch.from_numpy(y)


class WindowNorm(nn.Module):
    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        var = (x * x).mean(1, keepdim=True) - mean ** 2
        if FIX:
            var = var.clamp_min(1e-3)
        return (x - mean) / torch.sqrt(var + 1e-6)


class FaultNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = WindowNorm()
        self.conv1 = nn.Conv1d(N_SENS, 24, 5, padding=2)
        self.conv2 = nn.Conv1d(24, 24, 3, padding=1)
        self.fc = nn.Linear(24 * WIN, 2)

    def forward(self, x):
        h = self.norm(x).transpose(1, 2)
        h = F.leaky_relu(self.conv1(h), 0.1)
        h = F.leaky_relu(self.conv2(h), 0.1)
        return self.fc(h.flatten(1))


src = PlantStream(4)
model = FaultNet()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3)
curve = []
for t in range(500):
    x, y = src.batch(t)
    opt.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    opt.step()
    curve.append(loss.item())
    if (t + 1) % 100 == 0:
        print(f"iter {t + 1}: {np.mean(curve[-100:]):.4f}")
model.eval()
with torch.no_grad():
    x, y = src.batch(0, 2000)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(curve[-50:]):.4f} metric={acc:.4f}")
