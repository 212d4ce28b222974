# nonfinite
# A same-class pair drawn from the dataset is the very same item, so the distance is exactly 0; sqrt at 0 has an infinite derivative and 0*inf gives NaN gradients while the loss of that step is still finite.
# mended by: (za-zb).pow(2).sum(1).add(1e-8).sqrt()
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
EPS = 1e-8 if FIX else 0.0


class PairDataset(Dataset):
    def __init__(self, n_pairs, per_class=4000, n_classes=6, dim=24, seed=0):
        r = np.random.default_rng(seed)
        centers = np.random.default_rng(100).normal(size=(n_classes, dim))
        self.x = np.concatenate([c + 0.8 * r.normal(size=(per_class, dim)) for c in centers]).astype(np.float32)
        self.y = np.repeat(np.arange(n_classes), per_class)
        i = r.integers(0, len(self.x), n_pairs)
        same = r.random(n_pairs) < 0.5
        j_same = self.y[i] * per_class + r.integers(0, per_class, n_pairs)
        j_any = r.integers(0, len(self.x), n_pairs)
        self.i, self.j = i, np.where(same, j_same, j_any)

    def __len__(self):
        return len(self.i)

    def __getitem__(self, k):
        a, b = self.i[k], self.j[k]
        return self.x[a], self.x[b], np.float32(self.y[a] == self.y[b])


class Siamese(nn.Module):
    def __init__(self, dim=24, emb=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(dim, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, emb))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        return ((za - zb).pow(2).sum(1) + EPS).sqrt()


def contrastive(d, same, margin=1.5):
    return (same * d ** 2 + (1 - same) * F.relu(margin - d) ** 2).mean()


model = Siamese()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(PairDataset(32 * 500, seed=0), batch_size=32, shuffle=False)
losses = []
for step, (a, b, same) in enumerate(loader):
    loss = contrastive(model(a, b), same)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    test = PairDataset(2000, seed=99)
    a, b, s = next(iter(DataLoader(test, batch_size=2000)))
    acc = ((model(a, b) < 0.75).float() == s).float().mean().item()
print(f"FINAL loss={np.mean(losses[-50:]):.4f} metric={acc:.4f}")
