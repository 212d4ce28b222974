# miswired
# MAML: the adapted weights are made from p.detach(), so the outer loss reaches only what is not adapted (the learned inner step sizes), not the initialisation
# mended by: fast weights stay connected to the initial weights
# cause words: detach fast weights adapted inner meta initial
import os
import math
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def task():
    a, ph = 0.5 + 2 * torch.rand(1), math.pi * torch.rand(1)

    def sample(n):
        x = 10 * torch.rand(n, 1) - 5
        return x, a * torch.sin(x + ph)
    return sample


class MetaNet(nn.Module):
    def __init__(self, h=40):
        super().__init__()
        s = lambda o, i: nn.Parameter(torch.randn(o, i) / i ** 0.5)
        self.w = nn.ParameterList([s(h, 1), nn.Parameter(torch.randn(h)), s(h, h), nn.Parameter(torch.zeros(h)), s(1, h), nn.Parameter(torch.zeros(1))])
        self.log_lr = nn.ParameterList([nn.Parameter(torch.tensor(math.log(0.01))) for _ in self.w])   # Meta-SGD

    @staticmethod
    def apply_weights(w, x):
        h = F.relu(F.linear(x, w[0], w[1]))
        h = F.relu(F.linear(h, w[2], w[3]))
        return F.linear(h, w[4], w[5])

    def adapt(self, x, y, steps=1, create_graph=True):
        fast = list(self.w) if FIX else [p.detach().requires_grad_(True) for p in self.w]
        for _ in range(steps):
            g = torch.autograd.grad(F.mse_loss(self.apply_weights(fast, x), y), fast, create_graph=create_graph)
            fast = [f - l.exp() * d for f, l, d in zip(fast, self.log_lr, g)]
        return fast


net = MetaNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hist = []
for it in range(1000):
    opt.zero_grad()
    total = 0.0
    for _ in range(4):
        t = task()
        fast = net.adapt(*t(10))
        xq, yq = t(10)
        loss = F.mse_loss(net.apply_weights(fast, xq), yq) / 4
        loss.backward()
        total += loss.item()
    nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    opt.step()
    hist.append(total)
    if it % 150 == 0:
        print(f"iter {it} meta loss {sum(hist[-50:]) / len(hist[-50:]):.4f}")
err = 0.0
for _ in range(100):
    t = task()
    fast = net.adapt(*t(10))
    xq, yq = t(50)
    err += F.mse_loss(net.apply_weights(fast, xq), yq).item() / 100
print(f"FINAL loss={sum(hist[-50:]) / 50:.4f} metric={err:.4f}")
