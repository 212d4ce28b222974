# oscillating_loss not_learning
# DataLoader without shuffle over a data set sorted by class: each run of batches has one label only, the loss jumps at every class change
# mended by: shuffle=True
# cause words: shuffl, sorted, order
# thread: "Loss goes to 0 then jumps to 5, ImageFolder", answer: shuffle=True
import os
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
proto = torch.randn(8, 1, 10, 10)


class FolderDataset(Dataset):
    def __init__(self, per_class, seed):
        g = torch.Generator().manual_seed(seed)
        self.samples = []
        for c in range(8):
            for _ in range(per_class):
                self.samples.append((proto[c] + 1.2 * torch.randn(1, 10, 10, generator=g), c))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


train = DataLoader(FolderDataset(200, 1), batch_size=20, shuffle=FIX)
test = DataLoader(FolderDataset(40, 2), batch_size=320)
net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(96, 8))
opt = torch.optim.SGD(net.parameters(), lr=0.02)
crit = nn.CrossEntropyLoss()
it = 0
for epoch in range(8):
    for x, y in train:
        opt.zero_grad()
        loss = crit(net(x), y)
        loss.backward()
        opt.step()
        if it % 16 == 0:
            print(f"epoch {epoch} it {it} loss {loss.item():.4f}")
        it += 1
with torch.no_grad():
    x, y = next(iter(test))
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
