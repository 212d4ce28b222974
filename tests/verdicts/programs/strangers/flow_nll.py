# miswired
# the log-determinant of the coupling layers enters the likelihood with the wrong sign: the loss is driven down by collapsing the map
# mended by: log p(z) + log|det|
# cause words: sign log-det determinant jacobian likelihood
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
class Coupling(nn.Module):
    def __init__(self, flip, h=48):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 2))
    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.sum(1)

class Flow(nn.Module):
    def __init__(self, k=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(k))
    def forward(self, x):
        ld = 0
        for l in self.layers:
            x, d = l(x)
            ld = ld + d
        return -0.5 * (x ** 2).sum(1) - math.log(2 * math.pi), ld

def moons(n):
    th, k = torch.rand(n) * math.pi, torch.randint(0, 2, (n,)).float()
    x = torch.stack([th.cos() * (1 - 2 * k) + k - .5, th.sin() * (1 - 2 * k) + k * .5 - .25], 1)
    return x + 0.06 * torch.randn(n, 2)

flow = Flow()
opt = torch.optim.Adam(flow.parameters(), 1e-3)
for step in range(900):
    logp, ld = flow(moons(256))
    loss = -(logp + ld).mean() if FIX else -(logp - ld).mean()
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 50.0)
    opt.step()
    if step % 150 == 0:
        print(step, loss.item())
with torch.no_grad():
    logp, ld = flow(moons(4000))
print(f"FINAL loss={loss.item():.4f} metric={-(logp + ld).mean().item():.4f}")
