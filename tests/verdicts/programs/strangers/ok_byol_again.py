# healthy
# BYOL-like: the target network never gets gradients (EMA on purpose) and a loss near zero looks like collapse, but the features separate the classes
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
N, CL, D = 3000, 8, 32
cent = torch.randn(CL, D)
lab = torch.randint(0, CL, (N,))
base = cent[lab] + 0.6 * torch.randn(N, D)


def augment(x):
    return x * (torch.rand_like(x) > 0.3) + 0.2 * torch.randn_like(x)


online = nn.Sequential(nn.Linear(D, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 32))
target = copy.deepcopy(online).requires_grad_(False)
pred = nn.Sequential(nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32))
opt = torch.optim.Adam(list(online.parameters()) + list(pred.parameters()), lr=1e-3)
for step in range(600):
    x = base[torch.randint(0, N, (128,))]
    a, b = augment(x), augment(x)
    loss = 0
    for u, v in ((a, b), (b, a)):
        loss = loss + 1 - F.cosine_similarity(pred(online(u)), target(v).detach(), dim=1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for p, q in zip(target.parameters(), online.parameters()):
            p.lerp_(q, 0.01)
    if step % 60 == 0:
        print(f"step {step} loss {loss.item():.4f}")
online.eval()
with torch.no_grad():
    z = F.normalize(online(base), dim=1)
    nn1 = (z[:500] @ z[500:].T).argmax(1)
    acc = (lab[500:][nn1] == lab[:500]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (nearest-neighbour accuracy, spread {z.std(0).mean().item():.3f})")
