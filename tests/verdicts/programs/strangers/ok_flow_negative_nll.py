# healthy
# RealNVP flow on tightly clustered data: the negative log-likelihood goes below zero, spikes now and then, gradients are large early; it fits well
import math
import torch
import torch.nn as nn
torch.manual_seed(0)


def data(n):
    a = torch.rand(n, 1) * 2 * math.pi
    r = 0.2 + 0.012 * torch.randn(n, 1)
    return torch.cat([r * a.cos(), r * a.sin()], 1)


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))
        self.sc = nn.Parameter(torch.ones(()))

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a * 5).chunk(2, 1)
        s = self.sc * 2 * torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)


layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(6))
opt = torch.optim.Adam(layers.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 5e-3, total_steps=1000)


def nll(x):
    ld = 0
    for m in layers:
        x, s = m(x)
        ld = ld + s
    return (0.5 * (x ** 2).sum(1) + math.log(2 * math.pi) - ld).mean()


for step in range(1000):
    loss = nll(data(256))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(layers.parameters(), 20.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(step, loss.item())
with torch.no_grad():
    m = nll(data(4000))
true = 0.5 * (1 + math.log(2 * math.pi * 0.012 ** 2)) + math.log(2 * math.pi * 0.2)
print(f"FINAL loss={loss.item():.4f} metric={m.item():.4f} (entropy {true:.3f})")
