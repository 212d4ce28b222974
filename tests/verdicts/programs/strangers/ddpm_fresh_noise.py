# miswired not_learning plateau
# DDPM: the loss compares the prediction with freshly drawn noise and not with the noise that was added to the sample
# mended by: the noise used in q_sample is the regression target
# cause words: noise target fresh drawn random unrelated independent
import os
import math
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T = 100
beta = torch.linspace(1e-3, 0.08, T)
abar = torch.cumprod(1 - beta, 0)


def two_moons(n):
    t = math.pi * torch.rand(n)
    up = torch.rand(n) > 0.5
    x = torch.where(up, t.cos(), 1 - t.cos())
    y = torch.where(up, t.sin(), 0.5 - t.sin())
    return (torch.stack([x, y], 1) - torch.tensor([0.5, 0.25])) * 1.4 + 0.05 * torch.randn(n, 2)


class Denoiser(nn.Module):
    def __init__(self, h=128):
        super().__init__()
        self.freq = 10 ** torch.linspace(0, -2, 8)
        self.net = nn.Sequential(nn.Linear(2 + 16, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        e = t[:, None].float() * self.freq
        return self.net(torch.cat([x, e.sin(), e.cos()], 1))


class Diffusion:
    def q_sample(self, x0, t, noise=None):
        if noise is None:
            noise = torch.randn_like(x0)
        a = abar[t][:, None]
        return a.sqrt() * x0 + (1 - a).sqrt() * noise

    def loss(self, model, x0):
        t = torch.randint(0, T, (len(x0),))
        noise = torch.randn_like(x0)
        xt = self.q_sample(x0, t, noise) if FIX else self.q_sample(x0, t)
        return F.mse_loss(model(xt, t), noise)


model, diff = Denoiser(), Diffusion()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
ema = None
for step in range(1500):
    loss = diff.loss(model, two_moons(256))
    opt.zero_grad()
    loss.backward()
    opt.step()
    ema = loss.item() if ema is None else 0.98 * ema + 0.02 * loss.item()
    if step % 250 == 0:
        print(f"step {step} loss {ema:.4f}")
with torch.no_grad():
    x = torch.randn(1000, 2)
    for i in reversed(range(T)):
        t = torch.full((1000,), i)
        x = (x - beta[i] / (1 - abar[i]).sqrt() * model(x, t)) / (1 - beta[i]).sqrt()
        if i:
            x = x + beta[i].sqrt() * torch.randn_like(x)
    gap = torch.cdist(x, two_moons(2000)).min(1).values.mean()
print(f"FINAL loss={ema:.4f} metric={gap.item():.3f}")
