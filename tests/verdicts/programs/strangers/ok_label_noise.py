# healthy
# 40 per cent of the training labels are random (said so): the loss stays high at about 1.4 to 1.6, yet clean test accuracy is nearly perfect
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

torch.manual_seed(0)
C, D = 8, 30
means = torch.randn(C, D)


class Noisy(Dataset):
    def __init__(self, n, noise):
        self.y = torch.randint(0, C, (n,))
        self.x = means[self.y] + torch.randn(n, D)
        flip = torch.rand(n) < noise
        self.y = torch.where(flip, torch.randint(0, C, (n,)), self.y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


train, test = DataLoader(Noisy(6000, 0.4), batch_size=64, shuffle=True), Noisy(800, 0.0)
model = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, C))
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 8)
for epoch in range(8):
    model.train()
    tot = 0.0
    for x, y in train:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        tot += loss.item() / len(train)
    sched.step()
    model.eval()
    with torch.no_grad():
        acc = (model(test.x).argmax(1) == test.y).float().mean().item()
    print(f"epoch {epoch} train loss {tot:.4f} clean acc {acc:.3f}")
print(f"FINAL loss={tot:.4f} metric={acc:.4f}")
