# healthy
# the loss stays within 5 % of the targets' variance and no batch resembles another: 95 % of the target is noise, and the net has learned nearly all of the rest
# rule: M
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(24)
D, B = 6, 512
w = torch.randn(D)
w = w / w.norm()


def signal(x):
    return 0.22 * (x @ w + 0.4 * (x[:, 0] * x[:, 1]))


def data(n=B):
    x = torch.randn(n, D)
    return x, 3.0 + signal(x) + torch.randn(n)


net = nn.Sequential(nn.Linear(D, 32), nn.SiLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x, y = data()
    loss = F.mse_loss(net(x)[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    x, y = data(200000)
    pred = net(x)[:, 0]
    r2 = 1 - F.mse_loss(pred, y) / y.var()
    best = 1 - F.mse_loss(3.0 + signal(x), y) / y.var()
    corr = torch.corrcoef(torch.stack([pred, signal(x)]))[0, 1]
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2, best possible {best.item():.4f}; correlation with the signal {corr.item():.3f})")
