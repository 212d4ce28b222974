# not_learning oscillating_loss plateau miswired
# BatchNorm with batches of two maps each feature to +-1, destroying the magnitudes; very noisy loss without progress and wrong running statistics.
# mended by: batch_size 64
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
cfg = dict(batch_size=64 if FIX else 2, steps=500, lr=2e-3)


def tabular(n, seed):
    r = np.random.default_rng(seed)
    x = r.normal(size=(n, 8))
    y = x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * x[:, 2] * x[:, 3]
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))


def block(i, o):
    return nn.Sequential(nn.Linear(i, o, bias=False), nn.BatchNorm1d(o), nn.ReLU())


torch.manual_seed(0)
model = nn.Sequential(block(8, 64), block(64, 64), nn.Linear(64, 1), nn.Flatten(0))
opt = torch.optim.Adam(model.parameters(), lr=cfg["lr"])
dl = DataLoader(tabular(cfg["steps"] * cfg["batch_size"], 0), cfg["batch_size"], shuffle=True)
losses = []
model.train()
for k, (x, y) in enumerate(dl):
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if k % 50 == 49:
        print(f"{k + 1} {np.mean(losses[-50:]):.4f}")
model.eval()
x, y = tabular(3000, 1).tensors
with torch.no_grad():
    mse = ((model(x) - y) ** 2).mean().item()
print(f"FINAL loss={np.mean(losses[-50:]):.4f} metric={mse:.4f}")
