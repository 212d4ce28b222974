# badly_scaled not_learning
# house prices are regressed in dollars (mean 400,000) with MSE: loss 1e11, gradients 1e5 and more, Adam's steps are far too small to reach such outputs
# mended by: standardise the target and undo it for the metric
# cause words: target, scale, standardi, normali, dollar, price
import os
import torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)
def houses(n):
    x = torch.randn(n, 7)
    price = 400000 + 90000 * x[:, 0] + 50000 * x[:, 1] * (x[:, 2] > 0) + 40000 * torch.tanh(x[:, 3]) + 8000 * torch.randn(n)
    return x, price.unsqueeze(1)
xtr, ytr = houses(4000); xte, yte = houses(1000)
mean, std = (ytr.mean(), ytr.std()) if FIX else (torch.tensor(0.0), torch.tensor(1.0))

class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(7, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))
    def forward(self, x): return self.net(x)

model = Regressor()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 10, 0.5)
for ep in range(20):
    for x, y in DataLoader(TensorDataset(xtr, (ytr - mean) / std), 64, shuffle=True):
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
    sched.step()
    if ep % 2 == 0: print(f"epoch {ep} loss {loss.item():.5g}")
with torch.no_grad():
    pred = model(xte) * std + mean
    r2 = 1 - ((pred - yte).pow(2).mean() / yte.var()).item()
print(f"FINAL loss={loss.item():.5g} metric={r2:.4f}")
