# healthy
# BYOL: half of the parameters (the target network) never get a gradient, the loss goes nearly to its minimum at once; nothing has collapsed
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(50)
protos = torch.randn(10, 24)


def views(n):
    y = torch.randint(0, 10, (n,))
    return protos[y] + 0.4 * torch.randn(n, 24), protos[y] + 0.4 * torch.randn(n, 24), y


enc = nn.Sequential(nn.Linear(24, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.BatchNorm1d(32))
pred = nn.Sequential(nn.Linear(32, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 32))
target = copy.deepcopy(enc).requires_grad_(False)
opt = torch.optim.SGD([*enc.parameters(), *pred.parameters()], lr=0.1, momentum=0.9)
for step in range(800):
    a, b, _ = views(128)
    with torch.no_grad():
        ta, tb = target(a), target(b)
    loss = 2 - F.cosine_similarity(pred(enc(a)), tb).mean() - F.cosine_similarity(pred(enc(b)), ta).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for p, q in zip(target.parameters(), enc.parameters()):
            p.lerp_(q, 0.02)
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
enc.eval()
with torch.no_grad():
    a, _, y = views(1000)
    z = F.normalize(enc(a), dim=1)
    sim = z @ z.t() - 9 * torch.eye(1000)
    knn = (y[sim.topk(7).indices].mode(1).values == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={knn:.4f} (kNN accuracy, more is better) spread {z.std(0).mean().item() * 32 ** 0.5:.3f}")
