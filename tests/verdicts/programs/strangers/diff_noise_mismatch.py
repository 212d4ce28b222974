# miswired not_learning
# diffusion: q_sample draws its own noise and the loss compares the prediction with a second, independent randn: the network can only predict zero, loss stays at 1
# mended by: the same noise is used for x_t and as target
# cause words: noise, same, independent, target, resampled, randn
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(33)
T = 100
abar = torch.cumprod(1 - torch.linspace(1e-3, 0.08, T), 0)

def data(n):
    a = 6.2832 * torch.rand(n)
    return torch.stack([a.cos(), a.sin(), (2 * a).sin()], 1) + 0.03 * torch.randn(n, 3)

class Diffusion(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.temb = nn.Embedding(T, 16)
        self.net = nn.Sequential(nn.Linear(19, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 3))
    def eps(self, x, t): return self.net(torch.cat([x, self.temb(t)], 1))
    def q_sample(self, x0, t, noise=None):
        if noise is None: noise = torch.randn_like(x0)
        return abar[t, None].sqrt() * x0 + (1 - abar[t, None]).sqrt() * noise
    def loss(self, x0):
        t = torch.randint(0, T, (len(x0),))
        noise = torch.randn_like(x0)
        xt = self.q_sample(x0, t, noise) if FIX else self.q_sample(x0, t)
        return F.mse_loss(self.eps(xt, t), noise)
    @torch.no_grad()
    def sample(self, n):
        x = torch.randn(n, 3)
        for i in reversed(range(T)):
            e = self.eps(x, torch.full((n,), i))
            x0 = ((x - (1 - abar[i]).sqrt() * e) / abar[i].sqrt()).clamp(-2, 2)
            p = abar[i - 1] if i else torch.tensor(1.0)
            x = p.sqrt() * x0 + (1 - p).sqrt() * e
        return x

m = Diffusion()
opt = torch.optim.Adam(m.parameters(), lr=2e-3)
avg = 1.0
for step in range(1500):
    loss = m.loss(data(128))
    opt.zero_grad(); loss.backward(); opt.step()
    avg = 0.97 * avg + 0.03 * loss.item()
    if step % 150 == 0: print(step, round(avg, 4))
x = m.sample(500)
d = torch.cdist(x, data(2000)).min(1)[0].mean().item()
print(f"FINAL loss={avg:.4f} metric={d:.4f}")
