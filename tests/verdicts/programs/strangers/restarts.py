# healthy
# cosine with warm restarts and a high top rate: the loss spikes at each restart and comes down lower
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(9)
C = 8
mu = torch.randn(C, 1, 8, 8)


def pics(n):
    y = torch.randint(0, C, (n,))
    s = torch.randint(0, 2, (n,))
    x = mu[y] * (1 - 2 * s.view(-1, 1, 1, 1)) + 0.8 * torch.randn(n, 1, 8, 8)
    return x, y


net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2, padding=1),
                    nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(256, C))
opt = torch.optim.SGD(net.parameters(), lr=0.4, momentum=0.9, nesterov=True, weight_decay=1e-4)
sch = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=100, T_mult=2, eta_min=1e-3)
for s in range(700):
    x, y = pics(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sch.step()
    if s % 50 == 0 or s in (105, 305):
        print(f"{s} loss {loss.item():.4f} lr {sch.get_last_lr()[0]:.3f}")
net.eval()
x, y = pics(1000)
with torch.no_grad():
    print(f"FINAL loss={F.cross_entropy(net(x), y).item():.4f} metric={(net(x).argmax(1) == y).float().mean():.3f}")
