# healthy
# looks suspicious: SGD with a large learning rate and warm restarts, the loss jumps up at every restart; the end of each cycle is good
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
torch.manual_seed(48)
torch.set_num_threads(1)

def rings(n):
    y = torch.randint(0, 4, (n,))
    r = 0.6 + 0.6 * y + 0.12 * torch.randn(n)
    t = 6.283 * torch.rand(n)
    x = torch.stack([r * t.cos(), r * t.sin()], 1)
    return (torch.cat([x, torch.randn(n, 4) * 0.3], 1), y)
xs, ys = rings(3000)
xv, yv = rings(1000)
dl = DataLoader(TensorDataset(xs, ys), 128, shuffle=True, drop_last=True)
net = nn.Sequential(nn.Linear(6, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, weight_decay=0.0001)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=10 * len(dl), eta_min=0.001)
for ep in range(40):
    net.train()
    tot = 0
    for x, y in dl:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        tot += loss.item()
    if ep % 3 == 0:
        print(f"epoch {ep} loss {tot / len(dl):.4f} lr {opt.param_groups[0]['lr']:.3f}")
net.eval()
acc = (net(xv).argmax(1) == yv).float().mean().item()
print(f'FINAL loss={tot / len(dl):.4f} metric={acc:.4f}')
