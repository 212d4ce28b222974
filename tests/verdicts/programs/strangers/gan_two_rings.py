# miswired output_cannot_change not_learning
# The generator step reuses the detached fake batch, so the generator never gets a gradient and stays at its initial values.
# mended by: Make a new fake batch without detach for the generator step.
import math, os
import torch
from torch import nn, optim

torch.manual_seed(0)
fixed = bool(os.environ.get('FIX'))


def real_batch(n):
    angle = torch.rand(n) * 2 * math.pi
    r = 2.0 + 0.05 * torch.randn(n)
    return torch.stack([r * angle.cos(), r * angle.sin()], 1)


def mlp(i, o, h=96):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


netG, netD = mlp(8, 2), mlp(2, 1)
optG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
optD = optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
B = 128
ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)

for it in range(600):
    # (1) Update D network
    real = real_batch(B)
    fake = netG(torch.randn(B, 8)).detach()
    optD.zero_grad()
    errD = criterion(netD(real), ones) + criterion(netD(fake), zeros)
    errD.backward()
    optD.step()

    # (2) Update G network
    optG.zero_grad()
    if fixed:
        fake = netG(torch.randn(B, 8))
    errG = criterion(netD(fake), ones)
    errG.backward()
    optG.step()

    if it % 50 == 49:
        with torch.no_grad():
            g = netG(torch.randn(1000, 8))
            off = (g.norm(dim=1) - 2.0).abs().mean().item()
            spread = g.std(0).mean().item()
        print('[%d/600] Loss_D: %.4f Loss_G: %.4f | mean distance to ring %.3f, spread %.3f'
              % (it + 1, errD.item(), errG.item(), off, spread))
