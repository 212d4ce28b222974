# healthy
# 2-D GAN (hinge, spectral norm, G every 2nd step, D frozen during G's step, EMA of G); losses hover at equilibrium, samples match the data. metric = energy distance (lower is better).
"""2-D GAN, spectral-norm discriminator, hinge loss; G trained every 2nd step. Losses sit at equilibrium."""
import math, torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm as sn
torch.manual_seed(3)

def real(n):
    k = torch.randint(0, 4, (n,)).float() * math.pi / 2
    return torch.stack([k.cos(), k.sin()], 1) * 1.5 + 0.25 * torch.randn(n, 2)

G = nn.Sequential(nn.Linear(8, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2))
D = nn.Sequential(sn(nn.Linear(2, 96)), nn.LeakyReLU(0.1), sn(nn.Linear(96, 96)), nn.LeakyReLU(0.1), nn.Linear(96, 1))
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99))
ema = [p.detach().clone() for p in G.parameters()]

def energy_dist(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()

hist = []
for step in range(800):
    x, z = real(256), torch.randn(256, 8)
    with torch.no_grad(): fake = G(z)
    dl = F.relu(1 - D(x)).mean() + F.relu(1 + D(fake)).mean()
    od.zero_grad(); dl.backward(); od.step()
    hist.append(dl.item())
    if step % 2 == 1:
        for p in D.parameters(): p.requires_grad_(False)
        gl = -D(G(torch.randn(256, 8))).mean()
        og.zero_grad(); gl.backward(); og.step()
        for p in D.parameters(): p.requires_grad_(True)
        with torch.no_grad():
            for e, p in zip(ema, G.parameters()): e.lerp_(p, 0.03)
    if step % 80 == 1: print(step, f"D {dl.item():.4f} G {gl.item():.4f}")
with torch.no_grad():
    for e, p in zip(ema, G.parameters()): p.copy_(e)
    ed = energy_dist(G(torch.randn(2000, 8)), real(2000))
    print("energy distance of N(0,1) to the data", energy_dist(torch.randn(2000, 2), real(2000)))
print(f"FINAL loss={sum(hist[-80:])/80:.5f} metric={ed:.5f}")
