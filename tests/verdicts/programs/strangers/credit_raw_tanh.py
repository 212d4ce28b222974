# saturated
# raw columns (income, balance, age) go into tanh layers without standardisation, so the first layer sits at the flat ends
# mended by: standardising the columns
# cause words: standardise normalise scale raw features inputs
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def credit(n):
    income = 20000 + 60000 * torch.rand(n)
    balance = 5000 * torch.randn(n)
    age = 18 + 60 * torch.rand(n)
    loans = torch.randint(0, 6, (n,)).float()
    late = torch.randint(0, 10, (n,)).float()
    x = torch.stack([income, balance, age, loans, late], 1)
    risk = (late - 4.5) / 3 + 0.5 * (loans - 2.5) - (income - 50000) / 20000 + (age - 48).abs() / 20
    return x, (risk > 0.6).float()


x, y = credit(6000)
xt, yt = credit(1500)
if FIX:
    mu, sd = x.mean(0), x.std(0)
    x, xt = (x - mu) / sd, (xt - mu) / sd
net = nn.Sequential(nn.Linear(5, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
lossf = nn.BCEWithLogitsLoss()
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
for epoch in range(15):
    tot = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = lossf(net(xb).squeeze(-1), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {tot / len(loader):.4f}")
with torch.no_grad():
    acc = ((net(xt).squeeze(-1) > 0).float() == yt).float().mean().item()
print(f"FINAL loss={tot / len(loader):.4f} metric={acc:.4f}")
