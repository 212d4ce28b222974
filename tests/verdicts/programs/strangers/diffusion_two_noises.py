# not_learning plateau miswired
# diffusion: the noise added to the sample and the noise asked for are two separate randn_like calls; the target is independent of the input, the loss stays at 1
# mended by: one noise tensor used for both
# cause words: noise target independent unrelated same
import os
import math
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T = 50
beta = torch.linspace(1e-3, 0.15, T)
abar = torch.cumprod(1 - beta, 0)


def moons(n):
    a = torch.rand(n, 1) * math.pi
    s = (torch.rand(n, 1) < 0.5).float() * 2 - 1
    return torch.cat([s * a.cos() + 0.5 * s, s * a.sin()], 1) + 0.04 * torch.randn(n, 2)


def q_sample(x, t, noise=None):
    if noise is None:
        noise = torch.randn_like(x)
    return abar[t].sqrt()[:, None] * x + (1 - abar[t]).sqrt()[:, None] * noise


class Eps(nn.Module):
    def __init__(self):
        super().__init__()
        self.freq = torch.arange(1, 9) * math.pi / 2
        self.net = nn.Sequential(nn.Linear(18, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, *(f(t[:, None] / T * self.freq) for f in (torch.sin, torch.cos))], 1))


net = Eps()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2000)


def ddpm_loss(x):
    t = torch.randint(0, T, (len(x),))
    noise = torch.randn_like(x)
    xt = q_sample(x, t, noise) if FIX else q_sample(x, t)
    return ((net(xt, t) - noise) ** 2).mean()


for step in range(2000):
    loss = ddpm_loss(moons(256))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(step, loss.item())
with torch.no_grad():
    x = torch.randn(1000, 2)
    for i in reversed(range(T)):
        t = torch.full((1000,), i)
        x = (x - beta[i] / (1 - abar[i]).sqrt() * net(x, t)) / (1 - beta[i]).sqrt()
        if i:
            x = x + beta[i].sqrt() * torch.randn_like(x)
    d = torch.cdist(x, moons(1000)).min(1).values.mean()
print(f"FINAL loss={loss.item():.4f} metric={d.item():.4f}")
