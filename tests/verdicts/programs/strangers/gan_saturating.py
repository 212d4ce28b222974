# vanishing_gradient saturated
# the minimax generator loss log(1 - D(G(z))) with a discriminator trained three times per step on well separated data: D says 0 with certainty and the generator's gradient is nothing
# mended by: the non-saturating loss -log D(G(z)), one discriminator step, instance noise
# cause words: saturating saturated minimax non-saturating discriminator vanish
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
DIM, Z, BS = 16, 8, 128
mix = torch.randn(4, DIM) * 0.5
shift = torch.full((DIM,), 3.0)


def sample_real(n):
    return torch.randn(n, 4) @ mix + shift + 0.1 * torch.randn(n, DIM)


gen = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, DIM))
disc = nn.Sequential(nn.Linear(DIM, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Sigmoid())
g_opt = torch.optim.Adam(gen.parameters(), lr=2e-4 if not FIX else 1e-3, betas=(0.5, 0.999))
d_opt = torch.optim.Adam(disc.parameters(), lr=2e-3 if not FIX else 1e-3, betas=(0.5, 0.999))
if not FIX:
    g_opt = torch.optim.SGD(gen.parameters(), lr=0.02)
n_critic = 1 if FIX else 3
eps = 1e-7
noise = 0.3 if FIX else 0.0
sched = torch.optim.lr_scheduler.LinearLR(g_opt, 1.0, 0.05, total_iters=1200)

for it in range(1200):
    for _ in range(n_critic):
        x = sample_real(BS)
        f = gen(torch.randn(BS, Z)).detach()
        pr = disc(x + noise * torch.randn_like(x))
        pf = disc(f + noise * torch.randn_like(f))
        d_loss = -(torch.log(pr + eps) + torch.log(1 - pf + eps)).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
    f = gen(torch.randn(BS, Z))
    pf = disc(f + noise * torch.randn_like(f))
    g_loss = -torch.log(pf + eps).mean() if FIX else torch.log(1 - pf + eps).mean()
    g_opt.zero_grad()
    g_loss.backward()
    g_opt.step()
    sched.step()
    if it % 200 == 0:
        print(f"it {it:5d}  d_loss {d_loss.item():.4f}  g_loss {g_loss.item():.5f}  D(fake) {pf.mean().item():.2e}")

with torch.no_grad():
    gap = (gen(torch.randn(2000, Z)).mean(0) - shift).norm().item()
print(f"FINAL loss={g_loss.item():.5f} metric={gap:.4f} (distance of means, less is better)")
