# exploding_gradient nonfinite
# the WGAN critic has neither weight clipping nor a gradient penalty: its score is unbounded and weights and gradients grow without end
# mended by: a gradient penalty on the critic
# cause words: Lipschitz penalty clipping critic unbounded WGAN
import os
import torch
from torch import nn, autograd

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
LAMBDA = 1.0


def sample(n):
    t = torch.rand(n) * 3 * torch.pi
    r = 0.4 + 0.17 * t
    return torch.stack([r * torch.cos(t), r * torch.sin(t)], 1) + 0.03 * torch.randn(n, 2)


def mlp(i, o, h=64):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.1), nn.Linear(h, h), nn.LeakyReLU(0.1), nn.Linear(h, h), nn.LeakyReLU(0.1), nn.Linear(h, o))


class WGAN:
    def __init__(self):
        self.G, self.C = mlp(4, 2), mlp(2, 1)
        self.og = torch.optim.SGD(self.G.parameters(), lr=0.02, momentum=0.5)
        self.oc = torch.optim.Adam(self.C.parameters(), lr=2e-3, betas=(0.0, 0.9))

    def penalty(self, x, f):
        a = torch.rand(len(x), 1)
        m = (a * x + (1 - a) * f).requires_grad_(True)
        g, = autograd.grad(self.C(m).sum(), m, create_graph=True)
        return ((g.norm(dim=1) - 1) ** 2).mean()

    def critic_step(self, n):
        x, f = sample(n), self.G(torch.randn(n, 4)).detach()
        w = self.C(x).mean() - self.C(f).mean()
        loss = -w
        if FIX:
            loss = loss + LAMBDA * self.penalty(x, f)
        self.oc.zero_grad()
        loss.backward()
        self.oc.step()
        return w.item()

    def gen_step(self, n):
        loss = -self.C(self.G(torch.randn(n, 4))).mean()
        self.og.zero_grad()
        loss.backward()
        self.og.step()
        return loss.item()


gan = WGAN()
for i in range(700):
    for _ in range(3):
        w = gan.critic_step(128)
    g = gan.gen_step(128)
    if i % 100 == 0 or (i < 60 and i % 10 == 0):
        print(f"{i}: wasserstein {w:.4g} gen {g:.4g}")
with torch.no_grad():
    a, b = gan.G(torch.randn(1000, 4)), sample(1000)
    ed = (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()
print(f"FINAL loss={g:.4g} metric={ed:.4f} (energy distance, less is better)")
