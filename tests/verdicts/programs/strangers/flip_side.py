# not_learning plateau
# random horizontal flip augmentation on a task whose label is left or right: the labels are not flipped along
# mended by: the label is swapped when the picture is flipped
# cause words: flip augmentation label left right mirror
import os
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)


class ArrowDataset(Dataset):
    """blob on the left half = 0, on the right half = 1"""

    def __init__(self, n, train):
        self.y = torch.randint(0, 2, (n,))
        self.img = 0.3 * torch.randn(n, 1, 12, 12)
        for i in range(n):
            r, c = torch.randint(1, 9, (1,)).item(), torch.randint(0, 4, (1,)).item() + 6 * int(self.y[i])
            self.img[i, 0, r:r + 3, c:c + 3] += 1.5
        self.train = train

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x, y = self.img[i], self.y[i]
        if self.train and torch.rand(()) < 0.5:
            x = x.flip(-1)
            if FIX:
                y = 1 - y
        return x, y


class Trainer:
    def __init__(self, model, lr=0.05):
        self.model, self.crit = model, nn.CrossEntropyLoss(label_smoothing=0.02)
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)

    def fit(self, loader, epochs):
        for e in range(epochs):
            self.model.train()
            tot = 0
            for x, y in loader:
                self.opt.zero_grad()
                loss = self.crit(self.model(x), y)
                loss.backward()
                self.opt.step()
                tot += loss.item()
            print(f"epoch {e}: {tot / len(loader):.4f}")
        return tot / len(loader)

    @torch.no_grad()
    def test(self, loader):
        self.model.eval()
        return sum((self.model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))
tr = Trainer(net)
last = tr.fit(DataLoader(ArrowDataset(1500, True), 50, shuffle=True), 8)
acc = tr.test(DataLoader(ArrowDataset(400, False), 100))
print(f"FINAL loss={last:.4f} metric={acc:.3f}")
