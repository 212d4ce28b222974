# exploding_gradient
# neural ODE with explicit Euler: the step is h + f(h), dt (0.05) was forgotten, so 40 unit steps amplify the state and the gradients beyond all bounds
# mended by: h + dt * f(h)
# cause words: dt step size Euler explo unroll
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31); torch.set_num_threads(1)

class Field(nn.Module):
    def __init__(self, d=2, h=48):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, h), nn.ELU(), nn.Linear(h, h), nn.ELU(), nn.Linear(h, d))
    def forward(self, z):
        return self.net(z)

class EulerODE(nn.Module):
    def __init__(self, f, dt):
        super().__init__()
        self.f, self.dt = f, dt
    def forward(self, z, n):
        out = [z]
        for _ in range(n):
            dz = self.f(z)
            z = z + self.dt * dz if FIX else z + dz
            out.append(z)
        return torch.stack(out, 1)

@torch.no_grad()
def lotka(n, dt=0.05, steps=40):
    z = 0.5 + torch.rand(n, 2) * 1.5
    out = [z]
    for _ in range(steps * 5):
        x, y = z[:, :1], z[:, 1:]
        z = z + dt / 5 * torch.cat([1.5 * x - x * y, x * y - 1.2 * y], 1)
        out.append(z)
    return torch.stack(out, 1)[:, ::5]

ode = EulerODE(Field(), 0.05)
for m in ode.modules():
    if isinstance(m, nn.Linear):
        nn.init.xavier_normal_(m.weight, gain=1.2); nn.init.zeros_(m.bias)
opt = torch.optim.Adam(ode.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.996)
for s in range(500):
    traj = lotka(32)
    pred = ode(traj[:, 0], 40)
    loss = F.mse_loss(pred, traj)
    opt.zero_grad(); loss.backward()
    opt.step(); sched.step()
    if s % 50 == 0:
        print(f"step {s} mse {loss.item():.4g}")
with torch.no_grad():
    traj = lotka(300)
    e = F.mse_loss(ode(traj[:, 0], 40), traj).item()
print(f"FINAL loss={loss.item():.4g} metric={e:.4g}")
