# nonfinite
# euclidean distance by sqrt(sum of squares): its gradient is infinite at distance zero, identical pairs turn the weights to NaN
# mended by: an epsilon under the square root
# cause words: sqrt, square root, distance zero, epsilon, identical pair
# thread: "Siamese network loss becomes NaN after some iterations", answer: add 1e-8 before torch.sqrt
import os
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class PairData(Dataset):
    def __init__(self, n=4000, classes=12):
        g = torch.Generator().manual_seed(1)
        self.centers = torch.randn(classes, 32, generator=g)
        self.y = torch.randint(0, classes, (n,), generator=g)
        self.x = self.centers[self.y] + 0.5 * torch.randn(n, 32, generator=g)
        self.g = g
        self.byc = [torch.where(self.y == c)[0] for c in range(classes)]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        if torch.rand((), generator=self.g) < 0.5:
            pool = self.byc[int(self.y[i])]
            j = int(pool[torch.randint(len(pool), (1,), generator=self.g)])
        else:
            j = int(torch.randint(len(self.x), (1,), generator=self.g))
        return self.x[i], self.x[j], float(self.y[i] != self.y[j])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, a, b):
        d = (self.f(a) - self.f(b)).pow(2).sum(1)
        return torch.sqrt(d + 1e-6) if FIX else torch.sqrt(d)


def contrastive(d, y, margin=2.0):
    return ((1 - y) * d ** 2 * 0.5 + y * 0.5 * torch.clamp(margin - d, min=0) ** 2).mean() + 0.01 * d.mean()


ds = PairData()
dl = DataLoader(ds, batch_size=64, shuffle=True)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
step = 0
for epoch in range(8):
    for a, b, y in dl:
        y = y.float()
        opt.zero_grad()
        loss = contrastive(net(a, b), y)
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"epoch {epoch} step {step} loss {loss.item():.4f}")
        step += 1
with torch.no_grad():
    ok = n = 0
    for a, b, y in dl:
        ok += ((net(a, b) > 1.0).float() == y.float()).sum().item()
        n += len(y)
print(f"FINAL loss={loss.item():.4f} metric={ok / n:.4f}")
