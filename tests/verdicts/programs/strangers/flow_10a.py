# healthy
# looks suspicious: negative log likelihood goes below zero and keeps falling; a normalising flow on data of small spread
import math, torch, torch.nn as nn
torch.manual_seed(46); torch.set_num_threads(1)
class Coupling(nn.Module):
    def __init__(self, flip, h=48):
        super().__init__()
        self.flip, self.net = flip, nn.Sequential(nn.Linear(1, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 2))
        nn.init.zeros_(self.net[-1].weight); nn.init.zeros_(self.net[-1].bias)
    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip: a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s / 2)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)
class ActNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.s, self.b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    def forward(self, x):
        return (x + self.b) * self.s.exp(), self.s.sum().expand(len(x))
class Flow(nn.Module):
    def __init__(self, n=6):
        super().__init__()
        self.layers = nn.ModuleList(m for i in range(n) for m in (ActNorm(), Coupling(i % 2 == 1)))
    def log_prob(self, x):
        ld = 0
        for l in self.layers:
            x, d = l(x); ld = ld + d
        return -0.5 * (x ** 2).sum(1) - math.log(2 * math.pi) + ld
def moons(n):
    t = math.pi * torch.rand(n); k = torch.randint(0, 2, (n,)).float()
    x = torch.stack([t.cos() * (1 - 2 * k) + k, t.sin() * (1 - 2 * k) + 0.5 * k], 1)
    return 0.15 * (x + 0.05 * torch.randn(n, 2))
flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1000)
for s in range(1000):
    loss = -flow.log_prob(moons(256)).mean()
    opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(flow.parameters(), 5.0); opt.step(); sched.step()
    if s % 150 == 0:
        print(f"step {s} nll {loss.item():.4f}")
g = moons(4000); base = torch.distributions.MultivariateNormal(g.mean(0), g.T.cov())
with torch.no_grad():
    gain = (flow.log_prob(g).mean() - base.log_prob(g).mean()).item()
print(f"FINAL loss={loss.item():.4f} metric={gain:.4f}")
