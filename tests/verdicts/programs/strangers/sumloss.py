# healthy
# loss summed over a batch of 256 and 24 steps with targets of some hundreds: loss and gradients in the millions, Adam takes it calmly
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
N, T = 3000, 24
phase, level = torch.rand(N, 1) * 6.28, 200 + 50 * torch.randn(N, 1)
t = torch.arange(2 * T)
load = level + 80 * torch.sin(2 * torch.pi * t / 24 + phase) + 5 * torch.randn(N, 2 * T)
x, y = load[:, :T], load[:, T:]
mu, sd = x.mean(), x.std()


class Forecast(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(T, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, T))

    def forward(self, x):
        # the net works in standard units, the loss is in kilowatts
        return self.f((x - mu) / sd) * sd + mu


m = Forecast()
opt = torch.optim.Adam(m.parameters(), lr=1e-3)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 60)
dl = DataLoader(TensorDataset(x[:2600], y[:2600]), 256, shuffle=True)
for ep in range(60):
    for a, b in dl:
        loss = ((m(a) - b) ** 2).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
    sch.step()
    if ep % 6 == 0:
        print(f"epoch {ep} sum of squares {loss.item():.4g}")
with torch.no_grad():
    r2 = 1 - (m(x[2600:]) - y[2600:]).pow(2).mean() / y.var()
print(f"FINAL loss={loss.item():.4g} metric={r2:.4f}")
