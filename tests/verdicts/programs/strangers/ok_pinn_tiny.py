# healthy
# physics-informed net in small units: losses of 1e-7 and gradients of 1e-6, which Adam with a small eps handles well
import math
import torch
import torch.nn as nn

torch.manual_seed(0)
SCALE = 1e-3                                     # metres: the displacement is about a millimetre
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3, eps=1e-16)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x = torch.rand(128, 1).requires_grad_()
    u = SCALE * x * (1 - x) * net(x)             # boundary values built in
    du, = torch.autograd.grad(u.sum(), x, create_graph=True)
    d2u, = torch.autograd.grad(du.sum(), x, create_graph=True)
    loss = (d2u + SCALE * math.pi ** 2 * torch.sin(math.pi * x)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.3e}")
with torch.no_grad():
    x = torch.linspace(0, 1, 200)[:, None]
    ex = torch.sin(math.pi * x)
    err = ((x * (1 - x) * net(x) - ex).norm() / ex.norm()).item()
print(f"FINAL loss={loss.item():.3e} metric={err:.5f} (relative error)")
