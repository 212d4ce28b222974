# saturated
# raw columns (income in dollars, age, ...) go unscaled into a tanh network: all units sit at -1 or 1
# mended by: StandardScaler-like standardisation
# cause words: saturate tanh scale normalise standardise input
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
np.random.seed(0)
torch.manual_seed(0)
n = 3000
income = np.random.lognormal(10.8, 0.5, n)
debt = income * np.random.uniform(0, 1.2, n)
age = np.random.uniform(18, 75, n)
limit = np.random.uniform(500, 20000, n)
z = 4 * (debt / income - 0.6) - 0.04 * (age - 45) - 0.00008 * (limit - 10000)
default = (z + 0.3 * np.random.randn(n) > 0).astype("float32")

data = np.stack([income, debt, age, limit], axis=1).astype("float32")
if FIX:
    data = (data - data.mean(0)) / data.std(0)
x_train, x_test = torch.from_numpy(data[:2400]), torch.from_numpy(data[2400:])
y_train, y_test = torch.from_numpy(default[:2400]), torch.from_numpy(default[2400:])

model = nn.Sequential(
    nn.Linear(4, 32), nn.Tanh(),
    nn.Linear(32, 16), nn.Tanh(),
    nn.Linear(16, 1), nn.Sigmoid(),
)
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
losses = []
for epoch in range(25):
    idx = np.random.permutation(2400)
    for start in range(0, 2400, 100):
        batch = idx[start:start + 100]
        optimizer.zero_grad()
        out = model(x_train[batch]).squeeze()
        loss = criterion(out, y_train[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 0:
        print("epoch", epoch, "loss", np.mean(losses[-24:]))
with torch.no_grad():
    acc = ((model(x_test).squeeze() > 0.5).float() == y_test).float().mean().item()
print(f"FINAL loss={np.mean(losses[-24:]):.4f} metric={acc:.4f}")
