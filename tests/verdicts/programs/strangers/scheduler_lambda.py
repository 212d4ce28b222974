# plateau not_learning
# LambdaLR's function returns the absolute learning rate instead of a factor, so it is multiplied with the base lr and training runs at lr**2
# mended by: returning a factor of the base lr
# cause words: LambdaLR, scheduler, factor, multiplied, learning rate, absolute
import math
import os
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
LR, EPOCHS, BATCH = 1e-3, 12, 32
base = torch.randn(10, 1, 12, 12)
y_all = torch.randint(0, 10, (2400,))
x_all = base[y_all] + 1.0 * torch.randn(2400, 1, 12, 12)
x_train, y_train, x_val, y_val = x_all[:2000], y_all[:2000], x_all[2000:], y_all[2000:]


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(16, 32, 3), nn.ReLU())
        self.fc = nn.Sequential(nn.Linear(32 * 9, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))


def warmup_cosine(epoch):
    if epoch < 2:
        f = (epoch + 1) / 2
    else:
        f = 0.5 * (1 + math.cos(math.pi * (epoch - 2) / (EPOCHS - 2)))
    return f if FIX else LR * f


model = CNN()
optimizer = torch.optim.Adam(model.parameters(), lr=LR)
scheduler = LambdaLR(optimizer, lr_lambda=warmup_cosine)
for epoch in range(EPOCHS):
    perm, total = torch.randperm(2000), 0.0
    for i in range(0, 2000 - BATCH, BATCH):
        idx = perm[i:i + BATCH]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * BATCH / 2000
    scheduler.step()
    print(f"epoch {epoch} loss {total:.4f}")
with torch.no_grad():
    acc = (model(x_val).argmax(1) == y_val).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
