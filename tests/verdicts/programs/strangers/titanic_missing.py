# nonfinite
# missing values of the age column stay NaN in the standardised table
# mended by: filling missing ages with the median before standardising
# cause words: missing NaN input data impute features
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(0)

n = 4000
age = rng.normal(32, 13, n).clip(1, 80)
fare = rng.lognormal(3, 0.8, n)
sex = rng.integers(0, 2, n)
pclass = rng.integers(1, 4, n)
score = 2.5 * sex - 1.2 * (pclass - 2) - 0.05 * (age - 32) + 0.01 * (fare - 25) - 1.0
y = (score + rng.logistic(0, 0.5, n) > 0).astype(np.float32)
age[rng.random(n) < 0.02] = np.nan
if FIX:
    age = np.where(np.isnan(age), np.nanmedian(age), age)
X = np.stack([age, fare, sex, pclass], 1)
X = (X - np.nanmean(X, 0)) / np.nanstd(X, 0)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)

train = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True)
Xv, yv = X[3200:], y[3200:]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 32)
        self.fc2 = nn.Linear(32, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.out(x).squeeze(1)


model = Net()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
crit = nn.BCEWithLogitsLoss()
for epoch in range(12):
    model.train()
    tot = 0
    for xb, yb in train:
        opt.zero_grad()
        loss = crit(model(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    model.eval()
    with torch.no_grad():
        acc = ((model(Xv) > 0).float() == yv).float().mean().item()
    print(f"epoch {epoch} loss {tot / len(train):.4f} val_acc {acc:.3f}")
print(f"FINAL loss={tot / len(train):.4f} metric={acc:.4f}")
