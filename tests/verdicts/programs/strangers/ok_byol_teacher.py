# healthy
# self-distillation: the target network gets no gradient and is no part of the optimizer (EMA of the online one), the loss falls near zero, rises a little and stays flat; the representation does not collapse (linear probe)
import copy
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(43)
C = 5; mu = 1.5 * torch.randn(C, 32)
def views(n):
    y = torch.randint(0, C, (n,)); base = mu[y] + 0.7 * torch.randn(n, 32)
    aug = lambda: (base + 0.5 * torch.randn(n, 32)) * (torch.rand(n, 32) > 0.2)
    return aug(), aug(), base, y
class Enc(nn.Module):
    def __init__(self):
        super().__init__(); self.f = nn.Sequential(nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.BatchNorm1d(32))
    def forward(self, x): return self.f(x)
online = Enc(); target = copy.deepcopy(online).requires_grad_(False)
pred = nn.Sequential(nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32))
opt = torch.optim.AdamW([*online.parameters(), *pred.parameters()], lr=2e-3, weight_decay=1e-3)
sim = lambda p, z: 2 - 2 * F.cosine_similarity(p, z, dim=1).mean()
for s in range(900):
    a, b, _, _ = views(128)
    with torch.no_grad(): za, zb = target(a), target(b)
    loss = 0.5 * (sim(pred(online(a)), zb) + sim(pred(online(b)), za))
    opt.zero_grad(); loss.backward(); opt.step()
    m = 1 - 0.02 * (1 - s / 900)
    with torch.no_grad():
        for p, q in zip(target.parameters(), online.parameters()): p.lerp_(q, 1 - m)
    if s % 100 == 0: print(s, f"loss {loss.item():.4f}")
online.eval()
with torch.no_grad():
    _, _, x, y = views(1000); _, _, xt, yt = views(1000); z, zt = online(x), online(xt)
    cent = torch.stack([z[y == c].mean(0) for c in range(C)]); acc = (torch.cdist(zt, cent).argmin(1) == yt).float().mean().item()
print(f"embedding std {zt.std(0).mean().item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
