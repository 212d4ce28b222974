# not_learning
# the features are shuffled like df.sample(frac=1) but the labels keep the old order, so rows and labels no longer belong together
# mended by: the same permutation for both
# cause words: label, shuffl, permut, order, rows, mismatch
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
np.random.seed(29)
torch.manual_seed(29)

n = 6000
user = np.random.randint(0, 40, n)
hour = np.random.uniform(0, 24, n)
amount = np.random.exponential(40, n)
country = np.random.randint(0, 8, n)
risk = 0.8 * np.sin(hour / 24 * 2 * np.pi) + 0.5 * np.log1p(amount / 40) + 1.2 * (country < 2) + 0.5 * (user % 5 == 0) - 1.1
label = (risk + 0.2 * np.random.randn(n) > 0).astype("int64")
num = np.stack([np.sin(hour / 24 * 2 * np.pi), np.cos(hour / 24 * 2 * np.pi), (np.log1p(amount) - 3.3) / 1.0], 1).astype("float32")
cat = np.stack([user, country], 1)

order = np.random.permutation(n)
num, cat = num[order], cat[order]
if FIX:
    label = label[order]
cut = int(0.8 * n)
train = TensorDataset(torch.tensor(num[:cut]), torch.tensor(cat[:cut]), torch.tensor(label[:cut]))
test = [torch.tensor(v[cut:]) for v in (num, cat, label)]


class TabularNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embs = nn.ModuleList([nn.Embedding(40, 8), nn.Embedding(8, 4)])
        self.layers = nn.Sequential(nn.Linear(15, 64), nn.ReLU(), nn.BatchNorm1d(64), nn.Dropout(0.1), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, xn, xc):
        e = [emb(xc[:, i]) for i, emb in enumerate(self.embs)]
        return self.layers(torch.cat([xn] + e, 1))


model = TabularNet()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
for epoch in range(10):
    model.train()
    tot = 0.0
    for xn, xc, yb in DataLoader(train, batch_size=64, shuffle=True):
        loss = nn.functional.cross_entropy(model(xn, xc), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(yb) / cut
    print(f"epoch {epoch} logloss {tot:.4f}")
model.eval()
with torch.no_grad():
    acc = (model(test[0], test[1]).argmax(1) == test[2]).float().mean().item()
print(f"FINAL loss={tot:.4f} metric={acc:.4f} (base rate {max(label.mean(), 1 - label.mean()):.3f})")
