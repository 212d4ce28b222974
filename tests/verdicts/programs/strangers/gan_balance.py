# healthy
# GAN at its equilibrium: D loss stays near 1.386 and G loss near 0.69, neither falls, the samples are right all the same
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(3)


def real(n):
    return torch.randn(n, 2) @ torch.tensor([[0.9, 0.5], [0.0, 0.4]]) + torch.tensor([1.5, -1.0])


G = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
bce = F.binary_cross_entropy_with_logits
one, zero = torch.ones(128, 1), torch.zeros(128, 1)
avg = [p.clone() for p in G.parameters()]
for it in range(2000):
    x = real(128)
    fake = G(torch.randn(128, 4))
    ld = bce(D(x), one) + bce(D(fake.detach()), zero)
    od.zero_grad()
    ld.backward()
    od.step()
    lg = bce(D(fake), one)
    og.zero_grad()
    lg.backward()
    og.step()
    with torch.no_grad():
        for a, p in zip(avg, G.parameters()):
            a.lerp_(p, 0.01)
    if it % 250 == 0:
        print(f"{it} D {ld.item():.4f} G {lg.item():.4f}")
with torch.no_grad():
    for a, p in zip(avg, G.parameters()):
        p.copy_(a)
    s, r = G(torch.randn(4000, 4)), real(4000)
    err = (s.mean(0) - r.mean(0)).abs().sum() + (torch.cov(s.t()) - torch.cov(r.t())).abs().sum()
print(f"FINAL loss={lg.item():.4f} metric={err.item():.4f} (moment error, untrained about 4)")
