# saturated not_learning plateau vanishing_gradient
# Time in seconds (0 to 6000) goes unscaled into tanh, which sits at its flat ends, so the first layer hardly gets a gradient.
# mended by: Scale time to [0, 1] before the first layer.
# Physics informed network for u'' + w^2 u = 0, u(0) = 1, u'(0) = 0
import os
import torch
import torch.nn as nn

torch.manual_seed(123)
T_END = 6000.0          # seconds
W = 2 * torch.pi / T_END
FIX = bool(int(os.environ.get("FIX", "0")))


class FCN(nn.Module):
    def __init__(self, n_hidden=48, n_layers=3):
        super().__init__()
        self.fcs = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.fch = nn.Sequential(*[nn.Sequential(nn.Linear(n_hidden, n_hidden), nn.Tanh()) for _ in range(n_layers - 1)])
        self.fce = nn.Linear(n_hidden, 1)

    def forward(self, t):
        if FIX:
            t = t / T_END
        return self.fce(self.fch(self.fcs(t)))


pinn = FCN()
optimizer = torch.optim.Adam(pinn.parameters(), lr=2e-3)
t_obs = torch.linspace(0, T_END, 25).view(-1, 1)
u_obs = torch.cos(W * t_obs)
t_test = torch.linspace(0, T_END, 200).view(-1, 1)
u_exact = torch.cos(W * t_test)

for i in range(600):
    optimizer.zero_grad()
    t_phys = (torch.rand(64, 1) * T_END).requires_grad_(True)
    u = pinn(t_phys)
    du = torch.autograd.grad(u, t_phys, torch.ones_like(u), create_graph=True)[0]
    d2u = torch.autograd.grad(du, t_phys, torch.ones_like(du), create_graph=True)[0]
    residual = ((d2u / W ** 2 + u) ** 2).mean()
    data = ((pinn(t_obs) - u_obs) ** 2).mean()
    loss = data + 1e-3 * residual
    loss.backward()
    optimizer.step()
    if i % 60 == 59:
        with torch.no_grad():
            err = (pinn(t_test) - u_exact).pow(2).mean().sqrt().item()
        print(f"{i + 1:5d}  data {data.item():.4e}  physics {residual.item():.4e}  rmse vs exact {err:.4f}")
