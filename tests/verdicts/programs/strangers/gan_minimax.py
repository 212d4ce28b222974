# saturated vanishing_gradient
# original minimax generator loss log(1 - D(G(z))) with a discriminator trained 5 steps per round at a higher lr: D is sure, its sigmoid is flat, G gets no gradient
# mended by: non-saturating generator loss, one discriminator step per round, the same slow Adam for both
# cause words: discriminator generator saturating minimax strong sigmoid
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def real(n):
    k = torch.randint(0, 4, (n,)).float() * torch.pi / 2
    return torch.stack([torch.cos(k), torch.sin(k)], 1) + 5.0 + 0.3 * torch.randn(n, 2)


G = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Sigmoid())
g_opt = torch.optim.SGD(G.parameters(), lr=0.02) if not FIX else torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999))
d_opt = torch.optim.Adam(D.parameters(), lr=5e-4 if FIX else 4e-3, betas=(0.5, 0.999), weight_decay=1e-3 if FIX else 0)
bce = nn.BCELoss()
EPS = 1e-7
N, n_disc = 1500, 1 if FIX else 5
if not FIX:
    N = 500

for it in range(N):
    for _ in range(n_disc):
        x, fake = real(64), G(torch.randn(64, 8)).detach()
        d_loss = bce(D(x), torch.ones(64, 1)) + bce(D(fake), torch.zeros(64, 1))
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
    p = D(G(torch.randn(64, 8)))
    if FIX:
        g_loss = bce(p, torch.ones(64, 1))
    else:
        g_loss = torch.log(1 - p + EPS).mean()
    g_opt.zero_grad()
    g_loss.backward()
    g_opt.step()
    if it % 100 == 0:
        print(f"iter {it} D {d_loss.item():.4f} G {g_loss.item():.5f} D(G(z)) {p.mean().item():.5f}")
with torch.no_grad():
    s = G(torch.randn(1000, 8))
    dist = (s.mean(0) - real(1000).mean(0)).norm().item()
print(f"FINAL loss={g_loss.item():.4f} metric={dist:.4f} (distance of the means, small is good)")
