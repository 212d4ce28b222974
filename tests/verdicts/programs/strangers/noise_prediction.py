# healthy
# DDPM noise prediction; loss drops early and is then flat near its irreducible level. metric = energy distance (noise 0.055).
"""DDPM on 2-D data (eps prediction): the loss drops once and then is flat and noisy near its irreducible level."""
import math, torch, torch.nn as nn
torch.manual_seed(24)
T = 80
ab = torch.cos((torch.arange(T + 1) / T + 0.008) / 1.008 * math.pi / 2) ** 2; ab = ab / ab[0]
beta = (1 - ab[1:] / ab[:-1]).clamp(max=0.98); alpha = 1 - beta; abar = alpha.cumprod(0)
def real(n):
    t = torch.rand(n) * math.pi; up = (torch.rand(n) < 0.5).float()
    x = torch.stack([t.cos() * (2 * up - 1) + 0.5 - up, t.sin() * (2 * up - 1) + 0.25 * (1 - 2 * up)], 1)
    return (x + 0.1 * torch.randn(n, 2)) / 0.7
freq = torch.exp(torch.arange(8) * math.log(0.35))
def temb(t):
    a = t.float()[:, None] * freq; return torch.cat([a.sin(), a.cos()], 1)
class Eps(nn.Module):
    def __init__(self, h=96):
        super().__init__(); self.net = nn.Sequential(nn.Linear(18, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t): return self.net(torch.cat([x, temb(t)], 1))
m, ema = Eps(), Eps().requires_grad_(False); ema.load_state_dict(m.state_dict())
opt = torch.optim.AdamW(m.parameters(), lr=3e-3, weight_decay=0)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 800, eta_min=1e-4)
hist = []
for step in range(800):
    x0 = real(256); t = torch.randint(0, T, (256,)); e = torch.randn_like(x0)
    xt = abar[t, None].sqrt() * x0 + (1 - abar[t, None]).sqrt() * e
    loss = (m(xt, t) - e).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    with torch.no_grad():
        for a, b in zip(ema.parameters(), m.parameters()): a.lerp_(b, 0.02)
    hist.append(loss.item())
    if step % 80 == 0: print(step, f"{loss.item():.4f}")
def edist(a, b): return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()
with torch.no_grad():
    x = torch.randn(1500, 2)
    for i in reversed(range(T)):
        e = ema(x, torch.full((1500,), i))
        x = (x - beta[i] / (1 - abar[i]).sqrt() * e) / alpha[i].sqrt()
        if i: x = x + beta[i].sqrt() * torch.randn_like(x)
    print("noise energy distance", edist(torch.randn(1500, 2), real(1500)))
    print(f"FINAL loss={sum(hist[-80:])/80:.5f} metric={edist(x, real(1500)):.5f}")
