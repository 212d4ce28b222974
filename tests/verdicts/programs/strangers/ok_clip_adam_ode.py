# healthy
# ODE-like recurrence with clip_grad_norm_ 0.01 that clips nearly every step, but Adam does not mind the scale
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def truth(z, n, dt=0.1):
    out = [z]
    for _ in range(n):
        x, v = z.unbind(-1)
        z = z + dt * torch.stack([v, (1 - x ** 2) * v - x], -1)      # Van der Pol
        out.append(z)
    return torch.stack(out, 1)


f = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))
opt = torch.optim.Adam(f.parameters(), lr=3e-3)


def roll(z, n, dt=0.1):
    out = [z]
    for _ in range(n):
        z = z + dt * f(z)
        out.append(z)
    return torch.stack(out, 1)


for step in range(700):
    z0 = 4 * torch.rand(64, 2) - 2
    loss = F.mse_loss(roll(z0, 10), truth(z0, 10))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(f.parameters(), 0.01)
    opt.step()
    if step % 70 == 0:
        print(f"step {step} loss {loss.item():.5f}")
with torch.no_grad():
    z0 = 4 * torch.rand(200, 2) - 2
    a, b = roll(z0, 10), truth(z0, 10)
    r2 = 1 - F.mse_loss(a, b).item() / b.var().item()
print(f"FINAL loss={loss.item():.5f} metric={r2:.4f} (r2 of trajectories)")
