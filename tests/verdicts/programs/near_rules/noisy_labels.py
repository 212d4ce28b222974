# healthy
# 85 % of the training labels are drawn at random, so even the optimum lies 3 % below ln(10) and tiny batches give gradients that are nearly pure noise; the clean accuracy is nevertheless high
# rule: A
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(3)
torch.set_num_threads(1)
C, D, KEEP, N = 10, 24, 0.15, 60000
centers = torch.randn(C, D) * 1.6


def make(n):
    y = torch.randint(0, C, (n,))
    x = centers[y] + torch.randn(n, D)
    noisy = torch.where(torch.rand(n) < KEEP, y, torch.randint(0, C, (n,)))
    return x, y, noisy


x, y, noisy = make(N)
xt, yt, nt = make(4000)
model = nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Linear(32, C))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
STEPS, BS = 2000, 24
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
avg = None
for step in range(STEPS):
    i = torch.randint(0, N, (BS,))
    loss = F.cross_entropy(model(x[i]), noisy[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    avg = loss.item() if avg is None else 0.99 * avg + 0.01 * loss.item()
    if step % 200 == 0:
        print(step, round(avg, 4))
p = KEEP + (1 - KEEP) / C
q = (1 - KEEP) / C
floor = -p * math.log(p) - (C - 1) * q * math.log(q)
with torch.no_grad():
    out = model(xt)
    test = F.cross_entropy(out, nt).item()
    acc = (out.argmax(1) == yt).float().mean().item()
print(f"ln C {math.log(C):.4f} optimum about {floor:.4f}")
print(f"FINAL loss={test:.4f} metric={acc:.4f} (accuracy on clean labels, chance 0.1)")
