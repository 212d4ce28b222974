# not_learning plateau miswired
# Inputs and labels are drawn by two samplers with different generators, so labels do not belong to the inputs.
# mended by: seed both samplers alike
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader, RandomSampler

FIX = os.environ.get("FIX") == "1"


class Signals(Dataset):
    def __init__(self, n, seed):
        r = np.random.default_rng(seed)
        self.y = r.integers(0, 5, n)
        t = np.arange(48) / 48
        ph = r.uniform(0, 6.28, (n, 1))
        f = (self.y + 2)[:, None]
        self.x = (np.sin(2 * np.pi * f * t + ph) + 0.4 * r.normal(size=(n, 48))).astype(np.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i])


class Labels(Dataset):
    def __init__(self, y):
        self.y = y

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return int(self.y[i])


def loaders(signals, bs, seed):
    labels = Labels(signals.y)
    gx = torch.Generator().manual_seed(seed)
    gy = torch.Generator().manual_seed(seed if FIX else seed + 1)
    return (DataLoader(signals, bs, sampler=RandomSampler(signals, generator=gx)),
            DataLoader(labels, bs, sampler=RandomSampler(labels, generator=gy)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, 16, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
                                  nn.Conv1d(16, 32, 7, padding=3), nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten())
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(128, 5)

    def forward(self, x):
        return self.fc(self.drop(self.body(x.unsqueeze(1))))


torch.manual_seed(0)
train = Signals(4096, 0)
model, crit = Net(), nn.CrossEntropyLoss(label_smoothing=0.02)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
losses = []
for epoch in range(5):
    model.train()
    lx, ly = loaders(train, 64, epoch * 10)
    for x, y in zip(lx, ly):
        opt.zero_grad()
        loss = crit(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: {np.mean(losses[-64:]):.4f}")
model.eval()
val = Signals(1000, 1)
with torch.no_grad():
    acc = (model(torch.from_numpy(val.x)).argmax(1).numpy() == val.y).mean()
print(f"FINAL loss={np.mean(losses[-32:]):.4f} metric={acc:.4f}")
