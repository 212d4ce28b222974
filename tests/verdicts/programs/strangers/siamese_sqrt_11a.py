# nonfinite
# the Euclidean distance is sqrt of a sum of squares: when an image is paired with itself the distance is 0 and the gradient of sqrt is infinite
# mended by: eps inside the square root
# cause words: sqrt, square root, zero distance, identical, eps, derivative
import os
import random
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
random.seed(9)
protos = torch.randn(8, 1, 10, 10)
labels = [i % 8 for i in range(400)]
images = [protos[c] + 0.6 * torch.randn(1, 10, 10) for c in labels]
by_class = {c: [i for i in range(400) if labels[i] == c] for c in range(8)}


class SiameseDataset(Dataset):
    def __len__(self):
        return 1600

    def __getitem__(self, idx):
        i = idx % 400
        if random.random() < 0.5:
            j = random.choice(by_class[labels[i]])
        else:
            j = random.choice([k for k in range(0, 400, 7) if labels[k] != labels[i]])
        return images[i], images[j], torch.tensor(float(labels[i] != labels[j]))


class SiameseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                 nn.Linear(8 * 16, 64), nn.ReLU(), nn.Linear(64, 8))

    def forward(self, a, b):
        return self.cnn(a), self.cnn(b)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, o1, o2, label):
        sq = (o1 - o2).pow(2).sum(1)
        dist = torch.sqrt(sq + 1e-8) if FIX else torch.sqrt(sq)
        return torch.mean((1 - label) * dist.pow(2) + label * torch.clamp(self.margin - dist, min=0).pow(2)), dist


net, crit = SiameseNet(), ContrastiveLoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
loader = DataLoader(SiameseDataset(), batch_size=16, shuffle=True)
for epoch in range(5):
    hits = 0
    for k, (a, b, lab) in enumerate(loader):
        opt.zero_grad()
        loss, dist = crit(*net(a, b), lab)
        loss.backward()
        opt.step()
        hits += ((dist > 1.0).float() == lab).sum().item()
        if k % 50 == 0:
            print(f"epoch {epoch} iter {k} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={hits / 1600:.4f}")
