# miswired
# du/dt comes from autograd.grad without create_graph: it is a constant in the residual, so the equation trains only u and not its slope
# mended by: create_graph=True
# cause words: create_graph derivative constant detached graph residual second
import os, torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
torch.set_default_dtype(torch.float64)

# u' = -k (u - cos(2t)), u(0) = 2
k = 1.0
def exact(t):
    c = (2 - k * k / (k * k + 4))
    return c * torch.exp(-k * t) + (k * k * torch.cos(2 * t) + 2 * k * torch.sin(2 * t)) / (k * k + 4)

class Field(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.a = nn.Linear(1, width); self.b = nn.Linear(width, width); self.c = nn.Linear(width, 1)
    def forward(self, t):
        return self.c(torch.tanh(self.b(torch.tanh(self.a(t)))))

u = Field()
opt = torch.optim.Adam(u.parameters(), lr=1e-2)
sch = torch.optim.lr_scheduler.ExponentialLR(opt, 0.998)
t0, u0 = torch.zeros(1, 1), torch.full((1, 1), 2.0)
for step in range(1400):
    t = (torch.rand(64, 1) * 3).requires_grad_(True)
    ut = u(t)
    du = torch.autograd.grad(ut, t, torch.ones_like(ut), create_graph=FIX, retain_graph=True)[0]
    residual = du + k * (ut - torch.cos(2 * t))
    loss = residual.pow(2).mean() + 10 * (u(t0) - u0).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sch.step()
    if step % 200 == 0:
        print(step, f"{loss.item():.3e}")
tt = torch.linspace(0, 3, 200)[:, None]
with torch.no_grad():
    rel = ((u(tt) - exact(tt)).norm() / exact(tt).norm()).item()
print(f"FINAL loss={loss.item():.3e} metric={rel:.5f}")
