# miswired
# physics-informed net: du/dt is taken with autograd.grad(retain_graph=True) but without create_graph, so it is a constant for the optimizer
# mended by: create_graph=True
# cause words: create_graph derivative constant detached second autograd.grad
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))

    def forward(self, t):
        return self.f(t)


class DrivenGrowth:
    """u' = 1.5 u + cos(3 t),  u(0) = 1, on [0, 1]"""
    def exact(self, t):
        b = 1 / 3.75
        a = -b / 2
        return (1 - a) * torch.exp(1.5 * t) + a * torch.cos(3 * t) + b * torch.sin(3 * t)

    def residual(self, net, t):
        t = t.requires_grad_(True)
        u = net(t)
        du, = torch.autograd.grad(u.sum(), t, retain_graph=True, create_graph=FIX)
        return du - 1.5 * u - torch.cos(3 * t)


net, ode = Net(), DrivenGrowth()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 1000, 0.5)
t0 = torch.zeros(1, 1)
for step in range(2500):
    t = torch.rand(64, 1)
    pde = ode.residual(net, t).pow(2).mean()
    ic = (net(t0) - 1).pow(2).mean()
    loss = pde + 5 * ic
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 500 == 0:
        print(f"step {step} pde {pde.item():.5f} ic {ic.item():.5f}")
tt = torch.linspace(0, 1, 200)[:, None]
with torch.no_grad():
    err = (net(tt) - ode.exact(tt)).norm() / ode.exact(tt).norm()
print(f"FINAL loss={loss.item():.5f} metric={err.item():.4f}")
