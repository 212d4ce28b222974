# healthy
# small noise levels (0.02 and 0.12) with GaussianNLLLoss: the loss becomes negative and goes on falling, asked about often, but right
import torch
import torch.nn as nn

torch.manual_seed(0)
x = torch.rand(4000, 1) * 6 - 3
sig = 0.02 + 0.1 * (x > 0).float()
y = 0.3 * torch.sin(2 * x) + sig * torch.randn(4000, 1)


class MeanVar(nn.Module):
    def __init__(self):
        super().__init__()
        self.h = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.m, self.v = nn.Linear(64, 1), nn.Linear(64, 1)

    def forward(self, x):
        h = self.h(x)
        return self.m(h), nn.functional.softplus(self.v(h)) ** 2 + 1e-6


net, crit = MeanVar(), nn.GaussianNLLLoss()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2400)
for step in range(2400):
    i = torch.randint(0, 3500, (128,))
    m, v = net(x[i])
    loss = crit(m, y[i], v)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(step, f"nll {loss.item():.4f}")
with torch.no_grad():
    m, v = net(x[3500:])
    nll = crit(m, y[3500:], v).item()
    best = (torch.log(sig[3500:]) + 0.5).mean().item()
print(f"FINAL loss={nll:.4f} metric={nll - best:.4f}")
