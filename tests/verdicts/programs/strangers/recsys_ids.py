# not_learning plateau miswired
# the id columns are min-max scaled together with the numeric ones and then cast to long: nearly every user and item becomes row 0
# mended by: ids kept as integers, only the numeric columns scaled
# cause words: id, cast, long, scaled, embedding, index
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
rng = np.random.default_rng(2)
torch.manual_seed(2)
U, I, N = 150, 120, 12000
pu, qi = rng.normal(size=(U, 3)), rng.normal(size=(I, 3))
user, item = rng.integers(0, U, N), rng.integers(0, I, N)
hour = rng.integers(0, 24, N)
rating = (pu[user] * qi[item]).sum(1) + 0.2 * (hour > 18) + 0.2 * rng.normal(size=N)
table = np.stack([user, item, hour], 1).astype("float32")
if FIX:
    table[:, 2] = table[:, 2] / 23
else:
    table = (table - table.min(0)) / (table.max(0) - table.min(0))
X, y = torch.from_numpy(table), torch.from_numpy(rating.astype("float32"))


class MF(nn.Module):
    def __init__(self, k=8):
        super().__init__()
        self.user, self.item = nn.Embedding(U, k), nn.Embedding(I, k)
        self.bu, self.bi = nn.Embedding(U, 1), nn.Embedding(I, 1)
        self.side = nn.Linear(1, 1)
        for e in (self.user, self.item):
            nn.init.normal_(e.weight, std=0.3)
        for e in (self.bu, self.bi):
            nn.init.zeros_(e.weight)

    def forward(self, x):
        u, i = x[:, 0].long(), x[:, 1].long()
        dot = (self.user(u) * self.item(i)).sum(1, keepdim=True)
        return (dot + self.bu(u) + self.bi(i) + self.side(x[:, 2:])).squeeze(1)


cut = 10000
loader = DataLoader(TensorDataset(X[:cut], y[:cut]), batch_size=200, shuffle=True)
model = MF()
opt = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-5)
for epoch in range(25):
    total = 0
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {total / len(loader):.4f}")
with torch.no_grad():
    mse = nn.functional.mse_loss(model(X[cut:]), y[cut:]).item()
print(f"FINAL loss={total / len(loader):.4f} metric={1 - mse / y[cut:].var().item():.3f}")
