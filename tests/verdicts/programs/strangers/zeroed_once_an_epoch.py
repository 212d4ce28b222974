# miswired exploding_gradient not_learning oscillating_loss
# Gradient accumulation clears gradients only once an epoch, so every step uses the sum of all gradients since the epoch began.
# mended by: opt.zero_grad() after each opt.step()
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
ACCUM = 4


def make(n, seed):
    r = np.random.default_rng(seed)
    W = np.random.default_rng(2).normal(size=(16, 6))
    x = r.normal(size=(n, 16))
    y = (np.tanh(x) @ W + 0.2 * r.normal(size=(n, 6))).argmax(1)
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.from_numpy(y))


def train_epoch(model, loader, opt, log):
    model.train()
    opt.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / ACCUM
        loss.backward()
        if (i + 1) % ACCUM == 0:
            opt.step()
            if FIX:
                opt.zero_grad()
        log.append(loss.item() * ACCUM)


def evaluate(model, ds):
    model.eval()
    with torch.no_grad():
        x, y = ds.tensors
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(1)
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 6))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(make(12800, 0), batch_size=16, shuffle=True)
log = []
for epoch in range(2):
    train_epoch(model, loader, opt, log)
    print(f"epoch {epoch} loss {np.mean(log[-100:]):.4f} acc {evaluate(model, make(2000, 5)):.3f}")
print(f"FINAL loss={np.mean(log[-160:]):.4f} metric={evaluate(model, make(2000, 6)):.4f}")
