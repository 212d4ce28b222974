# nonfinite
# Geodesic loss takes acos of a cosine that reaches exactly 1 once predictions are good; its derivative is infinite there and becomes NaN in backward while the loss is finite.
# mended by: clamp the cosine to +-(1-1e-6)
import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
LIM = 1 - 1e-6 if FIX else float("inf")
torch.manual_seed(4)
g = torch.Generator().manual_seed(8)


def poses(n):
    q = F.normalize(torch.randn(n, 4, generator=g), dim=1)
    q = q * torch.where(q[:, :1] < 0, -1.0, 1.0)
    w, x, y, z = q.unbind(1)
    R = torch.stack([
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1).view(n, 3, 3)
    return R


def geodesic(Rp, Rt):
    tr = (Rp * Rt).sum((1, 2))
    c = ((tr - 1) / 2).clamp(-LIM, LIM)
    return torch.acos(c)


class PoseNet(nn.Module):
    def __init__(self, n_pts=4):
        super().__init__()
        self.register_buffer("pts", torch.randn(n_pts, 3, generator=torch.Generator().manual_seed(1)))
        self.net = nn.Sequential(nn.Linear(n_pts * 3, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 6))

    def forward(self, R):
        obs = (self.pts @ R.transpose(1, 2)).flatten(1)
        a, b = self.net(obs).chunk(2, 1)
        e1 = F.normalize(a, dim=1)
        e2 = F.normalize(b - (e1 * b).sum(1, keepdim=True) * e1, dim=1)
        return torch.stack([e1, e2, torch.cross(e1, e2, dim=1)], 2)


net = PoseNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 4e-3, total_steps=600)
losses = []
for step in range(600):
    R = poses(64)
    loss = geodesic(net(R), R).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    losses.append(loss.item())
    if step % 50 == 0:
        print(f"step {step} angle {losses[-1]:.4f}")
with torch.no_grad():
    R = poses(2000)
    ang = geodesic(net(R), R).clamp_min(0).mean().item()
print(f"FINAL loss={np.mean(losses[-60:]):.4f} metric={ang:.4f}")
