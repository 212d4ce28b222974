# not_learning plateau
# ExponentialLR(gamma=0.85) is stepped per batch rather than per epoch, so the learning rate falls to ~1e-7 within the first epoch.
# mended by: step the scheduler once per epoch
"""Soft mixture of experts on piecewise regression, trained by epochs with decay."""
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)


class Expert(nn.Sequential):
    def __init__(self, d, h=24):
        super().__init__(nn.Linear(d, h), nn.GELU(), nn.Linear(h, 1))


class MoE(nn.Module):
    def __init__(self, d=6, n=4):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(d, 32), nn.Tanh(), nn.Linear(32, n))
        self.experts = nn.ModuleList(Expert(d) for _ in range(n))

    def forward(self, x):
        g = torch.softmax(self.gate(x), -1)
        out = torch.cat([e(x) for e in self.experts], -1)
        return (g * out).sum(-1), g


class Trainer:
    def __init__(self, model, loader, lr=5e-3, gamma=0.85):
        self.model, self.loader = model, loader
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.sched = torch.optim.lr_scheduler.ExponentialLR(self.opt, gamma=gamma)
        self.hist = []

    def _train_step(self, x, y):
        pred, g = self.model(x)
        use = g.mean(0)
        loss = (pred - y).pow(2).mean() + 0.01 * (use * use.log()).sum()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        if not FIX:
            self.sched.step()
        self.hist.append((loss.item(), 1 - ((pred - y).pow(2).mean() / y.var()).item()))

    def run(self, epochs):
        for ep in range(epochs):
            for x, y in self.loader:
                self._train_step(x, y)
            if FIX:
                self.sched.step()
            print(ep, self.hist[-1], self.opt.param_groups[0]["lr"])
        k = len(self.hist) // 10
        t = self.hist[-k:]
        print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in t) / k, sum(b for _, b in t) / k))


x = torch.randn(4000, 6)
w = torch.randn(4, 6)
region = (x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()
y = (x * w[region]).sum(1) + 0.1 * torch.randn(4000)
y = (y - y.mean()) / y.std()
Trainer(MoE(), DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True, drop_last=True)).run(9)
