# oscillating_loss not_learning
# 2-D diffusion model trained by Adam at lr 0.5 (meant 1e-3); the loss jumps around 1 and the noise is never predicted
# mended by: lr = 1e-3
# cause words: lr learning rate large high
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T, N = 50, 4096
ang = 2 * math.pi * torch.rand(N)
data = torch.stack([ang.cos(), ang.sin()], 1) * 1.4 + 0.05 * torch.randn(N, 2)
beta = torch.linspace(1e-3, 0.15, T)
abar = torch.cumprod(1 - beta, 0)


class Eps(nn.Module):
    def __init__(self, d=64):
        super().__init__()
        self.t = nn.Embedding(T, d)
        self.inp = nn.Linear(2, d)
        self.mid = nn.ModuleList(nn.Linear(d, d) for _ in range(3))
        self.out = nn.Linear(d, 2)

    def forward(self, x, t):
        h = self.inp(x) + self.t(t)
        for m in self.mid:
            h = m(F.silu(h))
        return self.out(F.silu(h))


net = Eps()
opt = torch.optim.Adam(net.parameters(), lr=1e-3 if FIX else 0.5)
log = []
for step in range(1000):
    x0 = data[torch.randint(0, N, (128,))]
    t = torch.randint(0, T, (128,))
    eps = torch.randn_like(x0)
    a = abar[t][:, None]
    loss = F.mse_loss(net(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)
    opt.zero_grad()
    loss.backward()
    opt.step()
    log.append(loss.item())
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x = torch.randn(1000, 2)
    for t in reversed(range(T)):
        e = net(x, torch.full((1000,), t))
        x = (x - beta[t] / (1 - abar[t]).sqrt() * e) / (1 - beta[t]).sqrt()
        if t:
            x = x + beta[t].sqrt() * torch.randn_like(x)
    off = (x.norm(dim=1) - 1.4).abs().mean().item()
print(f"FINAL loss={sum(log[-100:]) / 100:.4f} metric={off:.4f} (distance of samples from the ring)")
