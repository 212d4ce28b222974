# plateau not_learning fp16_underflow
# flow matching with pure bfloat16 weights and Adam at lr 1e-4: the updates are smaller than half a bfloat16 step of the weights and are rounded away: after a slow start the loss stalls far above the floor
# mended by: float32 master weights, bfloat16 autocast for the forward only
# cause words: bfloat16 precision round update master
import os
import math
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
LR = 1e-4
torch.manual_seed(0)


def spiral(n):
    r = torch.rand(n, 1)
    a = r * 3 * math.pi
    return torch.cat([r * a.cos(), r * a.sin()], 1) * 2 + torch.tensor([3.0, -2.0])


class Velocity(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 2))

    def forward(self, x, t):
        w = 2 * math.pi * t
        return self.net(torch.cat([x, t, t * t, w.sin(), w.cos()], 1).to(self.net[0].weight.dtype))


net = Velocity()
if not FIX:
    net = net.to(torch.bfloat16)
opt = torch.optim.Adam(net.parameters(), lr=LR)
EPOCH_STEPS = 2500


def fm_loss(n=256):
    x1, x0, t = spiral(n), torch.randn(n, 2), torch.rand(n, 1)
    xt = (1 - t) * x0 + t * x1
    with torch.autocast("cpu", torch.bfloat16, enabled=FIX):
        v = net(xt, t)
    return ((v.float() - (x1 - x0)) ** 2).mean()


for step in range(EPOCH_STEPS):
    loss = fm_loss()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, loss.item())
with torch.no_grad():
    m = fm_loss(8000)
print(f"FINAL loss={loss.item():.4f} metric={m.item():.4f}")
