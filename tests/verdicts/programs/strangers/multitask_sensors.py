# clipping_dominates not_learning plateau
# The load target is in raw watts, so its squared error gives gradient norms of 1e4 to 1e6; clipping to 0.5 leaves almost nothing and the fault head never learns.
# mended by: Standardise the target (and weigh the tasks) so that clipping is rare.
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(2)
FIX = os.environ.get("FIX")


class MultiTask(nn.Module):
    """Shared trunk, one regression head (machine load in watts) and one fault classifier."""

    def __init__(self, d=24, h=64, n_fault=4):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU())
        self.load = nn.Linear(h, 1)
        self.fault = nn.Linear(h, n_fault)

    def forward(self, x):
        h = self.trunk(x)
        return self.load(h).squeeze(-1), self.fault(h)


Wr, Wc = torch.randn(24), torch.randn(24, 4)


def make(n):
    x = torch.randn(n, 24)
    watts = 3000.0 + 400.0 * torch.tanh(x @ Wr / 4) + 10 * torch.randn(n)
    return x, watts, (x @ Wc).argmax(1)


xv, wv, fv = make(1000)
mu, sd = wv.mean(), wv.std()
model = MultiTask()
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for step in range(1, 501):
    x, w, f = make(64)
    if FIX:
        w = (w - mu) / sd
    pl, pf = model(x)
    loss = F.mse_loss(pl, w) + F.cross_entropy(pf, f)
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5 if not FIX else 5.0)
    opt.step()
    if step % 50 == 0:
        with torch.no_grad():
            a, b = model(xv)
            if FIX:
                a = a * sd + mu
            print(f"{step} loss {loss.item():.4g} norm {norm:.3g} load rmse {(a - wv).pow(2).mean().sqrt():.1f} fault acc {(b.argmax(1) == fv).float().mean():.3f}")
