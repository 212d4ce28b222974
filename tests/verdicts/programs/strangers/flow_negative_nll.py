# healthy
# normalising flow on data that is nearly flat in some directions: the negative log-likelihood crosses zero and goes to -4 as it should, with spikes from rare points
import math
import torch
import torch.nn as nn

torch.manual_seed(0)
D = 6
mixm = torch.randn(3, D)


def data(n):
    z = torch.randn(n, 3)
    return torch.tanh(z @ mixm / 2) + 0.02 * torch.randn(n, D)


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(D // 2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, D))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s / 2)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.sum(1)


class Flow(nn.Module):
    def __init__(self, k=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(k))

    def log_prob(self, x):
        ld = 0
        for l in self.layers:
            x, d = l(x)
            ld = ld + d
        return -0.5 * x.pow(2).sum(1) - D / 2 * math.log(2 * math.pi) + ld


flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    loss = -flow.log_prob(data(128)).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 20.0)
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(step, round(loss.item(), 3))
x = data(2000)
gauss = torch.distributions.MultivariateNormal(x.mean(0), torch.cov(x.t()))
with torch.no_grad():
    nll = -flow.log_prob(x).mean().item()
print(f"FINAL loss={nll:.4f} metric={-gauss.log_prob(x).mean().item() - nll:.3f} (nats better than the best Gaussian)")
