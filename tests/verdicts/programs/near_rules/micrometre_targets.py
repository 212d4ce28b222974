# healthy
# Targets in metres are of the size of 1e-5 and mostly noise: losses near 1e-10, gradients below 1e-9, hardly any fall to see between batches; Adam with a tiny eps finds the signal all the same.
# rule: F
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, STEPS, UNIT = 8, 48, 1500, 1e-5
g = torch.Generator().manual_seed(15)
w = F.normalize(torch.randn(2, D, generator=g), dim=1)


def batch(n):
    x = torch.randn(n, D, generator=g)
    clean = UNIT * (0.35 * torch.tanh(x @ w[0]) + 0.3 * (x @ w[1]))
    return x, clean, clean + UNIT * torch.randn(n, generator=g)


class Gauge(nn.Module):
    """Predicts a displacement in metres."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(D, H)
        self.out = nn.Linear(H, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x):
        return UNIT * self.out(torch.tanh(self.hidden(x))).squeeze(1)


net = Gauge()
opt = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-18)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
hist = []
for step in range(STEPS):
    x, _, y = batch(128)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    hist.append(loss.item())
    if step % 250 == 0:
        gn = torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()
        print(step, "loss %.3e gradient %.2e" % (loss.item(), gn))

with torch.no_grad():
    x, clean, y = batch(8000)
    p = net(x)
    corr = torch.corrcoef(torch.stack([p, clean]) / UNIT)[0, 1].item()
print("guessing %.3e, noise floor %.3e" % (y.pow(2).mean().item(), UNIT ** 2))
print("FINAL loss=%.4e metric=%.4f" % (sum(hist[-100:]) / 100, corr))
