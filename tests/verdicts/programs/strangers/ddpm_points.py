# miswired not_learning plateau
# the regression target is a second draw of noise, not the noise that was put into x_t: nothing can be predicted
# mended by: comparing with the noise used in q_sample
# cause words: noise target unrelated second draw resampled
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
T = 100
abar = torch.cumprod(1 - torch.linspace(1e-3, 0.08, T), 0)

def data(n):
    th = torch.rand(n) * 2 * math.pi
    return torch.stack([th.cos(), (2 * th).sin()], 1) + 0.03 * torch.randn(n, 2)

def q_sample(x0, t, noise=None):
    if noise is None:
        noise = torch.randn_like(x0)
    a = abar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * noise

class Eps(nn.Module):
    def __init__(self, d=96):
        super().__init__()
        self.freq = torch.exp(torch.linspace(0, 3, 8))
        self.net = nn.Sequential(nn.Linear(18, d), nn.SiLU(), nn.Linear(d, d), nn.SiLU(), nn.Linear(d, 2))
    def forward(self, x, t):
        a = (t.float() / T)[:, None] * self.freq
        return self.net(torch.cat([x, a.sin(), a.cos()], 1))

model = Eps()
opt = torch.optim.Adam(model.parameters(), 2e-3)
for step in range(1200):
    x0 = data(256)
    t = torch.randint(0, T, (256,))
    noise = torch.randn_like(x0)
    xt = q_sample(x0, t, noise) if FIX else q_sample(x0, t)
    loss = F.mse_loss(model(xt, t), noise)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 200 == 0:
        print(step, round(loss.item(), 4))
with torch.no_grad():
    x0, t, e = data(4000), torch.randint(0, T, (4000,)), torch.randn(4000, 2)
    err = F.mse_loss(model(q_sample(x0, t, e), t), e).item()
print(f"FINAL loss={loss.item():.4f} metric={err:.4f}")
