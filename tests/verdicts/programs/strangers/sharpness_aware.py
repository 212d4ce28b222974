# healthy
# SAM (two passes, weights perturbed and restored, gradients zeroed in between) + gradient accumulation over 2 micro-batches, divided.
"""SAM (two passes a step) with gradient accumulation over 2 micro-batches (divided), small conv net with GroupNorm."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(29)
C = 6
P = F.interpolate(torch.randn(C, 1, 4, 4), size=8, mode="bilinear")
def batch(n):
    y = torch.randint(0, C, (n,)); x = P[y]
    dx, dy = torch.randint(-1, 2, (2,)).tolist()
    return x.roll((dx, dy), (2, 3)) + 0.9 * torch.randn_like(x), y
net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.GroupNorm(3, 12), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Conv2d(12, 24, 3, padding=1), nn.GroupNorm(4, 24), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 16, C))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
STEPS, ACC, RHO = 300, 2, 0.05
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
hist = []
for step in range(STEPS):
    micro = [batch(32) for _ in range(ACC)]
    opt.zero_grad(); tot = 0.0
    for x, y in micro:
        l = F.cross_entropy(net(x), y) / ACC; l.backward(); tot += l.item()
    with torch.no_grad():
        ps = [p for p in net.parameters() if p.grad is not None]
        n = torch.stack([p.grad.norm() for p in ps]).norm() + 1e-12
        eps = [p.grad * (RHO / n) for p in ps]
        for p, e in zip(ps, eps): p.add_(e)
    opt.zero_grad()
    for x, y in micro: (F.cross_entropy(net(x), y) / ACC).backward()
    with torch.no_grad():
        for p, e in zip(ps, eps): p.sub_(e)
    opt.step(); sched.step(); hist.append(tot)
    if step % 30 == 0: print(step, f"{tot:.4f}")
with torch.no_grad():
    acc = sum((net(x).argmax(1) == y).float().mean().item() for x, y in (batch(100) for _ in range(30))) / 30
print(f"FINAL loss={sum(hist[-30:])/30:.5f} metric={acc:.4f}")
