# saturated plateau vanishing_gradient not_learning
# LSTM is fed raw sensor units (pressure ~1013, flow ~800, K ~293), so 98 % of gate pre-activations are beyond |5|.
# mended by: z-score transform
"""LSTM regime classifier over multi-sensor windows."""
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)


class SensorWindows(Dataset):
    """pressure [mbar], flow [l/h], temperature [K]; label = lead/lag pattern."""

    def __init__(self, n=6000, t=24, seed=0, transform=None):
        r = np.random.default_rng(seed)
        base = r.normal(size=(n, t + 4)).cumsum(1)
        base = base - base.mean(1, keepdims=True)
        y = r.integers(0, 3, n)
        press = base[:, 2:2 + t]
        flow = np.stack([b[k:k + t] for b, k in zip(base, (y * 2))])
        temp = r.normal(size=(n, t))
        x = np.stack([1013 + 60 * press, 800 + 250 * flow, 293 + 4 * temp], -1)
        self.x = torch.tensor(x, dtype=torch.float32)
        self.y = torch.tensor(y)
        self.mean = self.x.mean((0, 1))
        self.std = self.x.std((0, 1))
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.transform == "zscore":
            x = (x - self.mean) / self.std
        return x, self.y[i]


class Classifier(nn.Module):
    def __init__(self, d=3, h=48, c=3):
        super().__init__()
        self.rnn = nn.LSTM(d, h, batch_first=True)
        self.fc = nn.Linear(h, c)

    def forward(self, x):
        o, _ = self.rnn(x)
        return self.fc(o.mean(1))


dl = DataLoader(SensorWindows(transform="zscore" if FIX else None), batch_size=64, shuffle=True, drop_last=True)
net = Classifier()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=8e-3, total_steps=4 * len(dl))
hist = []
for ep in range(4):
    for x, y in dl:
        out = net(x)
        loss = nn.functional.cross_entropy(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        hist.append((loss.item(), (out.argmax(1) == y).float().mean().item()))
        if len(hist) % 40 == 1:
            print(len(hist) - 1, hist[-1])
k = len(hist) // 10
print(f"FINAL loss={np.mean([h[0] for h in hist[-k:]]):.4f} metric={np.mean([h[1] for h in hist[-k:]]):.4f}")
