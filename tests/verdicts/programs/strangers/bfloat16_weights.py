# not_learning plateau miswired
# Parameters are stored in bfloat16 and updated there: unit-scale weights have a spacing of 2^-8..2^-7, SGD updates are smaller than half of it and are rounded away (only biases and near-zero weights move).
# mended by: keep float32 weights
import os
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
dtype = torch.float32 if FIX else torch.bfloat16
torch.manual_seed(0)
rng = np.random.default_rng(0)


class EqualLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i))
        self.bias = nn.Parameter(torch.zeros(o))
        self.scale = math.sqrt(2 / i)

    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias)


class Profile(nn.Module):
    def __init__(self, dim=24, width=128, n_cls=4):
        super().__init__()
        self.l1, self.l2, self.l3 = EqualLinear(dim, width), EqualLinear(width, width), EqualLinear(width, n_cls)

    def forward(self, x):
        return self.l3(F.gelu(self.l2(F.gelu(self.l1(x)))))


W = rng.normal(size=(24, 4))


def batch(n):
    x = rng.normal(size=(n, 24))
    y = (x @ W + 1.5 * rng.normal(size=(n, 4)) * 0.3).argmax(1)
    return torch.tensor(x, dtype=dtype), torch.from_numpy(y)


model = Profile().to(dtype)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
losses = []
for step in range(800):
    x, y = batch(64)
    loss = F.cross_entropy(model(x).float(), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 80 == 0:
        print(step, round(losses[-1], 4))
with torch.no_grad():
    x, y = batch(4000)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(losses[-80:]):.4f} metric={acc:.4f}")
