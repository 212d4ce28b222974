# healthy
# WGAN with gradient penalty: the losses change sign, drift and say nothing by themselves, but the samples match
import torch
import torch.nn as nn

torch.manual_seed(0)
Z, D, B = 4, 2, 128


def real(n):
    x = 1.2 * torch.randn(n, 1)
    return torch.cat([x, 0.5 * x ** 2 - 0.7 + 0.3 * torch.randn(n, 1)], 1)


G = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, D))
C = nn.Sequential(nn.Linear(D, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.9))
oc = torch.optim.Adam(C.parameters(), lr=5e-4, betas=(0.5, 0.9))


def gp(x, f):
    m = f + torch.rand(len(x), 1) * (x - f)
    m.requires_grad_()
    g, = torch.autograd.grad(C(m).sum(), m, create_graph=True)
    return 1.0 * (g.norm(dim=1) - 1).pow(2).mean()


for step in range(500):
    for _ in range(3):
        x, f = real(B), G(torch.randn(B, Z)).detach()
        lc = C(f).mean() - C(x).mean() + gp(x, f)
        oc.zero_grad()
        lc.backward()
        oc.step()
    lg = -C(G(torch.randn(B, Z))).mean()
    og.zero_grad()
    lg.backward()
    og.step()
    if step % 50 == 0:
        print(f"step {step} critic {lc.item():.4f} gen {lg.item():.4f}")
with torch.no_grad():
    a, b = G(torch.randn(2000, Z)), real(2000)
    ed = (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()
print(f"FINAL loss={lg.item():.4f} metric={ed:.4f} (energy distance)")
