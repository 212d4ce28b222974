# healthy
# SGD with warm restarts up to a rate of 0.8: the loss leaps up at each restart and is lower at each end of cycle
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
g = torch.Generator().manual_seed(3)
proto = torch.randn(6, 1, 10, 10, generator=g)


def images(n):
    y = torch.randint(0, 6, (n,))
    return proto[y] * 0.6 + torch.randn(n, 1, 10, 10), y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(1, 12, 3, bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
                               nn.Flatten(), nn.Linear(192, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x):
        return self.f(x)


dl = DataLoader(TensorDataset(*images(2000)), 64, shuffle=True, drop_last=True)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.8, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=124, eta_min=1e-3)
step = 0
for epoch in range(20):
    for x, y in dl:
        loss = F.cross_entropy(net(x), y, label_smoothing=0.1)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        step += 1
        if step % 62 in (0, 1):
            print(f"step {step} lr {sched.get_last_lr()[0]:.3f} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = images(1000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
