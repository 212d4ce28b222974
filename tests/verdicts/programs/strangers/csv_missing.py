# nonfinite
# a few cells of the table are missing (NaN, as pandas.read_csv leaves them) and are fed to the network without imputation
# mended by: filling missing cells with the column mean before training
# cause words: missing nan input data imputation cells
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def read_table(n=6000, d=12):
    """Churn table: twelve numeric columns, one binary outcome, two sensors that drop out now and then."""
    x = torch.randn(n, d)
    score = x[:, 0] * x[:, 1] + x[:, 2] - 0.7 * x[:, 3] + 0.5 * x[:, 4].abs()
    y = (score > score.median()).float()
    x[4000, 7] = float("nan")
    x[4713, 9] = float("nan")
    return x * 3 + 1, y


x, y = read_table()
if FIX:
    mean = x.nanmean(0)
    x = torch.where(torch.isnan(x), mean, x)
    x = (x - x.mean(0)) / x.std(0)
else:
    x = (x - x.nanmean(0)) / 3
train = DataLoader(TensorDataset(x[:5000], y[:5000]), batch_size=64, shuffle=True, generator=torch.Generator().manual_seed(3))
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
lossf = nn.BCEWithLogitsLoss()
for epoch in range(10):
    total = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = lossf(net(xb).squeeze(1), yb)
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / len(train):.4f}")
with torch.no_grad():
    acc = ((net(x[5000:]).squeeze(1) > 0).float() == y[5000:]).float().mean().item()
print(f"FINAL loss={total / len(train):.4f} metric={acc:.4f}")
