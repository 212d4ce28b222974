# healthy
"""A physics-informed net for u'' = -pi^2 sin(pi x) with its boundary values."""

import math

import torch
from torch import nn


class PINN(nn.Module):
    def __init__(self, layers=(1, 32, 32, 32, 1)):
        super().__init__()
        self.linears = nn.ModuleList(
            nn.Linear(layers[i], layers[i + 1]) for i in range(len(layers) - 1)
        )
        for lin in self.linears:
            nn.init.xavier_normal_(lin.weight)
            nn.init.zeros_(lin.bias)

    def forward(self, x):
        for lin in self.linears[:-1]:
            x = torch.tanh(lin(x))
        return self.linears[-1](x)

    def residual(self, x):
        x = x.requires_grad_(True)
        u = self(x)
        (du,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (ddu,) = torch.autograd.grad(du.sum(), x, create_graph=True)
        return ddu + math.pi**2 * torch.sin(math.pi * x)


torch.manual_seed(1234)
net = PINN()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
edge = torch.tensor([[0.0], [1.0]])
for it in range(400):
    opt.zero_grad()
    physics = net.residual(torch.rand(64, 1)).pow(2).mean()
    boundary = net(edge).pow(2).mean()
    loss = physics + 10 * boundary
    loss.backward()
    opt.step()
    if it % 80 == 0:
        print(it, loss.item())
