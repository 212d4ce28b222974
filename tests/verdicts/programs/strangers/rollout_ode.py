# exploding_gradient badly_scaled
# the learned dynamics model is unrolled over 40 Euler steps, with an accidental dt=1.0 (the data were sampled at dt=0.05): states and gradients through the rollout grow without bound
# mended by: the dt of the data
# cause words: dt, step size, unroll, rollout, Euler, time
import os
from dataclasses import dataclass
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)

@dataclass
class Config:
    horizon: int = 40
    dt: float = 0.05 if FIX else 1.0
    lr: float = 3e-3
    steps: int = 350
    hidden: int = 48

def simulate(n, horizon):
    z = torch.randn(n, 2); out = [z]
    for _ in range(horizon):
        q, p = z[:, 0], z[:, 1]
        z = torch.stack([q + 0.05 * p, p + 0.05 * (-2 * q - 0.2 * p + 0.3 * torch.sin(q))], 1); out.append(z)
    return torch.stack(out, 1)

class Dynamics(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(2, h), nn.Softplus(), nn.Linear(h, 2))
        self.lin = nn.Linear(2, 2)
        nn.init.orthogonal_(self.lin.weight, gain=0.5)
    def forward(self, z): return self.f(z) + self.lin(z)

def rollout(model, z0, cfg):
    z, out = z0, [z0]
    for _ in range(cfg.horizon):
        z = z + cfg.dt * model(z)
        out.append(z)
    return torch.stack(out, 1)

cfg = Config()
data, val = simulate(512, cfg.horizon), simulate(128, cfg.horizon)
model = Dynamics(cfg.hidden)
opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for step in range(cfg.steps):
    b = data[torch.randint(0, len(data), (64,))]
    loss = (rollout(model, b[:, 0], cfg) - b).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0: print(step, f"loss {loss.item():.4g}")
with torch.no_grad():
    m = (rollout(model, val[:, 0], cfg) - val).pow(2).mean().item()
print(f"FINAL loss={loss.item():.4g} metric={m:.4g}")
