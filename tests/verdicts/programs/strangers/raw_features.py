# dead_relu plateau exploding_gradient not_learning
# Raw un-normalised features (year, metres ~ thousands) produce a huge first loss and gradients at the first steps, which throw fc1/fc2 into the dead region (100 % / 89 % dead units), leaving only the bias of the head.
# mended by: standardise the features
"""Apartment rent classifier (cheap / mid / dear) from raw listing attributes."""
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31)


class Listings(Dataset):
    def __init__(self, n=5000, normalise=True):
        r = np.random.RandomState(4)
        area = r.gamma(6, 12, n) + 18
        year = r.randint(1900, 2023, n)
        dist = r.exponential(4000, n)
        floor = r.randint(0, 12, n)
        rooms = np.clip((area / 25 + r.randn(n) * 0.5).round(), 1, 7)
        rent = 9 * area + 4 * (year - 1960) - 0.06 * dist + 15 * floor + 40 * rooms
        q = np.quantile(rent, [1 / 3, 2 / 3])
        self.y = torch.tensor(np.digitize(rent, q)).long()
        x = np.stack([area, year, dist, floor, rooms], 1).astype(np.float32)
        if normalise:
            x = (x - x.mean(0)) / x.std(0)
        self.x = torch.from_numpy(x)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(5, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def run():
    ds = Listings(normalise=FIX)
    dl = DataLoader(ds, batch_size=50, shuffle=True)
    net = MLP()
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    crit = nn.CrossEntropyLoss()
    hist = []
    for epoch in range(5):
        for x, y in dl:
            out = net(x)
            loss = crit(out, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            hist.append((loss.item(), (out.argmax(1) == y).float().mean().item()))
            if len(hist) % 50 == 1:
                print(len(hist) - 1, hist[-1])
    k = len(hist) // 10
    print(f"FINAL loss={np.mean([h[0] for h in hist[-k:]]):.4f} metric={np.mean([h[1] for h in hist[-k:]]):.4f}")
    return net, ds


net, ds = run()
