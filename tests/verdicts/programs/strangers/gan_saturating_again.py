# vanishing_gradient saturated
# the generator minimises log(1 - D(G(z))) (the saturating loss) while the discriminator is trained five steps per round and is sure of itself at once: its sigmoid is flat for fakes and no gradient comes through to the generator
# mended by: non-saturating loss -log D(G(z)), one discriminator step
# cause words: saturating, log(1, discriminator, non-saturating, generator loss
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)

def real(n):
    t = torch.rand(n, 1) * 6.283
    return torch.cat([6 + torch.cos(t), -5 + 0.5 * torch.sin(t)], 1) + 0.05 * torch.randn(n, 2)

G = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
opt_g = torch.optim.SGD(G.parameters(), lr=2e-2) if not FIX else torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-3 if not FIX else 1e-3, betas=(0.5, 0.99))
N_CRITIC = 1 if FIX else 5

for it in range(1200):
    for _ in range(N_CRITIC):
        x, z = real(64), torch.randn(64, 8)
        with torch.no_grad(): fake = G(z)
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
        opt_d.zero_grad(); d_loss.backward(); opt_d.step()
    logit = D(G(torch.randn(64, 8)))
    if FIX:
        g_loss = F.softplus(-logit).mean()
    else:
        g_loss = torch.log(1 - torch.sigmoid(logit) + 1e-8).mean()
    opt_g.zero_grad(); g_loss.backward(); opt_g.step()
    if it % 200 == 0: print(it, f"D {d_loss.item():.4f} G {g_loss.item():.4f}")
with torch.no_grad():
    s = G(torch.randn(2000, 8)); r = real(2000)
    dist = (s.mean(0) - r.mean(0)).norm() + (s.std(0) - r.std(0)).norm()
print(f"FINAL loss={g_loss.item():.4f} metric={dist.item():.4f}")
