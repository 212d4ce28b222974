# oscillating_loss not_learning
# the files are listed folder by folder and the DataLoader does not shuffle: every batch holds one class only, the network forgets the others
# mended by: shuffle=True
# cause words: shuffle sorted order class batch
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
CLASSES = 8


class Folder(Dataset):
    """Like ImageFolder: the samples in the order of the class folders."""

    def __init__(self, per_class, seed):
        g = torch.Generator().manual_seed(seed)
        proto = torch.randn(CLASSES, 3, 8, 8, generator=torch.Generator().manual_seed(99)) * 0.5
        self.items = []
        for c in range(CLASSES):
            for _ in range(per_class):
                self.items.append((proto[c] + torch.randn(3, 8, 8, generator=g), c))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def small_net():
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 16, 48), nn.ReLU(),
                         nn.Linear(48, CLASSES))


train = DataLoader(Folder(256, 1), batch_size=32, shuffle=FIX)
test = DataLoader(Folder(50, 2), batch_size=100)
net = small_net()
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
step = 0
for epoch in range(12):
    for x, y in train:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 57 == 0:
            print(f"step {step} loss {loss.item():.4f}")
        step += 1
with torch.no_grad():
    acc = sum((net(x).argmax(1) == y).sum().item() for x, y in test) / (50 * CLASSES)
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
