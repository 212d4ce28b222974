# saturated
# raw features (age, income, balance in units up to tens of thousands) go into tanh layers without standardisation: every hidden unit is at +-1
# mended by: standardising the columns with the mean and std of the training set
# cause words: standardi, normali, scale, raw, features, saturat
# thread: "Keras/PyTorch binary classifier stuck at majority class", answer: scale your inputs
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N = 3000
age = torch.randint(18, 90, (N,)).float()
income = torch.exp(10 + 0.5 * torch.randn(N))
balance = 5000 * torch.randn(N) + 8000
tenure = torch.rand(N) * 120
X = torch.stack([age, income, balance, tenure], 1)
score = (age - 54) / 20 + (torch.log(income) - 10) * 1.6 - (balance - 8000) / 5000 + ((tenure - 60) / 35) ** 2 - 1
y = (score + 0.2 * torch.randn(N) > 0).float()
mean, std = X[:2400].mean(0), X[:2400].std(0)
if FIX:
    X = (X - mean) / std

model = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
bce = nn.BCEWithLogitsLoss()
dl = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=64, shuffle=True)
for epoch in range(25):
    model.train()
    total = 0
    for xb, yb in dl:
        opt.zero_grad()
        loss = bce(model(xb).view(-1), yb)
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 3 == 0:
        print(f"[{epoch}] loss {total / len(dl):.4f}")
model.eval()
with torch.no_grad():
    acc = ((model(X[2400:]).view(-1) > 0).float() == y[2400:]).float().mean().item()
print(f"FINAL loss={total / len(dl):.4f} metric={acc:.4f}")
