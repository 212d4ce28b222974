# healthy
# GAN losses swing and never fall, the discriminator stays near 2 in the hinge loss: that is its balance; the samples come to lie on the ring
import torch, math
from torch import nn
import torch.nn.functional as F
torch.manual_seed(3)
def ring(n):
    a = torch.randint(8, (n,)) * math.pi / 4
    return torch.stack([a.cos(), a.sin()], 1) * 1.5 + 0.08 * torch.randn(n, 2)
class Gen(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2))
    def forward(self, z): return self.net(z)
class Disc(nn.Module):
    def __init__(self):
        super().__init__()
        sn = nn.utils.parametrizations.spectral_norm
        self.net = nn.Sequential(sn(nn.Linear(2, 96)), nn.LeakyReLU(.2), sn(nn.Linear(96, 96)), nn.LeakyReLU(.2), nn.Linear(96, 1))
    def forward(self, x): return self.net(x)
G, D = Gen(), Disc()
og = torch.optim.Adam(G.parameters(), 5e-4, betas=(0., .9))
od = torch.optim.Adam(D.parameters(), 1.5e-3, betas=(0., .9))
for it in range(1300):
    with torch.no_grad():
        fake = G(torch.randn(128, 8))
    ld = F.relu(1 - D(ring(128))).mean() + F.relu(1 + D(fake)).mean()
    od.zero_grad(); ld.backward(); od.step()
    lg = -D(G(torch.randn(128, 8))).mean()
    og.zero_grad(); lg.backward(); og.step()
    if it % 200 == 0: print(f"{it} d {ld.item():.3f} g {lg.item():.3f}")
with torch.no_grad():
    r = (G(torch.randn(2000, 8)).norm(dim=1) - 1.5).abs().mean().item()
print(f"FINAL loss={ld.item():.4f} metric={r:.4f}")
