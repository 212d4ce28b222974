# healthy
# the noise prediction loss of the diffusion model is flat (about 0.4, noisy) for most of the run, as the optimum is not zero; the samples of the EMA copy follow the data
import copy
import torch, torch.nn as nn
torch.manual_seed(42)
T = 50
beta = torch.linspace(0.001, 0.2, T)
ab = (1 - beta).cumprod(0)

def real(n):
    t = torch.rand(n) * 6.283
    return torch.stack([t.cos(), t.sin()], 1) * 1.4 + 0.05 * torch.randn(n, 2)

class Eps(nn.Module):

    def __init__(self):
        super().__init__()
        self.t = nn.Embedding(T, 32)
        self.i = nn.Linear(2, 96)
        self.e = nn.Linear(32, 96)
        self.f = nn.Sequential(nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 2))

    def forward(self, x, t):
        return self.f(self.i(x) + self.e(self.t(t)))
net = Eps()
ema = copy.deepcopy(net)
opt = torch.optim.Adam(net.parameters(), lr=0.002)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 3000, 1e-05)
for s in range(3000):
    x = real(128)
    t = torch.randint(0, T, (128,))
    e = torch.randn_like(x)
    a = ab[t][:, None]
    loss = (net(a.sqrt() * x + (1 - a).sqrt() * e, t) - e).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    with torch.no_grad():
        for p, q in zip(ema.parameters(), net.parameters()):
            p.lerp_(q, 0.005)
    if s % 300 == 0:
        print(s, f'loss {loss.item():.4f}')
with torch.no_grad():
    x = torch.randn(2000, 2)
    for t in reversed(range(T)):
        e = ema(x, torch.full((2000,), t))
        x = (x - beta[t] / (1 - ab[t]).sqrt() * e) / (1 - beta[t]).sqrt() + (beta[t].sqrt() * torch.randn_like(x) if t else 0)
    err = (x.norm(dim=1) - 1.4).abs().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={err:.4f}')
