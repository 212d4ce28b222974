# nonfinite
# acos is taken of a cosine clamped to [-1, 1]; when a prediction hits exactly 1 its derivative is infinite and NaN is written into the weights.
# mended by: Clamp to within 1e-6 of the ends or use atan2.
import math
import os

import torch
from torch import nn
from torch.nn import functional as F


def geodesic(pred, target):
    cos = (pred * target).sum(-1)
    if os.environ.get("FIX") == "1":
        cos = cos.clamp(-1 + 1e-6, 1 - 1e-6)
    else:
        cos = cos.clamp(-1.0, 1.0)
    return torch.acos(cos)


class PoseNet(nn.Module):
    """Points of a noisy 3-d cloud -> viewing direction."""

    def __init__(self, points=16):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(points * 3, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 3))

    def forward(self, cloud):
        return F.normalize(self.mlp(cloud.flatten(1)), dim=-1)


def clouds(n, g, points=16):
    d = F.normalize(torch.randn(n, 3, generator=g), dim=-1)
    r = torch.rand(n, points, 1, generator=g) + 0.5
    return d[:, None] * r + 0.02 * torch.randn(n, points, 3, generator=g), d


g = torch.Generator().manual_seed(7)
torch.manual_seed(7)
net = PoseNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 600)
for it in range(600):
    x, d = clouds(64, g)
    loss = geodesic(net(x), d).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 20 == 0 or it == 599:
        print(f"iter {it} mean angle {math.degrees(loss.item()):.3f} deg")
