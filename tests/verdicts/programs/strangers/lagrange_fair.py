# healthy
# Constrained training: a multiplier does gradient ascent (maximize=True) on the same Lagrangian, so the total loss does not simply fall and the multiplier's gradient has the "wrong" sign on purpose.
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(29)
def loans(n):
    grp = (torch.rand(n) < 0.35).long()
    z = torch.randn(n, 5)
    income = z[:, 0] + 0.9 * (grp == 0)
    x = torch.cat([income[:, None], z[:, 1:], (0.8 * (grp == 0) + 0.6 * torch.randn(n))[:, None]], 1)
    score = 1.1 * income + 0.7 * z[:, 1] - 0.9 * z[:, 2] * z[:, 3] - 0.3
    return x, (torch.rand(n) < torch.sigmoid(2.5 * score)).float(), grp
class Approver(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
    def forward(self, x):
        return self.f(x).squeeze(-1)
xtr, ytr, gtr = loans(8000)
xte, yte, gte = loans(3000)
net = Approver()
rho = nn.Parameter(torch.full((2,), -3.0))          # multipliers are softplus(rho) >= 0
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
dual = torch.optim.SGD([rho], lr=0.5, maximize=True)
LIMIT = 0.08
def gaps(logits, g):
    p = torch.sigmoid(logits)
    d = p[g == 0].mean() - p[g == 1].mean()
    return torch.stack([d - LIMIT, -d - LIMIT])
for step in range(800):
    i = torch.randint(0, len(xtr), (256,))
    logits = net(xtr[i])
    bce = F.binary_cross_entropy_with_logits(logits, ytr[i])
    viol = gaps(logits, gtr[i])
    lagr = bce + (F.softplus(rho) * viol).sum()
    opt.zero_grad(); dual.zero_grad()
    lagr.backward()
    opt.step(); dual.step()
    if step % 80 == 0:
        lam = F.softplus(rho).detach()
        print(f"step {step} L {lagr.item():.4f} bce {bce.item():.4f} gap {viol[0].item() + LIMIT:+.3f} lambda {lam[0].item():.3f} {lam[1].item():.3f}")
with torch.no_grad():
    lo = net(xte)
    gap = gaps(lo, gte)[0].item() + LIMIT
    acc = ((lo > 0).float() == yte).float().mean().item()
    bce = F.binary_cross_entropy_with_logits(lo, yte).item()
print(f"approval gap {gap:+.3f} (limit {LIMIT})")
print(f"FINAL loss={bce:.4f} metric={acc:.4f}")
