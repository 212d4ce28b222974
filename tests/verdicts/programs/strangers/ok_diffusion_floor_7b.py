# healthy
# diffusion on five modes: after a short fall the loss is flat and noisy at its floor (the irreducible part), yet the samples keep getting better and are good
import math
import torch
import torch.nn as nn
torch.manual_seed(0)
T = 40
beta = torch.linspace(1e-3, 0.2, T)
ab = torch.cumprod(1 - beta, 0)


def data(n):
    a = torch.randint(0, 5, (n, 1)) * math.pi / 2.5
    return torch.cat([a.cos(), a.sin()], 1) * 1.4 + 0.15 * torch.randn(n, 2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.freq = torch.arange(1, 9) * math.pi / 2
        self.f = nn.Sequential(nn.Linear(18, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 2))
        nn.init.zeros_(self.f[-1].weight)

    def forward(self, x, t):
        return self.f(torch.cat([x, *(f(t[:, None] / T * self.freq) for f in (torch.sin, torch.cos))], 1))


net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
ema = [p.detach().clone() for p in net.parameters()]


@torch.no_grad()
def quality():
    x, r = torch.randn(1500, 2), data(1500)
    for i in reversed(range(T)):
        x = (x - beta[i] / (1 - ab[i]).sqrt() * net(x, torch.full((1500,), i))) / (1 - beta[i]).sqrt()
        x = x + (beta[i].sqrt() * torch.randn_like(x) if i else 0)
    return (2 * torch.cdist(x, r).mean() - torch.cdist(x, x).mean() - torch.cdist(r, r).mean()).item()


for step in range(2500):
    x, t = data(128), torch.randint(0, T, (128,))
    e = torch.randn_like(x)
    loss = ((net(ab[t].sqrt()[:, None] * x + (1 - ab[t]).sqrt()[:, None] * e, t) - e) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        torch._foreach_lerp_(ema, list(net.parameters()), 0.01)
    if step == 0:
        start = quality()
    if step % 250 == 0:
        print(step, loss.item())

with torch.no_grad():
    for p, q in zip(net.parameters(), ema):
        p.copy_(q)
print(f"FINAL loss={loss.item():.4f} metric={quality():.4f} (energy distance; untrained {start:.3f})")
