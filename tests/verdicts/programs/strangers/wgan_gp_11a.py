# healthy
# WGAN-GP: the critic's loss is negative, drifts and never goes to zero, the generator's loss wanders and rises; the samples get near the data
import math
import torch
import torch.nn as nn

torch.manual_seed(40)


def real_batch(n):
    k = torch.randint(0, 6, (n,)).float() * math.pi / 3
    return torch.stack([k.cos(), k.sin()], 1) * 1.5 + 0.08 * torch.randn(n, 2)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, o))


G, D = mlp(8, 2), mlp(2, 1)
opt_g = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=5e-4, betas=(0.0, 0.9))


def gradient_penalty(real, fake):
    a = torch.rand(len(real), 1)
    x = (a * real + (1 - a) * fake).requires_grad_(True)
    g = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0]
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


def energy():
    with torch.no_grad():
        g, r = G(torch.randn(2000, 8)), real_batch(2000)
        return (2 * torch.cdist(g, r).mean() - torch.cdist(g, g).mean() - torch.cdist(r, r).mean()).item()


print("energy distance at start", round(energy(), 4))
for it in range(800):
    for _ in range(5):
        real, fake = real_batch(64), G(torch.randn(64, 8)).detach()
        d_loss = D(fake).mean() - D(real).mean() + 1.0 * gradient_penalty(real, fake)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
    g_loss = -D(G(torch.randn(64, 8))).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    if it % 100 == 0:
        print(f"it {it} D {d_loss.item():.4f} G {g_loss.item():.4f} energy {energy():.4f}")
print(f"FINAL loss={g_loss.item():.4f} metric={energy():.4f}")
