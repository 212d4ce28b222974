# miswired
# GAN: the generator step reuses the detached fakes of the discriminator step, so no gradient reaches the generator
# mended by: feeding the discriminator the undetached fakes in the generator step
# cause words: detach detached generator graph
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
Z, D, B = 8, 2, 128


def real(n):
    x = 1.2 * torch.randn(n, 1)
    return torch.cat([x + 1, 0.5 * x ** 2 + 0.3 * torch.randn(n, 1)], 1)


G = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, D))
Dn = nn.Sequential(nn.Linear(D, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.9))
opt_d = torch.optim.Adam(Dn.parameters(), lr=1e-3, betas=(0.5, 0.9))
ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
bce = nn.BCEWithLogitsLoss()
for step in range(1500):
    x = real(B)
    fake = G(torch.randn(B, Z))
    fake_d = fake.detach()
    loss_d = bce(Dn(x), ones) + bce(Dn(fake_d), zeros)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    opt_g.zero_grad()
    loss_g = bce(Dn(fake if FIX else fake_d), ones)
    loss_g.backward()
    opt_g.step()
    if step % 150 == 0:
        print(f"step {step} loss_d {loss_d.item():.4f} loss_g {loss_g.item():.4f}")


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


with torch.no_grad():
    ed = energy_distance(G(torch.randn(2000, Z)), real(2000))
print(f"FINAL loss={loss_g.item():.4f} metric={ed:.4f} (energy distance)")
