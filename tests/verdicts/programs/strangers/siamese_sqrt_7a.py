# nonfinite
# euclidean distance by sqrt of the squared sum; a pair of one picture with itself gives sqrt(0) and an infinite slope
# mended by: sqrt(d2 + 1e-6)
# cause words: sqrt zero distance identical eps derivative
import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
random.seed(1)

protos = torch.randn(10, 1, 16, 16)
labels = torch.arange(10).repeat_interleave(60)
images = protos[labels] + 0.7 * torch.randn(600, 1, 16, 16)
by_class = [torch.where(labels == c)[0].tolist() for c in range(10)]


def get_pair(same):
    c = random.randrange(10)
    i = random.choice(by_class[c])
    if same:
        j = random.choice(by_class[c])
        return i, j, 1.0
    d = random.choice([k for k in range(10) if k != c])
    return i, random.choice(by_class[d]), 0.0


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(16 * 4 * 4, 16)

    def forward(self, x):
        return self.fc(self.cnn(x).flatten(1))


def contrastive_loss(a, b, same, margin=2.0):
    d2 = (a - b).pow(2).sum(1)
    d = torch.sqrt(d2 + 1e-6) if FIX else torch.sqrt(d2)
    return (same * d.pow(2) + (1 - same) * F.relu(margin - d).pow(2)).mean(), d


net = Siamese()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(500):
    pairs = [get_pair(k % 2 == 0) for k in range(32)]
    i, j, same = zip(*pairs)
    same = torch.tensor(same)
    loss, d = contrastive_loss(net(images[list(i)]), net(images[list(j)]), same)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    pairs = [get_pair(k % 2 == 0) for k in range(400)]
    i, j, same = zip(*pairs)
    same = torch.tensor(same)
    l, d = contrastive_loss(net(images[list(i)]), net(images[list(j)]), same)
    acc = ((d < 1.0).float() == same).float().mean().item()
print(f"FINAL loss={l.item():.4f} metric={acc:.4f}")
