# nonfinite
# Per-domain normalisation uses the unbiased std of a group with one sample (0/0 = NaN) when a rare domain appears once in the batch.
# mended by: skip groups with fewer than 2 samples
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
MIN_GROUP = 2 if FIX else 1
torch.manual_seed(9)
rng = np.random.default_rng(26)
P_DOM = np.array([0.45, 0.27, 0.16, 0.12])
SHIFT = rng.normal(size=(4, 12)) * 3
GAIN = np.exp(rng.normal(size=(4, 12)) * 0.5)
W = np.random.default_rng(50).normal(size=(12, 5))


def sample(n):
    d = rng.choice(4, n, p=P_DOM)
    z = rng.normal(size=(n, 12))
    y = np.argmax(z @ W + 0.3 * (z ** 2) @ W, 1)
    x = z * GAIN[d] + SHIFT[d]
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(d), torch.from_numpy(y)


class DomainNorm(nn.Module):
    def __init__(self, dim, n_domains):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        self.n = n_domains

    def forward(self, h, dom):
        out = h.clone()
        for d in range(self.n):
            m = dom == d
            if m.sum() < MIN_GROUP:
                continue
            g = h[m]
            out[m] = (g - g.mean(0)) / (g.std(0) + 1e-5)
        return out * self.weight + self.bias


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(12, 48)
        self.norm = DomainNorm(48, 4)
        self.mid = nn.Linear(48, 48)
        self.out = nn.Linear(48, 5)

    def forward(self, x, d):
        h = torch.relu(self.norm(self.inp(x), d))
        return self.out(torch.relu(self.mid(h)))


def main(steps=500, bs=64):
    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    rec = []
    for s in range(steps):
        x, d, y = sample(bs)
        loss = F.cross_entropy(net(x, d), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        rec.append(loss.item())
        if s % 50 == 0:
            print("step", s, "loss", round(rec[-1], 4))
    with torch.no_grad():
        x, d, y = sample(2000)
        acc = (net(x, d).argmax(1) == y).float().mean().item()
    print(f"FINAL loss={np.mean(rec[-steps // 10:]):.4f} metric={acc:.4f}")


main()
