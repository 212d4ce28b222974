# healthy
# OneCycle with a peak lr of 1.0 for SGD (super convergence): the loss is spiky in the middle, then falls
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader
torch.manual_seed(0); torch.set_num_threads(1)
P = torch.randn(12, 1, 12, 12)
y = torch.randint(0, 12, (3000,))
x = P[y] + 1.2 * torch.randn(3000, 1, 12, 12)
dl = DataLoader(TensorDataset(x, y), 64, shuffle=True, drop_last=True)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


net = nn.Sequential(block(1, 16), nn.MaxPool2d(2), block(16, 32), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(288, 12))
EPOCHS = 8
opt = torch.optim.SGD(net.parameters(), lr=0.04, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=EPOCHS * len(dl), pct_start=0.4)
for ep in range(EPOCHS):
    tot = hit = n = 0
    for xb, yb in dl:
        out = net(xb)
        loss = nn.functional.cross_entropy(out, yb)
        opt.zero_grad(); loss.backward(); opt.step(); sched.step()
        tot += loss.item() * len(yb); hit += (out.argmax(1) == yb).sum().item(); n += len(yb)
    print(f"epoch {ep} lr {sched.get_last_lr()[0]:.3f} loss {tot / n:.4f} acc {hit / n:.3f}")
print("parameters", sum(p.numel() for p in net.parameters()))
print(f"FINAL loss={tot / n:.4f} metric={hit / n:.4f}")
