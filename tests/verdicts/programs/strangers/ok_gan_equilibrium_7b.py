# healthy
# GAN whose discriminator loss sits flat near 2 log 2 and whose generator loss does not fall: the equilibrium, the samples match the data
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)


def real(n):
    return torch.cat([torch.randn(n, 1) * 0.5 + 2, torch.randn(n, 1) * 1.2 - 1], 1) @ torch.tensor([[1.0, 0.4], [0.0, 1.0]])


G = nn.Sequential(nn.Linear(4, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 2))
D = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
go = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
do = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
avg = [p.detach().clone() for p in G.parameters()]
for step in range(2500):
    x = real(128).requires_grad_(True)
    fake = G(torch.randn(128, 4))
    rx = D(x)
    gp = torch.autograd.grad(rx.sum(), x, create_graph=True)[0].pow(2).sum(1).mean()
    dl = F.softplus(-rx).mean() + F.softplus(D(fake.detach())).mean()
    do.zero_grad()
    (dl + 0.5 * gp).backward()
    do.step()
    gl = F.softplus(-D(fake)).mean()
    go.zero_grad()
    gl.backward()
    go.step()
    with torch.no_grad():
        for a, p in zip(avg, G.parameters()):
            a.lerp_(p, 0.01)
    if step % 250 == 0:
        print(step, dl.item(), gl.item())
with torch.no_grad():
    for a, p in zip(avg, G.parameters()):
        p.copy_(a)
    f, r = G(torch.randn(4000, 4)), real(4000)
    m = (f.mean(0) - r.mean(0)).abs().max() + (f.std(0) - r.std(0)).abs().max()
print(f"FINAL loss={dl.item():.4f} metric={m.item():.4f} (0 is best, 4 at the start)")
