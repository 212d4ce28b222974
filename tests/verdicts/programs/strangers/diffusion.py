# miswired plateau
# diffusion: the regression target is a second, freshly drawn noise, not the noise that was put on the sample, so the best prediction is zero
# mended by: using the same eps for noising and as target
# cause words: noise target fresh redrawn different randn eps independent
import os, math, copy, torch, torch.nn as nn
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12); torch.set_num_threads(1)

@dataclass
class DiffCfg:
    T: int = 60
    hid: int = 128
    lr: float = 2e-3
    steps: int = 2500
    bs: int = 128
    ema: float = 0.995

class Denoiser(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.emb = nn.Embedding(c.T, 32)
        self.net = nn.Sequential(nn.Linear(34, c.hid), nn.SiLU(), nn.Linear(c.hid, c.hid), nn.SiLU(), nn.Linear(c.hid, 2))
    def forward(self, x, t):
        return self.net(torch.cat([x, self.emb(t)], -1))

class EMA:
    def __init__(self, model, decay):
        self.m, self.d = copy.deepcopy(model).eval(), decay
    @torch.no_grad()
    def update(self, model):
        for a, b in zip(self.m.parameters(), model.parameters()):
            a.lerp_(b, 1 - self.d)

class Diffusion:
    def __init__(self, c):
        self.c = c
        beta = torch.linspace(1e-3, 0.15, c.T)
        self.beta, self.abar = beta, torch.cumprod(1 - beta, 0)
    def q_sample(self, x0, t, noise=None):
        if noise is None:
            noise = torch.randn_like(x0)
        a = self.abar[t][:, None]
        return a.sqrt() * x0 + (1 - a).sqrt() * noise
    def loss(self, model, x0):
        t = torch.randint(0, self.c.T, (len(x0),))
        noise = torch.randn_like(x0)
        xt = self.q_sample(x0, t, noise) if FIX else self.q_sample(x0, t)
        return (model(xt, t) - noise).pow(2).mean()
    @torch.no_grad()
    def sample(self, model, n):
        x = torch.randn(n, 2)
        for t in reversed(range(self.c.T)):
            e = model(x, torch.full((n,), t))
            x = (x - self.beta[t] / (1 - self.abar[t]).sqrt() * e) / (1 - self.beta[t]).sqrt()
            if t:
                x = x + self.beta[t].sqrt() * torch.randn_like(x)
        return x

def ring(n):
    k = torch.randint(0, 6, (n,)).float() * math.pi / 3
    return 1.4 * torch.stack([k.cos(), k.sin()], 1) + 0.06 * torch.randn(n, 2)

c = DiffCfg()
model, diff = Denoiser(c), Diffusion(c)
ema = EMA(model, c.ema)
opt = torch.optim.AdamW(model.parameters(), lr=c.lr, weight_decay=0)
for s in range(c.steps):
    loss = diff.loss(model, ring(c.bs))
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step(); ema.update(model)
    if s % 150 == 0:
        print(f"step {s} loss {loss.item():.4f}")
d = torch.cdist(diff.sample(ema.m, 500), ring(500)).min(1).values.mean().item()
with torch.no_grad():
    l = sum(diff.loss(ema.m, ring(512)).item() for _ in range(10)) / 10
print(f"FINAL loss={l:.4f} metric={d:.4f}")
