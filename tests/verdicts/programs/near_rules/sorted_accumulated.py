# healthy
# the files are sorted by class and each micro-batch holds one class only, but the gradients of a full round are accumulated before the step; a rare class keeps its loss above ln(6) because its prior is small
# rule: L
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(79)
torch.set_num_threads(1)
C, D, STEPS = 6, 15, 500
prior = torch.tensor([0.30, 0.25, 0.20, 0.15, 0.08, 0.02])
centers = torch.randn(C, D) * 0.9
centers[5] = centers[0] + 0.1 * torch.randn(D)     # the rare class looks like the commonest
per_round = (prior * 300).long()                   # 90, 75, 60, 45, 24, 6


def shard(c, n):
    """n examples from the file of class c"""
    return centers[c] + torch.randn(n, D), torch.full((n,), c)


def bayes(x):
    return -0.5 * torch.cdist(x, centers) ** 2 + prior.log()


net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, C))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
total = int(per_round.sum())
for step in range(STEPS):
    opt.zero_grad()
    singles = []
    for c in range(C):                             # in the order of the labels
        x, y = shard(c, int(per_round[c]))
        loss = F.cross_entropy(net(x), y)
        (loss * len(y) / total).backward()
        singles.append(loss.item())
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(step, " ".join(f"{v:.2f}" for v in singles), f"(ln C {math.log(C):.2f})")

with torch.no_grad():
    parts = [shard(c, int(per_round[c]) * 20) for c in range(C)]
    x, y = torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])
    out = net(x)
    final = F.cross_entropy(out, y).item()
    acc = (out.argmax(1) == y).float().mean().item()
    b = bayes(x)
    best, bacc = F.cross_entropy(b, y).item(), (b.argmax(1) == y).float().mean().item()
print(f"Bayes: loss {best:.4f} accuracy {bacc:.4f}")
print(f"FINAL loss={final:.4f} metric={acc:.4f} (accuracy)")
