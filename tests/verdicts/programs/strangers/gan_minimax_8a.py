# vanishing_gradient saturated
# GAN homework with the saturating generator loss log(1-D(G(z))) and a discriminator trained four times: D wins, G gets nothing
# mended by: non-saturating loss -log D(G(z)), one discriminator step, Adam for the generator as well
# cause words: discriminator saturating minimax generator non-saturating strong
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
Z = 8


def real(n):
    k = torch.randint(0, 2, (n, 1)).float() * 2 - 1
    return torch.cat([6 + 0.7 * k, -5 - 0.7 * k], 1) + 0.15 * torch.randn(n, 2)


class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(Z, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, z):
        return self.net(z)


class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return torch.sigmoid(self.net(x))


g, d = G(), D()
og = torch.optim.SGD(g.parameters(), lr=0.02) if not FIX else torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.9))
od = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.9))
one, zero = torch.ones(64, 1), torch.zeros(64, 1)
for it in range(800):
    for _ in range(1 if FIX else 4):
        x, f = real(64), g(torch.randn(64, Z)).detach()
        ld = F.binary_cross_entropy(d(x), one) + F.binary_cross_entropy(d(f), zero)
        od.zero_grad()
        ld.backward()
        od.step()
    df = d(g(torch.randn(64, Z)))
    if FIX:
        lg = F.binary_cross_entropy(df, one)
    else:
        lg = torch.log(1 - df + 1e-8).mean()
    og.zero_grad()
    lg.backward()
    og.step()
    if it % 150 == 0:
        print(f"it {it} D {ld.item():.4f} G {lg.item():.4f}")
with torch.no_grad():
    s = g(torch.randn(1000, Z))
    dist = torch.cdist(s, real(1000)).min(1).values.mean().item()
print(f"FINAL loss={lg.item():.4f} metric={dist:.4f} (mean distance of samples to real points)")
