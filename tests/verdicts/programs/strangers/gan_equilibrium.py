# healthy
# GAN losses sit near 2 log 2 and log 2 and do not fall, which is the equilibrium; the generated samples match the data
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(41)
def real(n):
    t = 6.2832 * torch.rand(n)
    return torch.stack([1.5 * t.cos(), 0.7 * t.sin()], 1) + 0.1 * torch.randn(n, 2)
def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, o))
G, D = mlp(4, 2), mlp(2, 1)
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.99))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.99))
def energy(n=1000):
    with torch.no_grad():
        f, r = G(torch.randn(n, 4)), real(n)
        return (2 * torch.cdist(f, r).mean() - torch.cdist(f, f).mean() - torch.cdist(r, r).mean()).item()
print("before", energy())
for step in range(1500):
    x = real(128).requires_grad_()
    with torch.no_grad():
        fake = G(torch.randn(128, 4))
    dr = D(x)
    gp = torch.autograd.grad(dr.sum(), x, create_graph=True)[0].pow(2).sum(1).mean()
    ld = F.softplus(-dr).mean() + F.softplus(D(fake)).mean() + 0.5 * gp
    od.zero_grad(); ld.backward(); od.step()
    for p in D.parameters(): p.requires_grad_(False)
    lg = F.softplus(-D(G(torch.randn(128, 4)))).mean()
    og.zero_grad(); lg.backward(); og.step()
    for p in D.parameters(): p.requires_grad_(True)
    if step % 150 == 0:
        print(f"{step} D {ld.item():.4f} G {lg.item():.4f}")
print(f"FINAL loss={lg.item():.4f} metric={energy():.4f}")
