# miswired
# the generator step also uses the detached fakes, so the generator never gets a gradient (loss made of D only; D's own weights move in it)
# mended by: no detach in the generator step
# cause words: detach detached generator
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4); torch.set_num_threads(1)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))

    def forward(self, z):
        return self.net(z)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


def moons(n):
    a = torch.rand(n) * 3.1416
    up = torch.rand(n) < 0.5
    x = torch.where(up, torch.cos(a), 1 - torch.cos(a))
    y = torch.where(up, torch.sin(a), 0.5 - torch.sin(a))
    return torch.stack([x, y], 1) * 1.5 + 1.5 + 0.05 * torch.randn(n, 2)


g, d = Generator(), Critic()
og = torch.optim.Adam(g.parameters(), 1e-3, betas=(0.5, 0.9))
od = torch.optim.Adam(d.parameters(), 1e-3, betas=(0.5, 0.9))
crit = nn.BCEWithLogitsLoss()
one, zero = torch.full((96, 1), 0.9), torch.zeros(96, 1)
for step in range(1500):
    fake = g(torch.randn(96, 4))
    ld = crit(d(moons(96)), one) + crit(d(fake.detach()), zero)
    od.zero_grad(); ld.backward(); od.step()

    fake = g(torch.randn(96, 4))
    if not FIX:
        fake = fake.detach()
    lg = crit(d(fake), torch.ones(96, 1))
    og.zero_grad(); lg.backward(); og.step()
    if step % 250 == 0:
        print(f"{step} d={ld.item():.3f} g={lg.item():.3f}")
with torch.no_grad():
    a, b = g(torch.randn(500, 4)), moons(500)
    energy = 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
print(f"FINAL loss={lg.item():.4f} metric={energy.item():.4f}")
