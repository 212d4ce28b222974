# healthy
# SimSiam: a negative loss near -0.95, the target branch is detached on purpose; representations do not collapse (kNN accuracy)
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
K = 6
proto = torch.randn(K, 32)
y = torch.randint(0, K, (2000,))
base = proto[y] + 0.3 * torch.randn(2000, 32)


def aug(x):
    return (x + 0.6 * torch.randn_like(x)) * (torch.rand_like(x) > 0.15).float()


f = nn.Sequential(nn.Linear(32, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.BatchNorm1d(64, affine=False))
h = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 64))
opt = torch.optim.SGD([*f.parameters(), *h.parameters()], lr=0.05, momentum=0.9, weight_decay=1e-4)


def dist(p, z):
    return -F.cosine_similarity(p, z.detach(), dim=-1).mean()


for step in range(500):
    x = base[torch.randint(0, 2000, (128,))]
    z1, z2 = f(aug(x)), f(aug(x))
    loss = 0.5 * dist(h(z1), z2) + 0.5 * dist(h(z2), z1)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(step, f"loss {loss.item():.4f} std {F.normalize(z1, dim=1).std(0).mean().item():.4f}")
f.eval()
with torch.no_grad():
    z = F.normalize(f(aug(base)), dim=1)
    sim = z[1500:] @ z[:1500].T
    acc = (y[:1500][sim.topk(5, 1)[1]].mode(1)[0] == y[1500:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
