# miswired vanishing_gradient
# multi-task uncertainty weighting without the + log sigma term: the learned weights shrink to zero and take the loss with them
# mended by: + s added for each task
# cause words: uncertainty log sigma weights regulariz term zero
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Kendall(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.s = nn.Parameter(torch.zeros(n))

    def forward(self, losses):
        total = 0.0
        for s, l in zip(self.s, losses):
            total = total + torch.exp(-s) * l + (s if FIX else 0.0)
        return total


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.depth, self.seg, self.normal = nn.Linear(64, 1), nn.Linear(64, 3), nn.Linear(64, 2)

    def forward(self, x):
        h = self.trunk(x)
        return self.depth(h), self.seg(h), self.normal(h)


A, B, C = torch.randn(16, 1), torch.randn(16, 3), torch.randn(16, 2)


def batch(n=64):
    x = torch.randn(n, 16)
    return x, torch.tanh(x @ A) * 2 + 0.3 * torch.randn(n, 1), (x @ B).argmax(1), torch.sin(x @ C * 0.3) + 0.3 * torch.randn(n, 2)


net, weigh = MultiTask(), Kendall(3)
opt = torch.optim.SGD([{"params": net.parameters()}, {"params": weigh.parameters(), "lr": 0.05}], lr=0.03, momentum=0.8)
for step in range(2000):
    x, d, c, n = batch()
    pd, pc, pn = net(x)
    parts = [F.mse_loss(pd, d), F.cross_entropy(pc, c), F.mse_loss(pn, n)]
    loss = weigh(parts)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} total {loss.item():.4f} parts " + " ".join(f"{p.item():.3f}" for p in parts))
x, d, c, n = batch(2000)
with torch.no_grad():
    pd, pc, pn = net(x)
    acc = (pc.argmax(1) == c).float().mean()
    raw = F.mse_loss(pd, d) + F.cross_entropy(pc, c) + F.mse_loss(pn, n)
print(f"FINAL loss={loss.item():.4f} metric={raw.item():.4f} acc={acc.item():.3f}")
