# nonfinite
# Handwritten backward of Swish computes exp(-x) and x*e/(1+e)**2, which is inf/inf for very negative x (a sensor glitch value of 999 in the inputs drives pre-activations below -44..-89); forward and loss remain finite.
# mended by: write the derivative with sigmoid: s + x*s*(1-s)
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)


class SwishFn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x / (1 + torch.exp(-x))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        if FIX:
            s = torch.sigmoid(x)
            return g * (s + x * s * (1 - s))
        e = torch.exp(-x)
        return g * (1 / (1 + e) + x * e / (1 + e) ** 2)


class Swish(nn.Module):
    def forward(self, x):
        return SwishFn.apply(x)


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, 450)
        self.crit = nn.HuberLoss()
        self.log = []

    def train_step(self, x, y):
        self.opt.zero_grad()
        out = self.model(x)
        loss = self.crit(out, y)
        loss.backward()
        self.opt.step()
        self.sched.step()
        self.log.append(loss.item())


r = np.random.default_rng(25)


def stream(n, glitch=True):
    x = r.normal(size=(n, 10))
    y = np.sin(x[:, 0] * 1.5) + x[:, 1] * x[:, 2] - 0.5 * np.abs(x[:, 3])
    if glitch and r.random() < 0.006:
        x[r.integers(n), r.integers(10)] = 999.0
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y[:, None], dtype=torch.float32)


model = nn.Sequential(nn.Linear(10, 64), Swish(), nn.Linear(64, 64), Swish(), nn.Linear(64, 1))
tr = Trainer(model, 0.05)
for step in range(450):
    tr.train_step(*stream(64))
    if step % 50 == 0:
        print(step, tr.log[-1])
with torch.no_grad():
    x, y = stream(3000, glitch=False)
    r2 = 1 - ((model(x) - y) ** 2).mean() / y.var()
print(f"FINAL loss={np.mean(tr.log[-45:]):.4f} metric={r2.item():.4f}")
