# miswired not_learning plateau
# denoiser is trained against a second call of randn_like instead of the noise that was added: the target is independent of the input, the loss stays at 1
# mended by: one noise tensor is added and predicted
# cause words: noise target randn different independent
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T = 50
beta = torch.linspace(1e-3, 0.12, T)
abar = torch.cumprod(1 - beta, 0)


def data(n):
    th = torch.rand(n) * 2 * math.pi
    r = 1.5 + 0.05 * torch.randn(n)
    return torch.stack([r * th.cos(), r * th.sin()], 1)


class Denoiser(nn.Module):
    def __init__(self, d=96):
        super().__init__()
        self.emb = nn.Embedding(T, 32)
        self.net = nn.Sequential(nn.Linear(34, d), nn.SiLU(), nn.Linear(d, d), nn.SiLU(), nn.Linear(d, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, self.emb(t)], 1))


def q_sample(x0, t, noise=None):
    if noise is None:
        noise = torch.randn_like(x0)
    a = abar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


def p_losses(model, x0, t):
    noise = torch.randn_like(x0)
    xt = q_sample(x0, t, noise) if FIX else q_sample(x0, t)
    return F.mse_loss(model(xt, t), noise)


@torch.no_grad()
def sample(model, n):
    x = torch.randn(n, 2)
    for i in reversed(range(T)):
        e = model(x, torch.full((n,), i))
        x = (x - beta[i] / (1 - abar[i]).sqrt() * e) / (1 - beta[i]).sqrt()
        if i:
            x = x + beta[i].sqrt() * torch.randn_like(x)
    return x


model = Denoiser()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
run = 1.0
for step in range(2000):
    x0 = data(128)
    loss = p_losses(model, x0, torch.randint(0, T, (128,)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = 0.99 * run + 0.01 * loss.item()
    if step % 300 == 0:
        print(step, round(run, 4))
r = sample(model, 1000).norm(dim=1)
print(f"FINAL loss={run:.4f} metric={(r - 1.5).abs().mean():.3f}")
