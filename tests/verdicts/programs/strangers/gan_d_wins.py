# vanishing_gradient saturated
# the generator minimises log(1-D(G(z))) while a discriminator trained with a much higher lr is certain: D loss goes to 0 and the generator gets no gradient
# mended by: non-saturating generator loss, equal learning rates, noise on the discriminator inputs
# cause words: discriminator saturating saturated strong non-saturating
import os
import torch
from torch import nn, optim
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
DZ, DX = 8, 16
basis = torch.randn(3, DX)


def real_batch(n):
    return 3.0 + torch.randn(n, 3) @ basis * 0.5


G = nn.Sequential(nn.Linear(DZ, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, DX))
D = nn.Sequential(nn.Linear(DX, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1), nn.Sigmoid())
optG = optim.Adam(G.parameters(), lr=1e-3 if FIX else 2e-4, betas=(0.5, 0.999))
optD = optim.Adam(D.parameters(), lr=1e-3 if FIX else 1e-2, betas=(0.5, 0.999))
bce = nn.BCELoss()
sigma = 0.5 if FIX else 0.0


def noisy(x):
    return x + sigma * torch.randn_like(x)


for it in range(1500):
    real = real_batch(64)
    z = torch.randn(64, DZ)
    # ---- discriminator
    optD.zero_grad()
    lossD = bce(D(noisy(real)), torch.ones(64, 1)) + bce(D(noisy(G(z).detach())), torch.zeros(64, 1))
    lossD.backward()
    optD.step()
    # ---- generator
    optG.zero_grad()
    pred = D(noisy(G(torch.randn(64, DZ))))
    if FIX:
        lossG = bce(pred, torch.ones(64, 1))
    else:
        lossG = torch.log(1 - pred + 1e-7).mean()
    lossG.backward()
    optG.step()
    if it % 250 == 0:
        print(f"[{it}] Loss_D {lossD.item():.5f} Loss_G {lossG.item():.5f} D(G(z)) {pred.mean().item():.5f}")
with torch.no_grad():
    f, r = G(torch.randn(4000, DZ)), real_batch(4000)
    dist = (f.mean(0) - r.mean(0)).norm() + (f.std(0) - r.std(0)).norm()
print(f"FINAL loss={lossG.item():.5f} metric={dist.item():.4f}")
