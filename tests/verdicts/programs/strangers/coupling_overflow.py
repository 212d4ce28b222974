# nonfinite
# One row of the data is 400 times too large; the unbounded log scale s of a coupling layer becomes huge and exp(s) (or the product and the square after it) overflows to inf.
# mended by: bound the log scale: s = 2*tanh(s/2)
import os
import math
import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)


def readings(n, seed):
    g = np.random.default_rng(seed)
    t = g.uniform(0, 2 * np.pi, n)
    x = np.stack([np.cos(t), np.sin(t), np.cos(2 * t), t / 3 - 1], 1) + 0.15 * g.normal(size=(n, 4))
    return x.astype(np.float32)


class Coupling(nn.Module):
    def __init__(self, dim, flip):
        super().__init__()
        self.flip = flip
        h = dim // 2
        self.net = nn.Sequential(nn.Linear(h, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2 * h))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        if FIX:
            s = 2.0 * torch.tanh(s / 2.0)
        b = b * torch.exp(s) + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.sum(1)


class Flow(nn.Module):
    def __init__(self, dim=4, n=6):
        super().__init__()
        self.blocks = nn.ModuleList(Coupling(dim, i % 2 == 1) for i in range(n))

    def log_prob(self, x):
        ld = 0.0
        for blk in self.blocks:
            x, l = blk(x)
            ld = ld + l
        return -0.5 * (x ** 2).sum(1) - 2 * math.log(2 * math.pi) + ld


x = readings(64 * 500, 5)
x[64 * 287 + 13] *= 400.0
loader = DataLoader(TensorDataset(torch.from_numpy(x)), batch_size=64)
flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=1e-3)
losses = []
for i, (xb,) in enumerate(loader):
    loss = -flow.log_prob(xb).mean()
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    opt.step()
    losses.append(loss.item())
    if i % 50 == 0:
        print(f"{i:4d} nll {losses[-1]:.3f}")
with torch.no_grad():
    nll = -flow.log_prob(torch.from_numpy(readings(2000, 77))).mean().item()
print(f"FINAL loss={np.mean(losses[-50:]):.4f} metric={nll:.4f}")
