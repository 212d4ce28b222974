# miswired
# the derivative of the network is taken without create_graph and detached: the equation residual has no gradient, only the boundary value is learned
# mended by: create_graph=True, nothing detached
# cause words: create_graph, detach, residual, derivative, graph
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)


class Field(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))

    def forward(self, t):
        return self.net(t)


def residual(model, t):
    """du/dt + u = 2 cos(2t), u(0) = 1."""
    t.requires_grad_(True)
    u = model(t)
    if FIX:
        du = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
    else:
        du = torch.autograd.grad(u.sum(), t, retain_graph=True)[0].detach()
        u = u.detach()  # "already differentiated"
    return du + u - 2 * torch.cos(2 * t)


def exact(t):
    return 0.4 * torch.cos(2 * t) + 0.8 * torch.sin(2 * t) + 0.6 * torch.exp(-t)


model = Field()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for it in range(2500):
    t = torch.rand(128, 1) * 4
    t0 = torch.zeros(1, 1)
    loss_pde = residual(model, t).pow(2).mean()
    loss_ic = (model(t0) - 1).pow(2).mean()
    loss = loss_pde + 10 * loss_ic
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 250 == 0:
        print(f"it {it} loss {loss.item():.5f} pde {loss_pde.item():.5f} ic {loss_ic.item():.2e}")
with torch.no_grad():
    grid = torch.linspace(0, 4, 200)[:, None]
    err = ((model(grid) - exact(grid)).norm() / exact(grid).norm()).item()
print(f"FINAL loss={loss.item():.5f} metric={1 - err:.3f}")
