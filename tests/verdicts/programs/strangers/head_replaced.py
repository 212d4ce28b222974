# miswired not_learning plateau
# The optimizer was built before model.fc was replaced; the new head is in no parameter group and is never stepped (only the body moves, at 2e-5).
# mended by: build the optimizer after replacing the head (step 64 = first step of the second phase, steps counted over both phases)
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"


class Backbone(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 48), nn.ReLU())
        self.fc = nn.Linear(48, n_out)

    def forward(self, x):
        return self.fc(self.features(x))


class Blobs(Dataset):
    def __init__(self, n, n_cls, seed, task):
        r = np.random.default_rng(seed)
        c = np.random.default_rng(task).normal(size=(n_cls, 2, 20)) * 1.3
        self.y = r.integers(0, n_cls, n)
        self.x = (c[self.y, r.integers(0, 2, n)] + r.normal(size=(n, 20))).astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def configure(model, lr_head, lr_body):
    return torch.optim.AdamW([
        {"params": model.features.parameters(), "lr": lr_body},
        {"params": model.fc.parameters(), "lr": lr_head},
    ], weight_decay=1e-3)


def run_epoch(model, loader, opt):
    out = []
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        out.append(loss.item())
    return out


torch.manual_seed(0)
model = Backbone(5)
pre = DataLoader(Blobs(4096, 5, 0, 1), 64, shuffle=True)
run_epoch(model, pre, configure(model, 1e-3, 1e-3))

opt = configure(model, 3e-3, 2e-5)
model.fc = nn.Linear(48, 12)
if FIX:
    opt = configure(model, 3e-3, 2e-5)
train = DataLoader(Blobs(6400, 12, 3, 2), 64, shuffle=True)
losses = []
for ep in range(4):
    losses += run_epoch(model, train, opt)
    print(f"epoch {ep} train loss {np.mean(losses[-100:]):.4f}")
test = Blobs(2000, 12, 4, 2)
with torch.no_grad():
    acc = (model(torch.from_numpy(test.x)).argmax(1).numpy() == test.y).mean()
print(f"FINAL loss={np.mean(losses[-40:]):.4f} metric={acc:.4f}")
