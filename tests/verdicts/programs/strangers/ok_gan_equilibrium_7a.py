# healthy
# a GAN: both losses stay near ln 2 and 2 ln 2 and never fall, which is the equilibrium; the samples move onto the data
import torch
import torch.nn as nn

torch.manual_seed(0)


def real(n):
    a = torch.rand(n) * 6.2832
    return torch.stack([2 * torch.cos(a), torch.sin(a)], 1) + 0.1 * torch.randn(n, 2) + torch.tensor([3.0, 1.0])


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


G, D = Generator(), Discriminator()
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
one, zero = torch.ones(128, 1), torch.zeros(128, 1)
for step in range(1500):
    fake = G(torch.randn(128, 4))
    ld = bce(D(real(128)), one) + bce(D(fake.detach()), zero)
    od.zero_grad()
    ld.backward()
    od.step()
    lg = bce(D(fake), one)
    og.zero_grad()
    lg.backward()
    og.step()
    if step % 250 == 0:
        print(f"step {step} D {ld.item():.3f} G {lg.item():.3f}")
with torch.no_grad():
    s, r = G(torch.randn(2000, 4)), real(2000)
    gap = ((s.mean(0) - r.mean(0)).norm() + (s.std(0) - r.std(0)).norm()).item()
print(f"FINAL loss={lg.item():.4f} metric={gap:.4f} (gap of means and stds, was above 3)")
