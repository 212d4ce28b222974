# oscillating_loss
# the loader reads the data in the order of the files (one class after another, no shuffling): the network forgets each class in turn
# mended by: shuffle=True
# cause words: shuffl sorted order class
import os
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class FolderSet(Dataset):
    """like ImageFolder: all pictures of class 0, then all of class 1 ..."""
    def __init__(self, per_class=200, classes=5):
        g = torch.Generator().manual_seed(5)
        proto = torch.randn(classes, 1, 8, 8, generator=g)
        self.items = []
        for c in range(classes):
            for _ in range(per_class):
                self.items.append((proto[c] + 1.2 * torch.randn(1, 8, 8, generator=g), c))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 48), nn.ReLU(), nn.Linear(48, 5))

    def forward(self, x):
        return self.f(x)


data = FolderSet()
loader = DataLoader(data, batch_size=20, shuffle=FIX)
model = CNN()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
step = 0
for epoch in range(12):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"step {step} loss {loss.item():.4f}")
        step += 1
with torch.no_grad():
    x = torch.stack([i[0] for i in data.items])
    y = torch.tensor([i[1] for i in data.items])
    acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
