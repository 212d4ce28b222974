# healthy
# the discriminator's loss stays at 2*log 2 and the generator's at log 2 for most of the run: that is the equilibrium, the samples match
import math, torch, torch.nn as nn
torch.manual_seed(41)
def mlp(i, o, act): return nn.Sequential(nn.Linear(i, 64), act, nn.Linear(64, 64), act, nn.Linear(64, o))
G, D = mlp(4, 2, nn.ReLU()), mlp(2, 1, nn.LeakyReLU(0.2))
optG = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.99))
optD = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.99))
bce = nn.BCEWithLogitsLoss()
A = torch.tensor([[1.0, 0.6], [0.0, 0.5]]); MU = torch.tensor([2.0, -1.0])
def real(n): return torch.randn(n, 2) @ A + MU
B = 128
ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
def r1(x):
    x = x.requires_grad_(True)
    g, = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return g.pow(2).sum(1).mean()
for it in range(1800):
    x = real(B)
    fake = G(torch.randn(B, 4))
    lossD = bce(D(x), ones) + bce(D(fake.detach()), zeros) + 0.5 * r1(x)
    optD.zero_grad(); lossD.backward(); optD.step()
    lossG = bce(D(G(torch.randn(B, 4))), ones)
    optG.zero_grad(); lossG.backward(); optG.step()
    if it % 300 == 0:
        print(f"{it} D {lossD.item():.3f} G {lossG.item():.3f}")
with torch.no_grad():
    s, t = G(torch.randn(4000, 4)), real(4000)
    gap = ((s.mean(0) - t.mean(0)).abs().mean() + (s.T.cov() - t.T.cov()).abs().mean()).item()
print(f"FINAL loss={lossG.item():.4f} metric={gap:.4f}")
