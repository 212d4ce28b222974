# healthy
# Two tasks alternate on a shared trunk with an optimizer each: the logged loss zigzags between two scales, each head has no fresh gradient every 2nd step.
"""Two tasks on a shared trunk, alternating each step, each with its own optimizer: the logged loss zigzags between two scales."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(16)
D = 20
A = torch.randn(D, 10) / D ** .5 * 1.5; Hc = torch.randn(10, 4); Hr = torch.randn(10, 2)

def data(n):
    x = torch.randn(n, D); f = torch.tanh(x @ A)
    return x, (f @ Hc).argmax(1), 2 * (f @ Hr) + 0.1 * torch.randn(n, 2)

trunk = nn.Sequential(nn.Linear(D, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU())
cls, reg = nn.Linear(96, 4), nn.Linear(96, 2)
oc = torch.optim.Adam([*trunk.parameters(), *cls.parameters()], lr=2e-3)
org = torch.optim.Adam([*trunk.parameters(), *reg.parameters()], lr=2e-3)
hist = []
for step in range(700):
    x, yc, yr = data(192)
    if step % 2 == 0:
        loss, opt = F.cross_entropy(cls(trunk(x)), yc), oc
    else:
        loss, opt = F.mse_loss(reg(trunk(x)), yr), org
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 70 < 2: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, yc, yr = data(4000); h = trunk(x)
    acc = (cls(h).argmax(1) == yc).float().mean().item()
    print("regression R2", 1 - ((reg(h) - yr) ** 2).mean().item() / yr.var().item())
print(f"FINAL loss={sum(hist[-70:])/70:.5f} metric={acc:.4f}")
