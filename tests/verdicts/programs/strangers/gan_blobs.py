# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
centers = torch.tensor([[1.5, 1.5], [-1.5, 1.5], [1.5, -1.5], [-1.5, -1.5]])
data = lambda n: centers[torch.randint(4, (n,))] + 0.3 * torch.randn(n, 2)
net = lambda a, b: nn.Sequential(nn.Linear(a, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, b))
G, D = net(4, 2), net(2, 1)
g_opt = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
d_opt = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.9))

for step in range(600):
    x = data(128).requires_grad_(True)
    z = G(torch.randn(128, 4)).detach()
    real_out = D(x)
    r1 = torch.autograd.grad(real_out.sum(), x, create_graph=True)[0].pow(2).sum(1).mean()
    d_loss = F.softplus(-real_out).mean() + F.softplus(D(z)).mean() + 0.1 * r1
    d_opt.zero_grad()
    d_loss.backward()
    d_opt.step()

    g_loss = F.softplus(-D(G(torch.randn(128, 4)))).mean()
    g_opt.zero_grad()
    g_loss.backward()
    g_opt.step()
    if (step + 1) % 60 == 0:
        with torch.no_grad():
            s = G(torch.randn(2000, 4))
            d = torch.cdist(s, centers)
            near = d.min(1)
            share = torch.bincount(near.indices[near.values < 0.9], minlength=4) / 2000
        print(f"{step + 1} D {d_loss.item():.3f} G {g_loss.item():.3f} distance {near.values.mean():.3f} share per blob {[round(v, 2) for v in share.tolist()]}")
