# healthy
# recommender with large embedding tables: in every step nearly all rows have no gradient, gradients are tiny (mean over the batch), SparseAdam and Adam side by side
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(49)
rng = np.random.default_rng(49)
USERS, ITEMS = 2000, 1000
uf, vf = rng.normal(size=(USERS, 2)), rng.normal(size=(ITEMS, 2))
u, i = rng.integers(0, USERS, 60000), rng.integers(0, ITEMS, 60000)
r = ((uf[u] * vf[i]).sum(1) + 0.3 * rng.normal(size=60000) > 0).astype("float32")
u, i, r = torch.tensor(u), torch.tensor(i), torch.tensor(r)


class MF(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.u, self.i = nn.Embedding(USERS, d, sparse=True), nn.Embedding(ITEMS, d, sparse=True)
        nn.init.normal_(self.u.weight, std=0.1)
        nn.init.normal_(self.i.weight, std=0.1)
        self.head = nn.Linear(d, 1)
        nn.init.ones_(self.head.weight)

    def forward(self, u, i):
        return self.head(self.u(u) * self.i(i))[:, 0]


model = MF()
opt_sparse = torch.optim.SparseAdam([model.u.weight, model.i.weight], lr=0.02)
opt_dense = torch.optim.Adam(model.head.parameters(), lr=1e-3)
crit = nn.BCEWithLogitsLoss()
for epoch in range(4):
    total = 0.0
    for idx in torch.randperm(54000).split(256):
        loss = crit(model(u[idx], i[idx]), r[idx])
        opt_sparse.zero_grad()
        opt_dense.zero_grad()
        loss.backward()
        opt_sparse.step()
        opt_dense.step()
        total += loss.item() * len(idx) / 54000
    print(f"epoch {epoch} bce {total:.4f}")
with torch.no_grad():
    acc = ((model(u[54000:], i[54000:]) > 0).float() == r[54000:]).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
