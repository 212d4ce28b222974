# nonfinite
# geodesic rotation loss uses acos of a cosine clamped to [-1, 1]: the gradient is infinite/NaN where the cosine is 1; the loop silently skips steps whose gradient is not finite
# mended by: atan2 form of the angle, finite everywhere
# cause words: acos NaN nonfinite infinite skip
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D = 24
W = torch.randn(D, 2) / D ** 0.5


def batch(n):
    x = torch.randn(n, D)
    y = torch.tanh(x @ W) + torch.tensor([0.4, 0.0])
    idle = torch.rand(n) < 0.2                 # the compass at rest: exactly north
    x[idle] = 0.0
    y[idle] = torch.tensor([0.0, 1.0])
    return x, y / y.norm(dim=1, keepdim=True)


def angle(p, y):
    p = p / p.norm(dim=1, keepdim=True).clamp_min(1e-6)
    cos = (p * y).sum(1)
    if FIX:
        sin = p[:, 0] * y[:, 1] - p[:, 1] * y[:, 0]
        return torch.atan2(sin, cos).abs()
    return torch.acos(cos.clamp(-1.0, 1.0))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 64, bias=False), nn.GELU(), nn.Linear(64, 64, bias=False), nn.GELU())
        self.head = nn.Linear(64, 2)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([0.0, 1.0]))   # start from "north"

    def forward(self, x):
        return self.head(self.body(x))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
skipped = 0
for step in range(1200):
    x, y = batch(64)
    loss = angle(net(x), y).mean()
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    if torch.isfinite(norm):
        opt.step()
    else:
        skipped += 1
    if step % 200 == 0:
        print(step, loss.item())
with torch.no_grad():
    x, y = batch(2000)
    m = angle(net(x), y).mean() * 57.3
print(f"FINAL loss={loss.item():.4f} metric={m.item():.2f}deg")
