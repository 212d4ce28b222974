# nonfinite exploding_gradient
# the coupling layers of the flow use exp(s) with an s that nothing bounds, on heavy-tailed data
# mended by: s = 2 * tanh(s / 2), so that a coupling scales at most by e^2
# cause words: exp scale unbounded log-scale tails bounded coupling
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D, N = 4, 8192
mixm = torch.randn(D, D)
g = torch.distributions.StudentT(3.0)
x = g.sample((N, D)) @ mixm
x[:, 0] += 0.5 * x[:, 1].abs()
x = x / x.std()


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(D // 2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, D))

    def forward(self, x):
        a, b = x.chunk(2, -1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, -1)
        if FIX:
            s = 2 * torch.tanh(s / 2)
        b = b * s.exp() + t
        out = torch.cat([b, a] if self.flip else [a, b], -1)
        return out, s.sum(-1)


class Flow(nn.Module):
    def __init__(self, n=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(n))

    def log_prob(self, x):
        ld = 0
        for l in self.layers:
            x, d = l(x)
            ld = ld + d
        return -0.5 * (x ** 2).sum(-1) - 0.5 * D * math.log(2 * math.pi) + ld


flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=5e-3)
losses = []
for step in range(800):
    xb = x[torch.randint(0, N, (128,))]
    loss = -flow.log_prob(xb).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 80 == 0:
        print(f"step {step} nll {loss.item():.4g}")
tail = losses[-200:]

print(f"FINAL loss={sum(tail) / len(tail):.4g} metric={max(tail):.4g} (worst of the last 200) base={-torch.distributions.MultivariateNormal(x.mean(0), x.T.cov()).log_prob(x).mean().item():.3f}")
