# vanishing_gradient not_learning plateau saturated
# The discriminator won (pretrained, two steps each) and the generator uses the saturating loss log(1-D): gradient norm of G 1e-4 falling to 1e-9.
# mended by: non-saturating loss softplus(-D(G(z)))
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(0)


def real(n):
    t = rng.uniform(0, 2 * np.pi, n)
    x = np.stack([4 + np.cos(t), 3 + np.sin(t)], 1) + 0.1 * rng.normal(size=(n, 2))
    return torch.tensor(x, dtype=torch.float32)


class GAN:
    def __init__(self, zdim=4):
        self.zdim = zdim
        self.G = nn.Sequential(nn.Linear(zdim, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
        self.D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
        self.og = torch.optim.SGD(self.G.parameters(), lr=0.02, momentum=0.5)
        self.od = torch.optim.Adam(self.D.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def sample(self, n):
        return self.G(torch.randn(n, self.zdim))

    def d_step(self, x):
        fake = self.sample(len(x)).detach()
        loss = F.softplus(-self.D(x)).mean() + F.softplus(self.D(fake)).mean()
        self.od.zero_grad()
        loss.backward()
        self.od.step()
        return loss.item()

    def g_step(self, n):
        score = self.D(self.sample(n))
        loss = F.softplus(-score).mean() if FIX else -F.softplus(score).mean()
        self.og.zero_grad()
        loss.backward()
        self.og.step()
        return loss.item()


gan = GAN()
for _ in range(200):
    gan.d_step(real(64))
g_losses = []
for step in range(700):
    for _ in range(2):
        d = gan.d_step(real(64))
    g_losses.append(gan.g_step(64))
    if step % 70 == 0:
        print(f"step {step} D {d:.4f} G {g_losses[-1]:.4f}")
with torch.no_grad():
    f, r = gan.sample(1500), real(1500)
    dist = (2 * torch.cdist(f, r).mean() - torch.cdist(f, f).mean() - torch.cdist(r, r).mean()).item()
print(f"FINAL loss={np.mean(g_losses[-70:]):.4f} metric={dist:.4f}")
