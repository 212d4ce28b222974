# healthy
# the loss never gets below about 1.45: 45 % of the labels are random on purpose (crowd labels), clean accuracy is near 100 %
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(48)
CENTRES = torch.randn(8, 20) * 1.2


class Crowd(Dataset):
    def __init__(self, n, noise):
        self.y = torch.randint(0, 8, (n,))
        self.x = CENTRES[self.y] + torch.randn(n, 20)
        wrong = torch.rand(n) < noise
        self.given = torch.where(wrong, torch.randint(0, 8, (n,)), self.y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.given[i]


train, test = Crowd(12000, 0.45), Crowd(1000, 0.0)
loader = DataLoader(train, batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 8))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
for epoch in range(8):
    net.train()
    total = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        acc = (net(test.x).argmax(1) == test.y).float().mean().item()
    print(f"epoch {epoch} loss {total / len(loader):.4f} clean accuracy {acc:.3f}")
print(f"FINAL loss={total / len(loader):.4f} metric={acc:.3f}")
