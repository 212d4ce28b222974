# healthy
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

np.random.seed(57)
torch.manual_seed(57)
proto = torch.randn(20, 32)


def batch(n):
    y = torch.randint(20, (n,))
    return proto[y] + 1.1 * torch.randn(n, 32), y


def mixup(x, y, alpha=1.0):
    lam = np.random.beta(alpha, alpha)
    idx = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[idx], y, y[idx], lam


net = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 20))
criterion = nn.CrossEntropyLoss(label_smoothing=0.2)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 0.15, total_steps=400)
xv, yv = batch(1500)
for i in range(400):
    net.train()
    x, y = batch(64)
    x, ya, yb, lam = mixup(x, y)
    out = net(x)
    loss = lam * criterion(out, ya) + (1 - lam) * criterion(out, yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if (i + 1) % 40 == 0:
        net.eval()
        with torch.no_grad():
            o = net(xv)
        print(f"{i + 1:4d} mixup loss {loss.item():.3f}  test nll {F.cross_entropy(o, yv).item():.3f} acc {(o.argmax(1) == yv).float().mean().item():.3f}")
