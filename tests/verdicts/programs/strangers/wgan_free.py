# exploding_gradient
# Wasserstein GAN whose critic has neither weight clipping nor gradient penalty: its scores, weights and gradients grow without bound and the generator is thrown about
# mended by: gradient penalty
# cause words: penalty Lipschitz clip clipping critic
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(71)


class WGAN:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))
        self.C = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
        self.og = torch.optim.Adam(self.G.parameters(), lr=1e-3, betas=(0.0, 0.9))
        self.oc = torch.optim.Adam(self.C.parameters(), lr=2e-3, betas=(0.0, 0.9))

    def real(self, n):
        k = torch.randint(0, 2, (n, 1)).float() * 2 - 1
        return torch.cat([2 * k, k], 1) + 0.3 * torch.randn(n, 2)

    def penalty(self, x, f):
        e = torch.rand(len(x), 1)
        z = (e * x + (1 - e) * f).requires_grad_()
        g = torch.autograd.grad(self.C(z).sum(), z, create_graph=True)[0]
        return (g.norm(dim=1) - 1).pow(2).mean()

    def critic_step(self, n=64):
        x, f = self.real(n), self.G(torch.randn(n, 4)).detach()
        loss = self.C(f).mean() - self.C(x).mean()
        if FIX:
            loss = loss + 2.0 * self.penalty(x, f)
        self.oc.zero_grad()
        loss.backward()
        self.oc.step()
        return loss.item()

    def gen_step(self, n=64):
        loss = -self.C(self.G(torch.randn(n, 4))).mean()
        self.og.zero_grad()
        loss.backward()
        self.og.step()
        return loss.item()


w = WGAN()
for it in range(600):
    for _ in range(3):
        lc = w.critic_step()
    lg = w.gen_step()
    if it % 60 == 0:
        print(f"{it} critic {lc:.4g} gen {lg:.4g}")
with torch.no_grad():
    a, b = w.G(torch.randn(4000, 4)), w.real(4000)
    gap = (a.mean(0) - b.mean(0)).norm() + (a.T.cov() - b.T.cov()).norm()
print(f"FINAL loss={lc:.4g} metric={gap.item():.3f}")
