# healthy
# SGD with a peak learning rate of 2 looks mad, but the net is batch-normalised, warmed up and decayed (super-convergence): it learns
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(42)
shapes = torch.randn(10, 1, 8, 8)
y = torch.randint(0, 10, (4000,))
x = shapes[y] + 1.3 * torch.randn(4000, 1, 8, 8)
train = DataLoader(TensorDataset(x[:3200], y[:3200]), batch_size=64, shuffle=True, drop_last=True)


def conv(i, o, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


net = nn.Sequential(conv(1, 16), conv(16, 32, 2), conv(32, 32, 2), nn.Flatten(), nn.Linear(128, 10))
epochs = 10
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.85, weight_decay=5e-4, nesterov=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=2.0, total_steps=epochs * len(train), pct_start=0.3,
                                            cycle_momentum=False, div_factor=50)
crit = nn.CrossEntropyLoss(label_smoothing=0.05)
for epoch in range(epochs):
    net.train()
    total = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = crit(net(xb), yb)
        loss.backward()
        opt.step()
        sched.step()
        total += loss.item()
    print(f"epoch {epoch} lr {sched.get_last_lr()[0]:.3f} loss {total / len(train):.4f}")
net.eval()
with torch.no_grad():
    acc = (net(x[3200:]).argmax(1) == y[3200:]).float().mean().item()
print(f"FINAL loss={total / len(train):.4f} metric={acc:.3f}")
