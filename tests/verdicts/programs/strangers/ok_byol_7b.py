# healthy
# BYOL: the target network never gets gradients and is moved by an exponential average, the loss falls to almost nothing at once (as in a collapse); the representation is good (linear probe), no collapse
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
D, K = 32, 8
c = torch.randn(K, D)
nuis = torch.randn(6, D) * 0.6


def views(n):
    y = torch.randint(0, K, (n,))
    base = c[y] + 0.3 * torch.randn(n, D)
    return base + torch.randn(n, 6) @ nuis, base + torch.randn(n, 6) @ nuis, y


def mlp(a, h, b):
    return nn.Sequential(nn.Linear(a, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, b))


online = nn.Sequential(mlp(D, 96, 32), nn.BatchNorm1d(32), nn.ReLU(), mlp(32, 64, 16))
target = copy.deepcopy(online).requires_grad_(False)
pred = mlp(16, 32, 16)
opt = torch.optim.SGD([*online.parameters(), *pred.parameters()], lr=0.1, momentum=0.9, weight_decay=1e-4)
N = 1200
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, N)


def half(a, b):
    with torch.no_grad():
        t = F.normalize(target(b), dim=1)
    return 2 - 2 * (F.normalize(pred(online(a)), dim=1) * t).sum(1).mean()


for step in range(N):
    a, b, _ = views(128)
    loss = half(a, b) + half(b, a)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    with torch.no_grad():
        for p, q in zip(online.parameters(), target.parameters()):
            q.lerp_(p, 0.02)
    if step % 150 == 0:
        print(step, loss.item())
online.eval()
with torch.no_grad():
    a, _, y = views(2000)
    h = online[0](a)
    w = torch.linalg.lstsq(torch.cat([h, torch.ones(2000, 1)], 1), F.one_hot(y, K).float()).solution
    a, _, y = views(2000)
    h = torch.cat([online[0](a), torch.ones(2000, 1)], 1)
    acc = ((h @ w).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f} std={h[:, :-1].std(0).mean().item():.3f}")
