# output_cannot_change vanishing_gradient plateau not_learning
# physics-informed network with ReLU: the second derivative of a piecewise linear function is zero, so the residual u'' - f does not depend on the weights
# mended by: tanh
# cause words: relu second derivative piecewise activation
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class PINN(nn.Module):
    """u'' = f on [0,1], u(0)=u(1)=0 built into the ansatz-free formulation by a boundary term."""
    def __init__(self, width=40, depth=3):
        super().__init__()
        act = nn.Tanh if FIX else nn.ReLU
        layers, d = [], 1
        for _ in range(depth):
            layers += [nn.Linear(d, width), act()]
            d = width
        self.net = nn.Sequential(*layers, nn.Linear(d, 1))

    def forward(self, x):
        return self.net(2 * x - 1)


def source(x):
    return -(2 * math.pi) ** 2 * torch.sin(2 * math.pi * x)


def exact(x):
    return torch.sin(2 * math.pi * x)


model = PINN()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2200)
xb = torch.tensor([[0.0], [1.0]])
for step in range(2200):
    x = torch.rand(64, 1).requires_grad_(True)
    u = model(x)
    ux = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    uxx = torch.autograd.grad(ux.sum(), x, create_graph=True, allow_unused=True, materialize_grads=True)[0]
    res = (uxx - source(x)).pow(2).mean()
    bc = model(xb).pow(2).mean()
    loss = res / 100 + 10 * bc
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 300 == 0:
        print(f"step {step} residual {res.item():.4f} boundary {bc.item():.5f}")
xs = torch.linspace(0, 1, 200)[:, None]
with torch.no_grad():
    err = ((model(xs) - exact(xs)).pow(2).mean() / exact(xs).pow(2).mean()).sqrt().item()
print(f"FINAL loss={loss.item():.4f} metric={err:.3f}")
