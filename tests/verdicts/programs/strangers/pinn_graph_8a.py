# miswired
# PINN for the 1-D Poisson problem: create_graph only at the first derivative, so the second one is a constant; only the boundary term trains
# mended by: create_graph=True at the second derivative too
# cause words: create_graph derivative graph second-order detached boundary
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)


def exact(x):
    return torch.sin(2 * math.pi * x) + x


class PINN(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        layers, d = [], 1
        for _ in range(depth):
            layers += [nn.Linear(d, width), nn.Tanh()]
            d = width
        self.net = nn.Sequential(*layers, nn.Linear(d, 1))

    def forward(self, x):
        return self.net(x)


def residual(model, x):
    """u'' + 4 pi^2 sin(2 pi x) = 0"""
    u = model(x)
    du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    d2u = torch.autograd.grad(du.sum(), x, create_graph=FIX, retain_graph=True)[0]
    return (d2u + 4 * math.pi ** 2 * torch.sin(2 * math.pi * x)) / 10.0


model = PINN()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1800)
xb = torch.tensor([[0.0], [1.0]])
ub = exact(xb)
for it in range(1800):
    x = torch.rand(64, 1, requires_grad=True)
    loss_pde = residual(model, x).pow(2).mean()
    loss_bc = (model(xb) - ub).pow(2).mean()
    loss = loss_pde + 10 * loss_bc
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 250 == 0:
        print(f"it {it} pde {loss_pde.item():.5f} bc {loss_bc.item():.6f}")

xx = torch.linspace(0, 1, 200).unsqueeze(1)
with torch.no_grad():
    err = (model(xx) - exact(xx)).pow(2).mean().sqrt() / exact(xx).pow(2).mean().sqrt()
print(f"FINAL loss={loss.item():.5f} metric={err.item():.4f} (relative L2 error, lower is better)")
