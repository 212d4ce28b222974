# healthy
# both GAN losses soon sit flat near ln 2 and 2 ln 2 and wobble: that is the equilibrium, the generated samples match the data
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(40)


def real(n):
    x = torch.randn(n, 1)
    return torch.cat([x + 2, 0.7 * x.sin() + 0.3 * torch.randn(n, 1)], 1)


G = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))
D = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
og = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
od = torch.optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.99))
one, zero = torch.ones(128, 1), torch.zeros(128, 1)
bce = F.binary_cross_entropy_with_logits
for step in range(1500):
    x, f = real(128), G(torch.randn(128, 4))
    ld = bce(D(x), one) + bce(D(f.detach()), zero)
    od.zero_grad()
    ld.backward()
    od.step()
    lg = bce(D(f), one)
    og.zero_grad()
    lg.backward()
    og.step()
    if step % 200 == 0:
        print(f"step {step} D {ld.item():.3f} G {lg.item():.3f}")
with torch.no_grad():
    a, b = G(torch.randn(1000, 4)), real(1000)
    ed = (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()
print(f"FINAL loss={lg.item():.4f} metric={ed:.4f} (energy distance, less is better)")
