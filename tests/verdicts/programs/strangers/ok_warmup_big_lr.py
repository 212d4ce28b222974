# healthy
# SGD with lr up to 1.5 after a warm-up (one-cycle) and BatchNorm: the weights and the loss jump about at the top of the cycle, then all falls to a good end
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
protos = torch.randn(10, 1, 14, 14) * 0.8


def make(n):
    y = torch.randint(0, 10, (n,))
    return TensorDataset(protos[y] + torch.randn(n, 1, 14, 14), y)


class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(o)

    def forward(self, x):
        return F.max_pool2d(F.relu(self.bn(self.conv(x))), 2)


net = nn.Sequential(Block(1, 12), Block(12, 24), nn.Flatten(), nn.Linear(24 * 9, 10))
train, test = DataLoader(make(2000), batch_size=50, shuffle=True), make(500)
EPOCHS = 8
opt = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.5, total_steps=EPOCHS * len(train), pct_start=0.3, cycle_momentum=False)
for epoch in range(EPOCHS):
    net.train()
    tot = 0.0
    for x, y in train:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        tot += loss.item() / len(train)
    net.eval()
    with torch.no_grad():
        acc = (net(test.tensors[0]).argmax(1) == test.tensors[1]).float().mean().item()
    print(f"epoch {epoch} lr {sched.get_last_lr()[0]:.3f} loss {tot:.4f} acc {acc:.3f}")
print(f"FINAL loss={tot:.4f} metric={acc:.4f}")
