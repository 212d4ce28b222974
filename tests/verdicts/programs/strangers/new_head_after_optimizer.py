# miswired
# the optimizer is made before the head of the pretrained net is replaced, the backbone is frozen: the new head is in no optimizer
# mended by: making the optimizer after the replacement
# cause words: optimizer parameters head replaced
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
protos = torch.randn(15, 1, 12, 12)


def data(n, lo, hi):
    y = torch.randint(lo, hi, (n,))
    return protos[y] + 0.8 * torch.randn(n, 1, 12, 12), y - lo


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                      nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(24 * 9, classes)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


model = Net(10)
pre = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(120):                                   # "pretrained"
    x, y = data(32, 0, 10)
    pre.zero_grad()
    F.cross_entropy(model(x), y).backward()
    pre.step()

# ---- transfer to five new classes
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for p in model.features.parameters():
    p.requires_grad = False
model.fc = nn.Linear(24 * 9, 5)
if FIX:
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.01, momentum=0.9)
sched = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.3)
xt, yt = data(800, 10, 15)
xv, yv = data(400, 10, 15)
for epoch in range(10):
    s = 0.0
    for b in torch.randperm(800).split(32):
        loss = F.cross_entropy(model(xt[b]), yt[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        s += loss.item() / 25
    sched.step()
    acc = (model(xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch} loss {s:.4f} acc {acc:.3f}")
print(f"FINAL loss={s:.4f} metric={acc:.4f}")
