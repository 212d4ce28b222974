# healthy
# both GAN losses stand still near ln 2 and 2 ln 2 for most of the run: that is the equilibrium, and the samples match the data
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(31)

def real(n):
    x = torch.randn(n, 2)
    return torch.stack([x[:, 0] * 0.8 + 1.0, 0.4 * x[:, 0] ** 2 + 0.3 * x[:, 1] - 0.5], 1)
G = nn.Sequential(nn.Linear(4, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
og = torch.optim.Adam(G.parameters(), lr=0.0005, betas=(0.5, 0.9))
od = torch.optim.Adam(D.parameters(), lr=0.0005, betas=(0.5, 0.9))
ema = [p.detach().clone() for p in G.parameters()]
for it in range(1800):
    x = real(128).requires_grad_(True)
    fake = G(torch.randn(128, 4)).detach()
    rl = D(x)
    gp, = torch.autograd.grad(rl.sum(), x, create_graph=True)
    d_loss = F.softplus(-rl).mean() + F.softplus(D(fake)).mean()
    od.zero_grad()
    (d_loss + 0.5 * gp.pow(2).sum(1).mean()).backward()
    od.step()
    g_loss = F.softplus(-D(G(torch.randn(128, 4)))).mean()
    og.zero_grad()
    g_loss.backward()
    og.step()
    with torch.no_grad():
        for e, p in zip(ema, G.parameters()):
            e.lerp_(p, 0.01)
    if it % 200 == 0:
        print(it, f'D {d_loss.item():.4f} G {g_loss.item():.4f}')
with torch.no_grad():
    for e, p in zip(ema, G.parameters()):
        p.copy_(e)
    s, r = (G(torch.randn(4000, 4)), real(4000))
    dist = (s.mean(0) - r.mean(0)).norm() + (s.T.cov() - r.T.cov()).norm()
print(f'FINAL loss={g_loss.item():.4f} metric={dist.item():.4f}')
