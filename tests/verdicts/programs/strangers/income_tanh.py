# saturated plateau not_learning vanishing_gradient
# Columns such as income and year enter unscaled, so the first tanh layer is saturated.
# mended by: Standardise the columns.
"""Predict whether a loan is paid back from a table of applicants."""
import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(123)
n = 4000
age = rng.normal(42, 11, n).clip(18, 80)
income = rng.lognormal(10.5, 0.5, n)
debt = income * rng.uniform(0, 1.2, n)
year = rng.integers(1990, 2024, n)
months = rng.integers(6, 120, n)
z = 1.5 * (0.6 - debt / income) * 3 + 0.06 * (age - 42) - 0.015 * (months - 60) + 0.08 * (year - 2007)
paid = (z + rng.logistic(0, 0.4, n) > 0).astype("float32")
table = np.stack([age, income, debt, year, months], 1).astype("float32")
if os.environ.get("FIX") == "1":
    table = (table - table.mean(0)) / table.std(0)

torch.manual_seed(123)
ds = TensorDataset(torch.from_numpy(table), torch.from_numpy(paid))
train_dl = DataLoader(ds, batch_size=64, shuffle=True)


class CreditNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.hidden1 = nn.Linear(n_in, 32)
        self.hidden2 = nn.Linear(32, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        x = torch.tanh(self.hidden1(x))
        x = torch.tanh(self.hidden2(x))
        return self.out(x).squeeze(1)


model = CreditNet(table.shape[1])
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.BCEWithLogitsLoss()
print("share paid", paid.mean())
for epoch in range(4):
    losses, hits = [], 0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        hits += ((out > 0) == (yb > 0.5)).sum().item()
    print(f"Epoch {epoch + 1:02d} | loss {np.mean(losses):.4f} | acc {hits / n:.3f}")
