# healthy
# WGAN with gradient penalty: critic loss negative and rising towards 0, no bound, generator loss drifts anywhere; samples are right
import torch
import torch.nn as nn

torch.manual_seed(4)


def real(n):
    k = torch.randint(0, 4, (n,)) * (3.14159 / 2)
    return torch.stack([2 * torch.cos(k), 2 * torch.sin(k)], 1) + 0.2 * torch.randn(n, 2)


def penalty(C, a, b):
    e = torch.rand(len(a), 1)
    m = (e * a + (1 - e) * b).requires_grad_(True)
    g = torch.autograd.grad(C(m).sum(), m, create_graph=True)[0]
    return ((g.norm(dim=1) - 1) ** 2).mean()


G = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
C = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
og = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
oc = torch.optim.Adam(C.parameters(), lr=1e-3, betas=(0.0, 0.9))
for it in range(700):
    for _ in range(3):
        x, f = real(96), G(torch.randn(96, 4)).detach()
        lc = C(f).mean() - C(x).mean() + 5 * penalty(C, x, f)
        oc.zero_grad()
        lc.backward()
        oc.step()
    lg = -C(G(torch.randn(96, 4))).mean()
    og.zero_grad()
    lg.backward()
    og.step()
    if it % 100 == 0:
        print(f"{it} critic {lc.item():+.4f} gen {lg.item():+.4f}")
with torch.no_grad():
    s, r = G(torch.randn(1500, 4)), real(1500)
    a = torch.cdist(s, r).min(1).values.mean().item()
    b = torch.cdist(r, s).min(1).values.mean().item()
print(f"FINAL loss={lg.item():.4f} metric={a + b:.4f} (two-sided nearest distance, untrained about 3)")
