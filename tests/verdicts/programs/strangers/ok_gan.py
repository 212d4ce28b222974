# healthy
# GAN: both losses go flat near ln 2 and never fall, as in equilibrium; the generated points match the data
import torch
import torch.nn as nn

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))
D = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
bce = nn.BCEWithLogitsLoss()
mix = torch.tensor([[1.0, 0.6], [0.0, 0.8]])


def real(n):
    return torch.randn(n, 2) @ mix + torch.tensor([1.5, -1.0])


B = 128
one, zero = torch.ones(B, 1), torch.zeros(B, 1)
for it in range(1500):
    x, f = real(B), G(torch.randn(B, 4))
    ld = 0.5 * (bce(D(x), one) + bce(D(f.detach()), zero))
    od.zero_grad()
    ld.backward()
    od.step()
    lg = bce(D(f), one)
    og.zero_grad()
    lg.backward()
    og.step()
    if it % 150 == 0:
        print(f"{it} D {ld.item():.4f} G {lg.item():.4f}")
with torch.no_grad():
    f, r = G(torch.randn(4000, 4)), real(4000)
    err = (f.mean(0) - r.mean(0)).norm() + (torch.cov(f.T) - torch.cov(r.T)).abs().mean()
print(f"FINAL loss={lg.item():.4f} metric={err.item():.4f}")
