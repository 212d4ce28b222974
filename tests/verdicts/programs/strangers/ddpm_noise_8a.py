# miswired not_learning
# toy diffusion: the loss compares with freshly drawn noise instead of the noise that was added
# mended by: keeping the noise returned by q_sample
# cause words: noise target resampled fresh different same
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)
T = 50
betas = torch.linspace(1e-3, 0.15, T)
abar = torch.cumprod(1 - betas, 0)


def moons(n):
    th = torch.rand(n) * 3.1416
    up = torch.rand(n) < 0.5
    x = torch.where(up, torch.cos(th), 1 - torch.cos(th))
    y = torch.where(up, torch.sin(th), 0.5 - torch.sin(th))
    return (torch.stack([x - 0.5, y - 0.25], 1) + 0.05 * torch.randn(n, 2)) * 1.4


class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.temb = nn.Embedding(T, 16)
        self.net = nn.Sequential(nn.Linear(18, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, self.temb(t)], dim=1))


def q_sample(x0, t, noise=None):
    if noise is None:
        noise = torch.randn_like(x0)
    a = abar[t].unsqueeze(1)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
run = 1.0
for step in range(2000):
    x0 = moons(128)
    t = torch.randint(0, T, (128,))
    noise = torch.randn_like(x0)
    xt = q_sample(x0, t, noise) if FIX else q_sample(x0, t)
    loss = (model(xt, t) - noise).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = 0.98 * run + 0.02 * loss.item()
    if step % 250 == 0:
        print(f"step {step} loss {run:.4f}")

with torch.no_grad():
    x = torch.randn(500, 2)
    for k in reversed(range(T)):
        e = model(x, torch.full((500,), k))
        x = (x - betas[k] / (1 - abar[k]).sqrt() * e) / (1 - betas[k]).sqrt()
        if k > 0:
            x = x + betas[k].sqrt() * torch.randn_like(x)
    dist = torch.cdist(x, moons(2000)).min(1).values.mean().item()
print(f"FINAL loss={run:.4f} metric={dist:.4f} (mean distance of samples to the data)")
