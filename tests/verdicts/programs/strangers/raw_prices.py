# badly_scaled exploding_gradient not_learning plateau
# Price targets are raw (mean ~ 3e5), MSE ~1e11 with gradients from 1e6 up to ~7e9; R2 stays negative.
# mended by: standardise the target
"""Sale-price regression with categorical embeddings."""
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)


class Sales(Dataset):
    def __init__(self, n=6000, seed=19):
        r = np.random.default_rng(seed)
        zone = r.integers(0, 12, n)
        area = r.lognormal(4.5, 0.35, n)
        age = r.integers(0, 80, n)
        level = r.uniform(2500, 6500, 12)
        price = area * level[zone] * (1 - 0.004 * age) + r.normal(0, 15000, n)
        self.zone = torch.tensor(zone)
        num = np.stack([np.log(area), age], 1)
        self.num = torch.tensor((num - num.mean(0)) / num.std(0), dtype=torch.float32)
        self.price = torch.tensor(price, dtype=torch.float32)
        self.mu, self.sd = (self.price.mean(), self.price.std()) if FIX else (0.0, 1.0)

    def __len__(self):
        return len(self.price)

    def __getitem__(self, i):
        return self.zone[i], self.num[i], (self.price[i] - self.mu) / self.sd


class PriceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(12, 8)
        self.body = nn.Sequential(nn.Linear(10, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, zone, num):
        return self.body(torch.cat([self.emb(zone), num], 1)).squeeze(1)


ds = Sales()
dl = DataLoader(ds, batch_size=64, shuffle=True, drop_last=True)
net = PriceNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
var = float(ds.price.var()) / float(ds.sd) ** 2
hist = []
for ep in range(5):
    for z, n, y in dl:
        loss = nn.functional.mse_loss(net(z, n), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hist.append(loss.item())
        if len(hist) % 50 == 1:
            gn = sum(p.grad.pow(2).sum() for p in net.parameters()).sqrt().item()
            print(len(hist) - 1, f"{loss.item():.4g} r2 {1 - loss.item() / var:.3f} g {gn:.3g}")
k = len(hist) // 10
l = np.mean(hist[-k:])
print(f"FINAL loss={l:.5g} metric={1 - l / var:.4f}")
