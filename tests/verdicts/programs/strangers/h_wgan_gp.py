# healthy
# WGAN with gradient penalty at its equilibrium: critic loss hovers around a small number, generator loss wanders with either sign; the samples match
import torch
from torch import nn
torch.manual_seed(0)


def net(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, o))


def real(n):
    c = torch.tensor([[1.5, 0], [-1.5, 0], [0, 1.5], [0, -1.5]])[torch.randint(0, 4, (n,))]
    return c + 0.2 * torch.randn(n, 2)


def penalty(D, a, b):
    t = torch.rand(len(a), 1)
    x = (t * a + (1 - t) * b).requires_grad_(True)
    g, = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (g.norm(dim=1) - 1).pow(2).mean()


G, D = net(4, 2), net(2, 1)
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
for it in range(900):
    for _ in range(3):
        x, f = real(128), G(torch.randn(128, 4)).detach()
        d = D(f).mean() - D(x).mean()
        loss = d + 5 * penalty(D, x, f)
        od.zero_grad()
        loss.backward()
        od.step()
    g = -D(G(torch.randn(128, 4))).mean()
    og.zero_grad()
    g.backward()
    og.step()
    if it % 100 == 0:
        print(f"it {it} critic {d.item():.4f} gen {g.item():.4f}")
with torch.no_grad():
    m = torch.cdist(G(torch.randn(2000, 4)), real(2000))
    gap = 0.5 * (m.min(1).values.mean() + m.min(0).values.mean())
print(f"FINAL loss={d.item():.4f} metric={gap.item():.4f}")
