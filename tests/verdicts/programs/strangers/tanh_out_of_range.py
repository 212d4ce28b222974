# saturated plateau not_learning
# Wrong range transform: real data is x/255*127.5-1 (values up to ~126) instead of x/127.5-1, so the tanh generator is driven to the +1 end; the discriminator separates easily.
# mended by: x / 127.5 - 1.0
"""Small GAN producing 16-dim feature vectors (tanh generator)."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
DIM, ZD = 16, 8


def real_data(n):
    base = torch.rand(n, 4)
    mix = torch.sin(torch.linspace(0, 6, 4 * DIM).reshape(4, DIM)) ** 2
    x = base @ (mix / mix.sum(0)) * 255.0
    return x


def to_model_range(x):
    if FIX:
        return x / 127.5 - 1.0
    return x / 255.0 * 127.5 - 1.0


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(ZD, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
                                 nn.Linear(64, DIM), nn.Tanh())

    def forward(self, z):
        return self.net(z)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(DIM, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
                                 nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


G, D = Generator(), Critic()
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
data = to_model_range(real_data(8000))
mu, sd = data.mean(0), data.std(0)
bce = F.binary_cross_entropy_with_logits
hist = []
for step in range(800):
    x = data[torch.randint(0, 8000, (128,))]
    fake = G(torch.randn(128, ZD))
    dr, df = D(x), D(fake.detach())
    dl = bce(dr, torch.ones(128)) + bce(df, torch.zeros(128))
    od.zero_grad()
    dl.backward()
    od.step()
    gl = bce(D(fake), torch.ones(128))
    og.zero_grad()
    gl.backward()
    og.step()
    gap = ((fake.mean(0) - mu).abs() / sd).mean().item()
    hist.append((gl.item(), gap))
    if step % 80 == 0:
        print(step, "g %.3f d %.3f gap %.3f sat %.2f" % (gl.item(), dl.item(), gap, (fake.abs() > 0.99).float().mean()))
t = hist[-80:]
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in t) / 80, sum(b for _, b in t) / 80))
