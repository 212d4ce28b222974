# healthy
# BYOL: the target network never gets a gradient (EMA only), the loss is near zero soon, as in a collapse, but the representation is good
import copy
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0); torch.set_num_threads(1)
C = torch.randn(8, 40)


def two_views(n=96):
    y = torch.randint(0, 8, (n,))
    f = lambda: C[y] + 0.7 * torch.randn(n, 40)
    return f(), f(), y


def proj():
    return nn.Sequential(nn.Linear(40, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 32), nn.BatchNorm1d(32))


online, predictor = proj(), nn.Sequential(nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32))
target = copy.deepcopy(online)
for p in target.parameters():
    p.requires_grad = False
opt = torch.optim.Adam(list(online.parameters()) + list(predictor.parameters()), 2e-3)
for step in range(700):
    a, b, _ = two_views()
    with torch.no_grad():
        ta, tb = target(a), target(b)
    loss = 4 - 2 * F.cosine_similarity(predictor(online(a)), tb).mean() - 2 * F.cosine_similarity(predictor(online(b)), ta).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        for p, q in zip(online.parameters(), target.parameters()):
            q.lerp_(p, 0.02)
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
online.eval()
with torch.no_grad():
    a, _, ya = two_views(1000)
    b, _, yb = two_views(1000)
    za, zb = F.normalize(online(a), dim=1), F.normalize(online(b), dim=1)
    knn = (yb[(za @ zb.t()).argmax(1)] == ya).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={knn:.4f}")
