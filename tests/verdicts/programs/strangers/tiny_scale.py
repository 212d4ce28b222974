# healthy
# physical quantities around 1e-5 (SI units) give losses of 1e-11 and gradients of 1e-7, but in fp32 with Adam and eps 1e-16 it learns fine
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(45)
def beam(n):
    """deflection of a beam in metres"""
    q = torch.rand(n, 4)
    load, length, width, pos = q.t()
    y = 1e-5 * (1 + load) * (0.5 + length) ** 2 / (0.7 + width) * torch.sin(3.1416 * pos)
    return q, y[:, None]
X, Y = beam(2000); Xv, Yv = beam(500)

class Surrogate(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh())
        self.o = nn.Linear(h, 1)
        with torch.no_grad():
            self.o.weight.mul_(1e-5); self.o.bias.zero_()
    def forward(self, x): return self.o(self.f(x))

net = Surrogate()
opt = torch.optim.Adam([{"params": net.f.parameters(), "lr": 3e-3}, {"params": net.o.parameters(), "lr": 1e-7}], eps=1e-16)
for ep in range(30):
    for b in torch.randperm(2000).split(64):
        loss = F.mse_loss(net(X[b]), Y[b])
        opt.zero_grad(); loss.backward(); opt.step()
    if ep % 3 == 0: print(f"epoch {ep} mse {loss.item():.3e} m^2")
with torch.no_grad(): r2 = 1 - F.mse_loss(net(Xv), Yv).item() / Yv.var().item()
print(f"FINAL loss={loss.item():.3e} metric={r2:.4f}")
