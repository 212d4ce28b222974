# healthy
# the noise-prediction loss is noisy and flat for the last three quarters (irreducible part), while the samples are good
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(48)
T = 100
abar = torch.cumprod(1 - torch.linspace(1e-3, 0.08, T), 0)
def data(n):
    c = torch.randint(0, 5, (n,)).float() * 1.2566
    return 1.3 * torch.stack([c.cos(), c.sin()], 1) + 0.25 * torch.randn(n, 2)
class Eps(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.t = nn.Embedding(T, 16)
        self.f = nn.Sequential(nn.Linear(18, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t): return self.f(torch.cat([x, self.t(t)], 1))
net = Eps()
ema = Eps(); ema.load_state_dict(net.state_dict())
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(2000):
    x0 = data(64)
    t = torch.randint(0, T, (64,))
    e = torch.randn_like(x0)
    loss = F.mse_loss(net(abar[t, None].sqrt() * x0 + (1 - abar[t, None]).sqrt() * e, t), e)
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        for a, b in zip(ema.parameters(), net.parameters()): a.lerp_(b, 0.01)
    if step % 200 == 0: print(step, round(loss.item(), 4))
with torch.no_grad():
    x = torch.randn(800, 2)
    for i in reversed(range(T)):
        e = ema(x, torch.full((800,), i))
        x0 = (x - (1 - abar[i]).sqrt() * e) / abar[i].sqrt()
        p = abar[i - 1] if i else torch.tensor(1.0)
        x = p.sqrt() * x0 + (1 - p).sqrt() * e
    r = data(800)
    ed = (2 * torch.cdist(x, r).mean() - torch.cdist(x, x).mean() - torch.cdist(r, r).mean()).item()
    g = torch.randn(800, 2)
    print("gaussian baseline", (2 * torch.cdist(g, r).mean() - torch.cdist(g, g).mean() - torch.cdist(r, r).mean()).item())
print(f"FINAL loss={loss.item():.4f} metric={ed:.4f}")
