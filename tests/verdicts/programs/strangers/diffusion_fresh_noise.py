# miswired plateau not_learning
# the training target is another draw of noise than the one added to the sample, so the best prediction is zero and the loss stays at 1
# mended by: predicting the very noise that was added
# cause words: noise randn target draw resampled different
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
T = 100
betas = torch.linspace(1e-4, 0.08, T)
abar = torch.cumprod(1 - betas, 0)


def moons(n):
    t = torch.rand(n) * math.pi
    top = torch.rand(n) < 0.5
    x = torch.where(top, torch.cos(t), 1 - torch.cos(t))
    y = torch.where(top, torch.sin(t), 0.5 - torch.sin(t))
    return (torch.stack([x, y], 1) - torch.tensor([0.5, 0.25])) * 1.5 + 0.05 * torch.randn(n, 2)


class Denoiser(nn.Module):
    def __init__(self, h=128):
        super().__init__()
        self.freq = nn.Parameter(torch.exp(torch.linspace(0, 4, 8)), requires_grad=False)
        self.net = nn.Sequential(nn.Linear(2 + 16, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        w = (t.float() / T)[:, None] * self.freq
        return self.net(torch.cat([x, w.sin(), w.cos()], 1))


def q_sample(x0, t):
    a = abar[t][:, None]
    noise = torch.randn_like(x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise, noise


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
avg = None
for step in range(2500):
    x0 = moons(256)
    t = torch.randint(0, T, (256,))
    xt, noise = q_sample(x0, t)
    if not FIX:
        noise = torch.randn_like(x0)
    loss = ((model(xt, t) - noise) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 300 == 0:
        print(f"step {step} loss {avg:.4f}")

with torch.no_grad():
    x = torch.randn(1000, 2)
    for i in reversed(range(T)):
        e = model(x, torch.full((1000,), i))
        x = (x - betas[i] / (1 - abar[i]).sqrt() * e) / (1 - betas[i]).sqrt()
        if i:
            x = x + betas[i].sqrt() * torch.randn_like(x)
    r = moons(1000)
    ed = (2 * torch.cdist(x, r).mean() - torch.cdist(x, x).mean() - torch.cdist(r, r).mean()).item()
print(f"FINAL loss={avg:.4f} metric={ed:.4f} (energy distance, less is better)")
