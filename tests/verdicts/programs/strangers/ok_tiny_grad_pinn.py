# healthy
# displacements in metres (1e-4) make losses of 1e-9 and gradients of 1e-8, in float64; Adam with a small eps is scale-free and learns
import torch
import torch.nn as nn

torch.manual_seed(46)
torch.set_default_dtype(torch.float64)
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3, eps=1e-20)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1200)
SCALE = 1e-4


def u(x):
    return net(x) * SCALE * x * (1 - x)


def truth(x):
    return SCALE * torch.sin(torch.pi * x)


for step in range(1200):
    x = torch.rand(64, 1, requires_grad=True)
    v = u(x)
    vx, = torch.autograd.grad(v.sum(), x, create_graph=True)
    vxx, = torch.autograd.grad(vx.sum(), x, create_graph=True)
    loss = (vxx + torch.pi ** 2 * truth(x)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} residual {loss.item():.3e}")
with torch.no_grad():
    x = torch.linspace(0, 1, 300)[:, None]
    err = ((u(x) - truth(x)).norm() / truth(x).norm()).item()
print(f"FINAL loss={loss.item():.3e} metric={err:.5f} (relative error, less is better)")
