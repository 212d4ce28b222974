# miswired
# deep ensemble made with [make()] * 5: the five members are one and the same network, so the ensemble's spread is zero everywhere
# mended by: a list comprehension that makes five networks
# cause words: same shared ensemble members identical copies list
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
M, N = 5, 600
x = torch.cat([torch.rand(N // 2, 1) * 1.5 - 2.5, torch.rand(N // 2, 1) * 1.5 + 1.0])
y = torch.sin(2 * x) + 0.1 * torch.randn(N, 1)


def make():
    return nn.Sequential(nn.Linear(1, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))


class Ensemble(nn.Module):
    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList([make() for _ in range(M)] if FIX else [make()] * M)

    def loss(self, x, y):
        tot = 0
        for m in self.members:
            i = torch.randint(0, len(x), (len(x),))          # bootstrap
            mu, lv = m(x[i]).chunk(2, -1)
            lv = lv.clamp(-7, 4)
            tot = tot + 0.5 * (lv + (y[i] - mu) ** 2 / lv.exp()).mean()
        return tot / M

    @torch.no_grad()
    def predict(self, x):
        mus = torch.stack([m(x)[:, :1] for m in self.members])
        return mus.mean(0), mus.std(0)


net = Ensemble()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1000):
    i = torch.randint(0, N, (64,))
    loss = net.loss(x[i], y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} nll {loss.item():.4f}")
gap = torch.linspace(-0.6, 0.6, 100)[:, None]
far = torch.cat([torch.linspace(-6, -4, 50), torch.linspace(4, 6, 50)])[:, None]
mu, sd = net.predict(torch.cat([gap, far]))
err = (mu - torch.sin(2 * torch.cat([gap, far]))).abs()
print(f"FINAL loss={loss.item():.4f} metric={sd.mean().item():.4f} (spread away from the data, mean error there {err.mean().item():.3f})")
