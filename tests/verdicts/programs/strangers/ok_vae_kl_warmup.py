# healthy
# the loss falls, then rises for hundreds of steps: the weight of the KL term is annealed from 0 to 1; reconstruction and latents are fine
from dataclasses import dataclass
import torch, torch.nn as nn
torch.manual_seed(32)
@dataclass
class Cfg:
    d: int = 40
    k: int = 4
    lr: float = 2e-3
    steps: int = 1500
    anneal: int = 1000
cfg = Cfg(); M = torch.randn(3, cfg.d)
def batch(n): return torch.tanh(torch.randn(n, 3) @ M) * 1.5 + 0.1 * torch.randn(n, cfg.d)
class VAE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(c.d, 64), nn.SiLU(), nn.Linear(64, 2 * c.k))
        self.dec = nn.Sequential(nn.Linear(c.k, 64), nn.SiLU(), nn.Linear(64, c.d))
    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1); lv = lv.clamp(-8, 4)
        return self.dec(mu + torch.randn_like(mu) * (0.5 * lv).exp()), mu, lv
model = VAE(cfg); opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for s in range(cfg.steps):
    beta = min(1.0, s / cfg.anneal)
    x = batch(128); rec, mu, lv = model(x)
    nll = (rec - x).pow(2).sum(1).mean() * 0.5
    kl = 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum(1).mean()
    loss = nll + beta * kl
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 150 == 0: print(s, f"loss {loss.item():.3f} nll {nll.item():.3f} kl {kl.item():.3f} beta {beta:.2f}")
with torch.no_grad():
    x = batch(1000); rec, mu, lv = model(x); r2 = 1 - ((rec - x).pow(2).mean() / x.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
