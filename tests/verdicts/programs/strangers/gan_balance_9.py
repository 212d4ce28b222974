# healthy
# GAN whose losses stay flat near log 4 and log 2 from early on: that is the balance, the samples follow the data
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def real(n):
    a = torch.randint(0, 4, (n,)) * (math.pi / 2)
    return torch.stack([a.cos(), a.sin()], 1) * 1.2 + 0.25 * torch.randn(n, 2)


G = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
ema = [p.detach().clone() for p in G.parameters()]
for step in range(1500):
    x = real(128).requires_grad_(True)
    z = G(torch.randn(128, 8)).detach()
    lr_, lf = D(x), D(z)
    gp = torch.autograd.grad(lr_.sum(), x, create_graph=True)[0].pow(2).sum(1).mean()
    d_loss = F.softplus(-lr_).mean() + F.softplus(lf).mean() + 0.3 * gp
    od.zero_grad()
    d_loss.backward()
    od.step()
    g_loss = F.softplus(-D(G(torch.randn(128, 8)))).mean()
    og.zero_grad()
    g_loss.backward()
    og.step()
    with torch.no_grad():
        for e, p in zip(ema, G.parameters()):
            e.lerp_(p, 0.02)
    if step % 400 == 0:
        print(step, round(d_loss.item(), 4), round(g_loss.item(), 4))
with torch.no_grad():
    for e, p in zip(ema, G.parameters()):
        p.copy_(e)
    s = G(torch.randn(2000, 8))
    a = torch.arange(4) * (math.pi / 2)
    c = torch.stack([a.cos(), a.sin()], 1) * 1.2
    d, k = torch.cdist(s, c).min(1)
    share = torch.bincount(k, minlength=4).float() / 2000
print(f"FINAL loss={g_loss.item():.4f} metric={(d < 0.75).float().mean():.3f} modes={share.tolist()}")
