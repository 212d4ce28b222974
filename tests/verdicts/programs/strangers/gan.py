# healthy
# GAN at its balance: both losses stand still near log 2, yet the generated distribution is right
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(2)


def real(n):
    a = torch.rand(n) * 6.2832
    return torch.stack([a.cos(), a.sin()], 1) * 2 + 0.1 * torch.randn(n, 2)


class MLP(nn.Sequential):
    def __init__(self, i, o, h=64):
        super().__init__(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


G, D = MLP(4, 2), MLP(2, 1)
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.9))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
for it in range(1500):
    x = real(128).requires_grad_()
    f = G(torch.randn(128, 4)).detach()
    dx = D(x)
    gp = torch.autograd.grad(dx.sum(), x, create_graph=True)[0].pow(2).sum(1).mean()
    ld = F.softplus(-dx).mean() + F.softplus(D(f)).mean() + 0.1 * gp
    od.zero_grad()
    ld.backward()
    od.step()
    lg = F.softplus(-D(G(torch.randn(128, 4)))).mean()
    og.zero_grad()
    lg.backward()
    og.step()
    if it % 150 == 0:
        print(f"{it} D {ld.item():.4f} G {lg.item():.4f}")
with torch.no_grad():
    s = G(torch.randn(4000, 4))
    r = s.norm(dim=1)
    octants = torch.histc(torch.atan2(s[:, 1], s[:, 0]), 8, -3.1416, 3.1416) / 4000
print(f"FINAL loss={lg.item():.4f} metric={r.mean():.3f} sd={r.std():.3f} least_octant={octants.min():.3f}")
