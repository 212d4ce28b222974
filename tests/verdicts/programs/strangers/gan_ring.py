# healthy
# GAN at equilibrium: both losses flat near log 2 and jittering, the generator loss does not fall, but the samples match the ring
import torch
from torch import nn
torch.manual_seed(0); torch.set_num_threads(1)


def ring(n):
    a = torch.rand(n) * 6.2832
    return torch.stack([a.cos(), a.sin()], 1) * 1.5 + 0.1 * torch.randn(n, 2)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, o))


G, D = mlp(4, 2), mlp(2, 1)
og = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), 1e-3, betas=(0.5, 0.99))
bce = nn.BCEWithLogitsLoss()
one, zero = torch.ones(128, 1), torch.zeros(128, 1)
start = None
def energy():
    with torch.no_grad():
        a, b = G(torch.randn(600, 4)), ring(600)
        return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()
print("energy distance before", energy())
for it in range(2000):
    real, fake = ring(128), G(torch.randn(128, 4))
    nr = 0.2 * torch.randn(128, 2)
    ld = bce(D(real + nr), one) + bce(D(fake.detach() + 0.2 * torch.randn(128, 2)), zero)
    od.zero_grad(); ld.backward(); od.step()
    lg = bce(D(fake + 0.2 * torch.randn(128, 2)), one)
    og.zero_grad(); lg.backward(); og.step()
    if it % 250 == 0:
        print(it, f"D {ld.item():.3f} G {lg.item():.3f} energy {energy():.4f}")
print(f"FINAL loss={lg.item():.4f} metric={energy():.4f}")
