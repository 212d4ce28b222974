# saturated badly_scaled
# raw tabular columns (income in tens of thousands, year, meters) go into a tanh network without standardising: the first layer sits at +-1
# mended by: standardising the columns
# cause words: normalise standardise scale input features scaling normalize unscaled
import os
import numpy as np
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
np.random.seed(0); torch.manual_seed(0); torch.set_num_threads(1)

n = 4000
income = np.random.lognormal(10.5, 0.4, n)
year = np.random.randint(1970, 2024, n)
dist = np.random.gamma(2, 900, n)
age = np.random.uniform(18, 90, n)
z = [(c - c.mean()) / c.std() for c in (income, year, dist, age)]
y = ((z[0] + z[1] * z[3] - z[2]) > 0).astype(np.int64)
X = np.stack([income, year, dist, age], 1).astype(np.float32)
if FIX:
    X = (X - X[:3000].mean(0)) / X[:3000].std(0)
X, y = torch.from_numpy(X), torch.from_numpy(y)
Xtr, ytr, Xte, yte = X[:3000], y[:3000], X[3000:], y[3000:]

model = nn.Sequential(
    nn.Linear(4, 64), nn.Tanh(),
    nn.Linear(64, 32), nn.Tanh(),
    nn.Linear(32, 2),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()


def accuracy(a, b):
    with torch.no_grad():
        return (model(a).argmax(1) == b).float().mean().item()


for epoch in range(1, 26):
    model.train()
    perm = torch.randperm(3000)
    for i in range(0, 3000, 50):
        b = perm[i:i + 50]
        optimizer.zero_grad()
        loss = criterion(model(Xtr[b]), ytr[b])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"Epoch {epoch:3d} | loss {loss.item():.4f} | train {accuracy(Xtr, ytr):.3f} | test {accuracy(Xte, yte):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={accuracy(Xte, yte):.4f}")
