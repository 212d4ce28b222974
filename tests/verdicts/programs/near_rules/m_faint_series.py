# healthy
# returns of made-up shares, forecast by a GRU with an R2 of some percent: the forecasts are all near the mean, as they must be, and follow the small momentum that there is
# rule: M
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(25)
T, B = 14, 256
lag = torch.tensor([0.16, -0.12, 0.09, 0.0, 0.08])


def series(n=B):
    e = torch.randn(n, T + 9)
    r = [e[:, i] for i in range(5)]
    for t in range(5, T + 9):
        past = torch.stack(r[-5:][::-1], 1)
        r.append(past @ lag + e[:, t])
    r = torch.stack(r, 1)
    past = r[:, -6:-1].flip(1)
    return r[:, -T - 1:-1, None], r[:, -1], past @ lag


class Momentum(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])[:, 0]


net = Momentum()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 600)
for step in range(600):
    x, y, _ = series()
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    x, y, sig = series(20000)
    pred = net(x)
    r2 = 1 - F.mse_loss(pred, y) / y.var()
    best = 1 - F.mse_loss(sig, y) / y.var()
    corr = torch.corrcoef(torch.stack([pred, sig]))[0, 1]
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2, best possible {best.item():.4f}; correlation with the signal {corr.item():.3f})")
