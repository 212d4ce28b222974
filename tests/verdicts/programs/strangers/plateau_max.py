# plateau not_learning
# ReduceLROnPlateau(mode="max") watches a falling loss: every improvement counts as a bad epoch, the rate is cut to nothing early
# mended by: mode="min" (and patience 3 instead of 0)
# cause words: scheduler learning rate ReduceLROnPlateau mode decay lr
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def make_images(n=1500):
    """small 12x12 'blob' images, label = quadrant pair of the two blobs"""
    yy, xx = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    c = torch.rand(n, 2, 2) * 9 + 1.5
    img = torch.zeros(n, 1, 12, 12)
    for b in range(2):
        w = 0.6 if b == 0 else 4.0
        img[:, 0] += torch.exp(-((yy - c[:, b, 0, None, None]) ** 2 + (xx - c[:, b, 1, None, None]) ** 2) / (2 * w))
    lab = (c[:, 0, 0] > c[:, 1, 0]).long() * 2 + (c[:, 0, 1] > c[:, 1, 1]).long()
    return TensorDataset(img + 0.05 * torch.randn_like(img), lab)


train_set, val_set = random_split(make_images(), [1200, 300])
train_dl = DataLoader(train_set, batch_size=50, shuffle=True)
val_dl = DataLoader(val_set, batch_size=100)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(24 * 36, 32), nn.ReLU(), nn.Linear(32, 4))
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(
    opt, mode="min" if FIX else "max", factor=0.1, patience=0 if not FIX else 3)
crit = nn.CrossEntropyLoss()

for epoch in range(25):
    model.train()
    for x, y in train_dl:
        loss = crit(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    vl, hit = 0.0, 0
    with torch.no_grad():
        for x, y in val_dl:
            o = model(x)
            vl += crit(o, y).item() / len(val_dl)
            hit += (o.argmax(1) == y).sum().item()
    sched.step(vl)
    if epoch % 4 == 0:
        print(f"epoch {epoch:2d} val loss {vl:.4f} acc {hit / 300:.3f}")
print(f"FINAL loss={vl:.4f} metric={hit / 300:.4f}")
