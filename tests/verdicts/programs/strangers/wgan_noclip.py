# exploding_gradient badly_scaled
# Wasserstein critic without weight clipping, gradient penalty or spectral norm: nothing bounds its slope
# mended by: spectral norm on the critic
# cause words: Lipschitz penalty spectral clipping unbounded critic
import os
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
sn = spectral_norm if FIX else (lambda m: m)


class Gen(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, n):
        return self.f(torch.randn(n, 4))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(sn(nn.Linear(2, 64)), nn.LeakyReLU(0.2), sn(nn.Linear(64, 64)), nn.LeakyReLU(0.2), sn(nn.Linear(64, 1)))

    def forward(self, x):
        return self.f(x)


def ring(n):
    a = 6.2832 * torch.rand(n)
    return 2 * torch.stack([a.cos(), a.sin()], 1) + 0.05 * torch.randn(n, 2)


G, D = Gen(), Critic()
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.9))
od = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.9))
for it in range(700):
    for _ in range(3):
        d_loss = D(G(128).detach()).mean() - D(ring(128)).mean()
        od.zero_grad()
        d_loss.backward()
        od.step()
    g_loss = -D(G(128)).mean()
    og.zero_grad()
    g_loss.backward()
    og.step()
    if it % 100 == 0:
        print(f"it {it} critic {d_loss.item():.4g} gen {g_loss.item():.4g}")
with torch.no_grad():
    x, y = G(2000), ring(2000)
    d = torch.cdist(x, y)
    gap = 0.5 * (d.min(1).values.mean() + d.min(0).values.mean())
print(f"FINAL loss={d_loss.item():.4g} metric={gap.item():.4f}")
