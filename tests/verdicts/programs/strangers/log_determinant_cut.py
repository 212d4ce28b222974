# miswired not_learning
# The log-determinant uses s.data, detaching it from the graph: only the -z^2/2 term is optimised, the flow contracts everything and the NLL rises.
# mended by: logdet += s.sum(1)
"""RealNVP-like flow for a 2-D density."""
import math
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)


class Coupling(nn.Module):
    def __init__(self, flip, h=48):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x, logdet):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2.0 * torch.tanh(s / 2.0)
        b = b * torch.exp(s) + t
        logdet += (s if FIX else s.data).sum(1)
        return (torch.cat([b, a], 1) if self.flip else torch.cat([a, b], 1)), logdet


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.steps = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))

    def log_prob(self, x):
        ld = torch.zeros(len(x))
        for s in self.steps:
            x, ld = s(x, ld)
        return -0.5 * x.pow(2).sum(1) - math.log(2 * math.pi) + ld


def banana(n):
    a = torch.randn(n)
    return torch.stack([a, 0.3 * torch.randn(n) + a ** 2 * 0.7 - 0.7], 1)


flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=2e-3)
hist = []
for step in range(500):
    nll = -flow.log_prob(banana(128)).mean()
    opt.zero_grad()
    nll.backward()
    opt.step()
    hist.append(nll.item())
    if step % 50 == 0:
        print(step, f"nll {nll.item():.4f}")
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-50:]) / 50, -sum(hist[-50:]) / 50))
