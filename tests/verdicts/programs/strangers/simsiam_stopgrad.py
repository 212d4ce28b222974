# healthy
# SimSiam: the target branch is detached on purpose and the loss is negative and soon flat near -0.9; the representation does not collapse, a linear probe works
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
K = 10
proto = torch.randn(K, 32)


def views(n):
    y = torch.randint(0, K, (n,))
    base = proto[y] + 0.3 * torch.randn(n, 32)
    aug = lambda: (base + 0.3 * torch.randn(n, 32)) * (torch.rand(n, 32) > 0.15)
    return aug(), aug(), y


enc = nn.Sequential(nn.Linear(32, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.BatchNorm1d(64, affine=False))
pred = nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 64))
opt = torch.optim.SGD(list(enc.parameters()) + list(pred.parameters()), lr=0.05, momentum=0.9, weight_decay=1e-4)


def sim(p, z):
    return -F.cosine_similarity(p, z.detach(), dim=-1).mean()


for step in range(900):
    a, b, _ = views(256)
    za, zb = enc(a), enc(b)
    loss = 0.5 * sim(pred(za), zb) + 0.5 * sim(pred(zb), za)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(step, round(loss.item(), 4), "spread", round(F.normalize(za, dim=1).std(0).mean().item(), 4))
enc.eval()
with torch.no_grad():
    x, _, y = views(1000)
    xt, _, yt = views(1000)
    f, ft = enc(x), enc(xt)
    Wp = torch.linalg.lstsq(torch.cat([f, torch.ones(1000, 1)], 1), F.one_hot(y, K).float()).solution
    acc = ((torch.cat([ft, torch.ones(1000, 1)], 1) @ Wp).argmax(1) == yt).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
