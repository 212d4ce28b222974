# dead_relu output_cannot_change
# value network of a cost-to-go problem ends with a ReLU, but all returns are negative: after a few steps the output is 0 for every state
# mended by: linear output
# cause words: ReLU output negative last activation
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Value(nn.Module):
    def __init__(self, sizes=(2, 64, 64, 1)):
        super().__init__()
        layers = []
        for i, o in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(i, o), nn.ReLU()]
        if FIX:
            layers.pop()
        self.f = nn.Sequential(*layers)

    def forward(self, s):
        return self.f(s).squeeze(-1)


def rollout(n=64, gamma=0.9, T=20):
    """a damped particle that is pulled to the origin, cost x^2 + 0.1 v^2"""
    s = torch.randn(n, 2)
    start, ret = s.clone(), torch.zeros(n)
    for t in range(T):
        ret = ret - gamma ** t * (s[:, 0] ** 2 + 0.1 * s[:, 1] ** 2) * 0.5
        s = torch.stack([s[:, 0] + 0.2 * s[:, 1], 0.8 * s[:, 1] - 0.3 * s[:, 0]], 1) + 0.02 * torch.randn(n, 2)
    return start, ret


v = Value()
opt = torch.optim.Adam(v.parameters(), lr=3e-3)
for step in range(1000):
    s, g = rollout()
    loss = F.smooth_l1_loss(v(s), g)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} value loss {loss.item():.4f}")
with torch.no_grad():
    s, g = rollout(2000)
    ev = 1 - (g - v(s)).var() / g.var()
print(f"FINAL loss={loss.item():.4f} metric={ev.item():.3f}")
