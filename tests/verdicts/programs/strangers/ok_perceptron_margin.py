# healthy
# triplet metric learning with a hard margin: soon most triplets satisfy it, many batches have loss and gradients of exactly zero; retrieval is good
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
D, K = 24, 10
c = torch.randn(K, D)
nuis = torch.randn(5, D) * 1.2


def sample(y):
    return c[y] + torch.randn(len(y), 5) @ nuis + 0.2 * torch.randn(len(y), D)


net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 16))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
zero = 0
for step in range(2000):
    y = torch.randint(0, K, (8,))
    z = (y + torch.randint(1, K, (8,))) % K
    a, p, n = (F.normalize(net(sample(k)), dim=1) for k in (y, y, z))
    loss = F.relu((a - p).pow(2).sum(1) - (a - n).pow(2).sum(1) + 0.3).mean()
    zero += loss.item() == 0
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, loss.item(), zero)
with torch.no_grad():
    ya, yb = torch.randint(0, K, (500,)), torch.randint(0, K, (500,))
    e, g = F.normalize(net(sample(ya)), dim=1), F.normalize(net(sample(yb)), dim=1)
    acc = (yb[torch.cdist(e, g).argmin(1)] == ya).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f} zero_steps={zero}")
