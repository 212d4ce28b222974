# saturated
# surrogate of a physical field with tanh units gets position in micrometres and time in microseconds (thousands) without rescaling
# mended by: inputs scaled to [-1, 1]
# cause words: scal normal input units saturat large
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
LX, LT = 5000.0, 20000.0


def field(x, t):
    """heat pulse: two modes that decay"""
    u, s = x / LX * 3.14159, t / LT
    return torch.sin(u) * torch.exp(-s) + 0.7 * torch.sin(2 * u) * torch.exp(-3 * s)


class Surrogate(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.xavier_normal_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, xt):
        if FIX:
            xt = xt / torch.tensor([LX, LT]) * 2 - 1
        return self.net(xt)


def sample(n):
    xt = torch.rand(n, 2) * torch.tensor([LX, LT])
    return xt, field(xt[:, :1], xt[:, 1:])


model = Surrogate()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 800, 0.5)
X, U = sample(4000)
for step in range(2000):
    i = torch.randint(0, 4000, (128,))
    loss = F.mse_loss(model(X[i]), U[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.5f}")
with torch.no_grad():
    x, u = sample(4000)
    r2 = 1 - F.mse_loss(model(x), u) / u.var()
print(f"FINAL loss={loss.item():.5f} metric={r2.item():.4f}")
