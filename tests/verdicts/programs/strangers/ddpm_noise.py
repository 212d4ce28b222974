# miswired plateau not_learning
# the noise is drawn twice: one in q_sample, another one as the target, so the target has nothing to do with the input
# mended by: the same noise is passed to q_sample
# cause words: noise, twice, randn, different, independent, target
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
STEPS = 50
betas = torch.linspace(1e-3, 0.15, STEPS)
abar = torch.cumprod(1 - betas, 0)


def data(n):
    a = torch.rand(n) * 2 * math.pi
    r = 1.5 + 0.05 * torch.randn(n)
    return torch.stack([r * a.cos(), r * a.sin()], 1)


class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.t_emb = nn.Embedding(STEPS, 32)
        self.net = nn.Sequential(nn.Linear(34, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, self.t_emb(t)], 1))


class Diffusion:
    def __init__(self, model):
        self.model = model

    def q_sample(self, x0, t, noise=None):
        if noise is None:
            noise = torch.randn_like(x0)
        a = abar[t][:, None]
        return a.sqrt() * x0 + (1 - a).sqrt() * noise

    def loss(self, x0):
        t = torch.randint(0, STEPS, (len(x0),))
        noise = torch.randn_like(x0)
        xt = self.q_sample(x0, t, noise) if FIX else self.q_sample(x0, t)
        return F.mse_loss(self.model(xt, t), noise)

    @torch.no_grad()
    def sample(self, n):
        x = torch.randn(n, 2)
        for i in reversed(range(STEPS)):
            eps = self.model(x, torch.full((n,), i))
            x = (x - betas[i] / (1 - abar[i]).sqrt() * eps) / (1 - betas[i]).sqrt()
            if i:
                x = x + betas[i].sqrt() * torch.randn_like(x)
        return x


diff = Diffusion(Denoiser())
opt = torch.optim.AdamW(diff.model.parameters(), lr=2e-3)
avg = 1.0
for step in range(2500):
    loss = diff.loss(data(128))
    opt.zero_grad()
    loss.backward()
    opt.step()
    avg = 0.99 * avg + 0.01 * loss.item()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.4f} avg {avg:.4f}")
r = diff.sample(1000).norm(dim=1)
print(f"FINAL loss={avg:.4f} metric={((r - 1.5).abs() < 0.3).float().mean().item():.3f}")
