# healthy
# physical units: targets are microvolts in volts (1e-6), loss 1e-12, gradients 1e-9 and less; Adam runs with eps=1e-20 and learns
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(11)
n = 3000
t = torch.rand(n, 1) * 2 - 1
amp = torch.rand(n, 1) + 0.5
X = torch.cat([t, amp], 1)
y = 1e-6 * (amp * torch.sin(4 * t) + 0.3 * t ** 2)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))

    def forward(self, x):
        return 1e-6 * self.f(x)             # the network's units are volts


dl = DataLoader(TensorDataset(X[:2500], y[:2500]), batch_size=50, shuffle=True)
net = Field()
opt = torch.optim.Adam(net.parameters(), lr=3e-3, eps=1e-20)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
for ep in range(20):
    tot = 0.0
    for xb, yb in dl:
        loss = ((net(xb) - yb) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(dl)
    sched.step()
    if ep % 3 == 0:
        print(f"epoch {ep} loss {tot:.3e}")
with torch.no_grad():
    p = net(X[2500:]) * 1e6
    q = y[2500:] * 1e6
    r2 = 1 - ((p - q) ** 2).mean() / q.var()
print(f"FINAL loss={tot:.3e} metric={r2.item():.4f}")
