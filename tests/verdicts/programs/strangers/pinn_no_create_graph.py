# miswired
# u_xx is made without create_graph (and cut off by .data), so the equation's residual in the loss has no gradient: only the boundary is learned
# mended by: create_graph=True in both derivatives, no .data
# cause words: create_graph graph detach detached data residual physics derivative
import os
import math
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

# u'' = -pi^2 sin(pi x), u(-1) = u(1) = 0, so that u = sin(pi x)


def source(x):
    return -math.pi ** 2 * torch.sin(math.pi * x)


class PINN(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x):
        return self.f(x)


def second_derivative(u, x):
    ones = torch.ones_like(u)
    ux, = torch.autograd.grad(u, x, ones, create_graph=True)
    if FIX:
        uxx, = torch.autograd.grad(ux, x, ones, create_graph=True)
        return uxx
    uxx, = torch.autograd.grad(ux, x, ones, retain_graph=True)
    return uxx.data


net = PINN()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 500, 0.5)
xb = torch.tensor([[-1.0], [1.0]])
for step in range(1500):
    x = (torch.rand(128, 1) * 2 - 1).requires_grad_(True)
    res = second_derivative(net(x), x) - source(x)
    pde = res.pow(2).mean()
    bc = net(xb).pow(2).mean()
    loss = pde + 50 * bc
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 150 == 0:
        print(f"step {step} pde {pde.item():.4f} bc {bc.item():.2e}")
with torch.no_grad():
    xs = torch.linspace(-1, 1, 400)[:, None]
    err = (net(xs) - torch.sin(math.pi * xs)).norm() / torch.sin(math.pi * xs).norm()
print(f"FINAL loss={loss.item():.4f} metric={err.item():.4f} (relative error, less is better)")
