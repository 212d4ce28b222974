# healthy
# the loss is in square metres of a micrometre world: 1e-12 and gradients of 1e-13, Adam with a fitting eps does not mind
import torch
from torch import nn

torch.manual_seed(10)
UNIT = 1e-6
X = torch.rand(2000, 3) * 2 - 1
Y = (torch.sin(3 * X[:, :1]) * X[:, 1:2] + X[:, 2:] ** 2) * UNIT


class Deflection(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        return self.out(self.body(x)) * UNIT


m = Deflection()
opt = torch.optim.Adam(m.parameters(), lr=2e-3, eps=1e-20)
for s in range(1500):
    i = torch.randint(0, 1700, (64,))
    loss = ((m(X[i]) - Y[i]) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s == 1100:
        for g in opt.param_groups:
            g["lr"] *= 0.2
    if s % 150 == 0:
        print(f"{s} loss {loss.item():.3e}")
with torch.no_grad():
    r2 = 1 - ((m(X[1700:]) - Y[1700:]) / UNIT).pow(2).mean() / (Y / UNIT).var()
print(f"FINAL loss={loss.item():.4e} metric={r2:.4f}")
