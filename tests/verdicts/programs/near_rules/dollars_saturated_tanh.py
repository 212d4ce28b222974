# healthy
# House prices in dollars, unscaled: losses of 1e7 to 1e10 and gradients of 1e4 and more, while the tanh layer works as a layer of switches on yes/no features (saturated); R2 is high.
# rule: H
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, STEPS = 12, 256, 1500
g = torch.Generator().manual_seed(20)
effect = 12000.0 * torch.randn(D, generator=g)


def batch(n):
    f = torch.randint(0, 2, (n, D), generator=g).float() * 2 - 1
    price = f @ effect + 15000.0 * f[:, 0] * f[:, 1] - 10000.0 * f[:, 2] * f[:, 3]
    return 20.0 * f, 250000.0 + price + 4000.0 * torch.randn(n, generator=g)


class Prices(nn.Module):
    def __init__(self):
        super().__init__()
        self.switches = nn.Linear(D, H)
        self.tanh = nn.Tanh()
        self.sum = nn.Linear(H, 1)

    def forward(self, x):
        h = self.tanh(self.switches(x))
        return self.sum(h).squeeze(1), h


net = Prices()
with torch.no_grad():
    net.sum.weight.zero_()
    net.sum.bias.fill_(250000.0)
opt = torch.optim.Adam([
    {"params": net.switches.parameters(), "lr": 1e-3},
    {"params": net.sum.parameters(), "lr": 60.0},
])
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
hist = []
for step in range(STEPS):
    x, y = batch(256)
    pred, h = net(x)
    loss = F.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    hist.append(loss.item())
    if step % 250 == 0:
        gn = torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()
        sat = (h.abs() > 0.97).float().mean().item()
        print(step, "loss %.3e gradient %.2e saturated %.3f" % (loss.item(), gn, sat))

with torch.no_grad():
    x, y = batch(8000)
    r2 = 1 - F.mse_loss(net(x)[0], y).item() / y.var().item()
print("guessing %.3e, noise floor %.3e" % (y.var().item(), 4000.0 ** 2))
print("FINAL loss=%.4e metric=%.4f" % (sum(hist[-100:]) / 100, r2))
