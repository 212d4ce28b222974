# healthy
# heavy-tailed counts with a Poisson loss summed over the batch: losses in the hundreds with spikes, gradient norms in the hundreds; Adam does not mind
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
w = torch.randn(15) * 0.5


def rate(x):
    return torch.exp(1 + x @ w + 0.6 * torch.sin(2 * x[:, 0]))


def batch(n=64):
    x = torch.randn(n, 15)
    return x, torch.poisson(rate(x).clamp(max=500))


class RateNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(15, 1)
        self.f = nn.Sequential(nn.Linear(15, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1))

    def forward(self, x):
        return (self.lin(x) + self.f(x)).squeeze(-1)


net = RateNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2000, eta_min=1e-4)
for step in range(2000):
    x, y = batch()
    loss = F.poisson_nll_loss(net(x), y, log_input=True, full=True, reduction="sum")
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.1f}")
with torch.no_grad():
    x, y = batch(4000)
    err = (net(x) - rate(x).clamp(max=500).log()).pow(2).mean() / rate(x).log().var()
print(f"FINAL loss={loss.item():.2f} metric={1 - err.item():.3f}")
