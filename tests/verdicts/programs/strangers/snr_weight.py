# nonfinite
# diffusion with min-SNR weights: the schedule starts at beta=0, so 1-alpha_bar[0] is 0, the SNR of timestep 0 is inf and its weight inf*0 = NaN
# mended by: start the schedule at beta 1e-3
# cause words: snr, alpha_bar, schedule, division by zero, weight, timestep 0
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
T = 200
betas = torch.linspace(1e-3 if FIX else 0.0, 0.06, T)
abar = torch.cumprod(1 - betas, 0)
snr = abar / (1 - abar)

def two_moons(n):
    t = torch.rand(n) * 3.1416
    s = torch.rand(n) < 0.5
    x = torch.where(s, torch.cos(t), 1 - torch.cos(t))
    y = torch.where(s, torch.sin(t), 0.5 - torch.sin(t))
    return torch.stack([x - 0.5, y - 0.25], 1) + 0.05 * torch.randn(n, 2)

class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.freq = nn.Parameter(torch.exp(torch.linspace(0, 4, 8)), requires_grad=False)
        self.net = nn.Sequential(nn.Linear(18, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t):
        a = t.float()[:, None] / T * self.freq
        return self.net(torch.cat([x, a.sin(), a.cos()], 1))

model = Denoiser()
opt = torch.optim.AdamW(model.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1800, 1e-5)
for step in range(1800):
    x0 = two_moons(128)
    t = torch.randint(0, T, (128,))
    e = torch.randn_like(x0)
    xt = abar[t, None].sqrt() * x0 + (1 - abar[t, None]).sqrt() * e
    w = snr[t] * (5.0 / snr[t]).clamp(max=1.0)          # min-SNR-gamma
    loss = (w * (model(xt, t) - x0).pow(2).mean(1)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"{step:5d} {loss.item():.4f}")
with torch.no_grad():
    x = torch.randn(500, 2)
    for i in reversed(range(T)):
        t = torch.full((500,), i)
        x0 = model(x, t)
        e = (x - abar[i].sqrt() * x0) / (1 - abar[i]).sqrt()
        prev = abar[i - 1] if i else torch.tensor(1.0)
        x = prev.sqrt() * x0 + (1 - prev).clamp(min=0).sqrt() * e
    d = torch.cdist(x, two_moons(1000)).min(1)[0].mean().item()
print(f"FINAL loss={loss.item():.4f} metric={d:.4f}")
