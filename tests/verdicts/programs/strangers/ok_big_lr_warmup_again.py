# healthy
# SGD with lr 1.5 looks far too large, but there is batch norm, warm-up and a one-cycle schedule (super-convergence)
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
torch.manual_seed(34)
C = 6
proto = torch.randn(C, 2, 8, 8)

def make(n):
    y = torch.randint(0, C, (n,))
    return (proto[y] + 1.5 * torch.randn(n, 2, 8, 8), y)
net = nn.Sequential(nn.Conv2d(2, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(256, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, C))
EPOCHS = 12
loader = DataLoader(TensorDataset(*make(2500)), 64, shuffle=True, drop_last=True)
opt = torch.optim.SGD(net.parameters(), lr=1.5, momentum=0.9, weight_decay=0.0005)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 1.5, total_steps=EPOCHS * len(loader), pct_start=0.3)
for ep in range(EPOCHS):
    net.train()
    for x, y in loader:
        loss = F.cross_entropy(net(x), y, label_smoothing=0.05)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
    print(f'epoch {ep} lr {sched.get_last_lr()[0]:.3f} loss {loss.item():.4f}')
net.eval()
with torch.no_grad():
    x, y = make(1500)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={acc:.4f}')
