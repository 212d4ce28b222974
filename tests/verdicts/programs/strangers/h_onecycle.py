# healthy
# OneCycle with a very large peak rate (SGD 1.5): the first epoch is above the loss of guessing; with warm-up and batch norm it comes down well and then lies flat near zero
import torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(47)
EPOCHS, BS = 12, 64
P = torch.randn(10, 1, 10, 10)
def data(n):
    y = torch.randint(0, 10, (n,))
    return P[y].roll(1, 3) + 1.0 * torch.randn(n, 1, 10, 10), y
def block(i, o): return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
class ResNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.b1, self.b2 = block(1, 16), block(16, 16), block(16, 16)
        self.pool, self.fc = nn.AvgPool2d(2), nn.Linear(16 * 25, 10)
    def forward(self, x):
        x = self.stem(x); x = x + self.b1(x); x = self.pool(x); x = x + self.b2(x)
        return self.fc(x.flatten(1))
dl = DataLoader(TensorDataset(*data(2560)), BS, shuffle=True)
xv, yv = data(600)
model = ResNetish()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.5, total_steps=EPOCHS * len(dl), pct_start=0.4)
for ep in range(EPOCHS):
    model.train(); s = 0
    for x, y in dl:
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step(); sched.step()
        s += loss.item()
    model.eval()
    with torch.no_grad(): acc = (model(xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {ep} lr {sched.get_last_lr()[0]:.3f} loss {s / len(dl):.4f} acc {acc:.3f}")
print(f"FINAL loss={s / len(dl):.4f} metric={acc:.4f}")
