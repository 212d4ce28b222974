# healthy
"""A denoiser for diffusion in two dimensions, with an EMA of its weights."""

import copy
import math

import torch
from torch import nn


class SinusoidalEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, t):
        half = self.dim // 2
        freq = torch.exp(-math.log(1000) * torch.arange(half) / half)
        arg = t[:, None] * freq
        return torch.cat([arg.sin(), arg.cos()], -1)


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.time = SinusoidalEmbedding(32)
        self.inp = nn.Linear(2 + 32, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, t):
        h = self.inp(torch.cat([x, self.time(t)], -1))
        for block in self.blocks:
            h = h + nn.functional.gelu(block(h))
        return self.out(h)


class EMA:
    def __init__(self, model, decay=0.99):
        self.shadow, self.decay = copy.deepcopy(model).requires_grad_(False), decay

    def update(self, model):
        for s, p in zip(self.shadow.parameters(), model.parameters(), strict=True):
            s.lerp_(p.detach(), 1 - self.decay)


torch.manual_seed(21)
betas = torch.linspace(1e-4, 0.05, 100)
alpha_bar = torch.cumprod(1 - betas, 0)
model = Denoiser()
ema = EMA(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
for step in range(400):
    angle = 2 * torch.pi * torch.rand(128)
    x0 = torch.stack([angle.cos(), angle.sin()], 1) * (1 + 0.05 * torch.randn(128, 1))
    t = torch.randint(100, (128,))
    eps = torch.randn_like(x0)
    a = alpha_bar[t][:, None]
    pred = model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t.float())
    loss = (pred - eps).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    ema.update(model)
    if step % 100 == 0:
        print(step, loss.item())
