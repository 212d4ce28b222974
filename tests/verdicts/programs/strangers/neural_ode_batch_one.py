# healthy
# Neural ODE by hand (RK4), batch size 1 with random windows: jumpy loss, good rollout. metric = rollout MSE (variance 1.24).
"""Neural ODE (RK4 by hand), batch size 1: one noisy trajectory of a damped pendulum, a random window of it per step, so the loss is jumpy."""
import torch, torch.nn as nn
torch.manual_seed(31)
DT, N = 0.15, 80
true = lambda y: torch.stack([y[1], -2.0 * torch.sin(y[0]) - 0.15 * y[1]])
def rk4(f, y, dt):
    k1 = f(y); k2 = f(y + dt / 2 * k1); k3 = f(y + dt / 2 * k2); k4 = f(y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
with torch.no_grad():
    ys = [torch.tensor([2.2, 0.0])]
    for _ in range(N):
        y = ys[-1]
        for _ in range(5): y = rk4(true, y, DT / 5)
        ys.append(y)
clean = torch.stack(ys); obs = clean + 0.01 * torch.randn_like(clean)
class F(nn.Module):
    def __init__(self):
        super().__init__(); self.net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2))
    def forward(self, y): return self.net(y)
f = F(); STEPS, W = 450, 6
opt = torch.optim.Adam(f.parameters(), lr=1e-2)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=5e-4)
hist = []
for step in range(STEPS):
    s = int(torch.randint(0, N - W, ()))
    y, loss = obs[s], 0.0
    for k in range(W):
        y = rk4(f, y, DT); loss = loss + (y - obs[s + k + 1]).pow(2).mean() / W
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 60 == 0: print(step, f"{loss.item():.5f}")
with torch.no_grad():
    y, err = clean[0], 0.0
    for k in range(N): y = rk4(f, y, DT); err += (y - clean[k + 1]).pow(2).mean().item() / N
print("variance of the trajectory", clean.var(0).mean().item())
print(f"FINAL loss={sum(hist[-45:])/45:.6f} metric={err:.5f}")
