# badly_scaled exploding_gradient saturated not_learning oscillating_loss
# InfoNCE temperature of 0.0005 makes logits +-2000: softmax is saturated (one-hot), initial loss 555 and gradient norm 1700.
# mended by: temperature 0.1
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
TEMPERATURE = 0.1 if FIX else 0.0005
torch.manual_seed(0)
rng = np.random.default_rng(0)
A = rng.normal(size=(10, 30))
B = rng.normal(size=(10, 18))


def views(n):
    z = rng.normal(size=(n, 10))
    a = np.tanh(z @ A / 3) + 0.3 * rng.normal(size=(n, 30))
    b = np.tanh(z @ B / 3) + 0.3 * rng.normal(size=(n, 18))
    return torch.tensor(a, dtype=torch.float32), torch.tensor(b, dtype=torch.float32)


def tower(d):
    return nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 24))


class DualEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = tower(30), tower(18)

    def forward(self, a, b):
        za, zb = F.normalize(self.left(a), dim=1), F.normalize(self.right(b), dim=1)
        return za @ zb.t()


def info_nce(sim):
    logits = sim / TEMPERATURE
    t = torch.arange(len(sim))
    return 0.5 * (F.cross_entropy(logits, t) + F.cross_entropy(logits.t(), t))


model = DualEncoder()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
losses = []
for step in range(600):
    loss = info_nce(model(*views(64)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 60 == 0:
        print(step, round(losses[-1], 3))
with torch.no_grad():
    s = model(*views(500))
    acc = (s.argmax(1) == torch.arange(500)).float().mean().item()
print(f"FINAL loss={np.mean(losses[-60:]):.4f} metric={acc:.4f}")
