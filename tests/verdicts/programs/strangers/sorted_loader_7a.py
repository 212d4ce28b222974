# oscillating_loss not_learning
# the file is sorted by class and the loader does not shuffle: the net learns the class of the moment and forgets the others, the loss jumps at each class border
# mended by: shuffle=True
# cause words: shuffle sorted order class forget
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
protos = torch.randn(6, 1, 12, 12) * 0.5


def folder(n_per_class):
    """like ImageFolder: cat, dog, frog, ... one after the other"""
    y = torch.arange(6).repeat_interleave(n_per_class)
    return TensorDataset(protos[y] + torch.randn(len(y), 1, 12, 12), y)


train_set, val_set = folder(320), folder(80)
train_loader = DataLoader(train_set, batch_size=32, shuffle=FIX)
val_loader = DataLoader(val_set, batch_size=96)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(8 * 25, 32), nn.ReLU(), nn.Linear(32, 6))

    def forward(self, x):
        return self.fc(self.conv(x))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    net.train()
    tot = 0.0
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        tot += loss.item()
        if epoch == 2 and i % 10 == 0:
            print(f"   batch {i} loss {loss.item():.3f}")
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(f"epoch {epoch} loss {tot / len(train_loader):.4f} val acc {ok / len(val_set):.3f}")
print(f"FINAL loss={tot / len(train_loader):.4f} metric={ok / len(val_set):.4f}")
