# saturated
# physics-informed net on t in seconds (0..500) fed straight into tanh layers: nearly every unit of the first layer sits at +-1 for nearly every t
# mended by: scaling t to [-1, 1] in the net (the derivatives go through the chain rule by themselves)
# cause words: input scale normalise normalize range time tanh
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T, W = 500.0, 2 * math.pi / 500.0


class PINN(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(1, d), nn.Linear(d, d), nn.Linear(d, 1)

    def forward(self, t):
        if FIX:
            t = 2 * t / T - 1
        return self.l3(torch.tanh(self.l2(torch.tanh(self.l1(t)))))


def exact(t):
    return torch.sin(W * t) * torch.exp(-t / T)


net = PINN()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(1500):
    t = (torch.rand(256, 1) * T).requires_grad_()
    u = net(t)
    du, = torch.autograd.grad(u.sum(), t, create_graph=True)
    # du/dt = -u/T + W cos(Wt) exp(-t/T), in units of 1/T
    res = T * (du + u / T - W * torch.cos(W * t) * torch.exp(-t / T))
    u0 = net(torch.zeros(1, 1))
    loss = res.pow(2).mean() + 100 * u0.pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.5f}")
with torch.no_grad():
    t = torch.linspace(0, T, 1000)[:, None]
    err = ((net(t) - exact(t)).norm() / exact(t).norm()).item()
print(f"FINAL loss={loss.item():.5f} metric={err:.4f} (relative L2 error)")
