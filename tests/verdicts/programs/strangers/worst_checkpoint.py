# not_learning oscillating_loss plateau miswired
# Checkpoint keeps the state with the HIGHEST validation loss (sign) and reloads it after each epoch that is not worse, so weights are overwritten with old ones each epoch; sawtooth loss.
# mended by: score = -val_loss
import os
import copy
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"


def spirals(n, seed):
    r = np.random.default_rng(seed)
    y = r.integers(0, 3, n)
    t = r.uniform(0.3, 3.2, n)
    a = t * 1.6 + y * 2 * np.pi / 3
    x = np.stack([t * np.cos(a), t * np.sin(a)], 1) + 0.08 * r.normal(size=(n, 2))
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.from_numpy(y))


class Checkpoint:
    def __init__(self, model):
        self.model = model
        self.score = float("-inf")
        self.state = copy.deepcopy(model.state_dict())

    def update(self, val_loss):
        score = -val_loss if FIX else val_loss
        if score > self.score:
            self.score = score
            self.state = copy.deepcopy(self.model.state_dict())
        else:
            self.model.load_state_dict(self.state)


@torch.no_grad()
def validate(model, ds):
    x, y = ds.tensors
    out = model(x)
    return F.cross_entropy(out, y).item(), (out.argmax(1) == y).float().mean().item()


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
train = DataLoader(TensorDataset(*spirals(1280, 0).tensors), 64, shuffle=True)
val = spirals(500, 1)
ckpt = Checkpoint(model)
losses = []
for epoch in range(35):
    for x, y in train:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    vl, va = validate(model, val)
    ckpt.update(vl)
    if epoch % 5 == 0:
        print(f"epoch {epoch} train {np.mean(losses[-20:]):.4f} val {vl:.4f} acc {va:.3f}")
print(f"FINAL loss={np.mean(losses[-70:]):.4f} metric={validate(model, spirals(2000, 2))[1]:.4f}")
