# miswired not_learning
# PINN: the second derivative is taken with create_graph=False, so the PDE residual is a number without a gradient; only the boundary term trains
# mended by: create_graph=True for the second derivative too
# cause words: create_graph, residual, derivative, detach, physics
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
# u'' = -pi^2 sin(pi x) on [0,1], u(0)=u(1)=0   =>  u = sin(pi x)

class Net(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))
    def forward(self, x): return self.f(x)

def second_derivative(u, x):
    ux = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    return torch.autograd.grad(ux.sum(), x, create_graph=FIX, retain_graph=True)[0]

net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9985)
xb, ub = torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1)
for step in range(1500):
    x = torch.rand(64, 1, requires_grad=True)
    u = net(x)
    res = second_derivative(u, x) + math.pi ** 2 * torch.sin(math.pi * x)
    loss_pde = res.pow(2).mean()
    loss_bc = (net(xb) - ub).pow(2).mean()
    loss = 0.05 * loss_pde + 10 * loss_bc
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"{step} total {loss.item():.5f} pde {loss_pde.item():.5f} bc {loss_bc.item():.6f}")
xt = torch.linspace(0, 1, 101)[:, None]
with torch.no_grad():
    err = (net(xt) - torch.sin(math.pi * xt)).pow(2).mean().sqrt().item()
print(f"FINAL loss={loss.item():.5f} metric={err:.4f}")
