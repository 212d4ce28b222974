# plateau not_learning vanishing_gradient
# InfoNCE multiplies the cosine similarity by tau=0.07 instead of dividing: logits lie in +-0.07, so the loss is pinned near ln(128)=4.85 (attainable ~4.79) and gradients are ~200x too small.
# mended by: sim / tau
"""SimCLR-like contrastive learning between two sensor views."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24)


class Projector(nn.Module):
    def __init__(self, d, out=24):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(d, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, out))

    def forward(self, x):
        return F.normalize(self.f(x), dim=-1)


class InfoNCE(nn.Module):
    def __init__(self, tau=0.07):
        super().__init__()
        self.tau = tau

    def forward(self, a, b):
        sim = a @ b.t()
        logits = sim / self.tau if FIX else sim * self.tau
        y = torch.arange(len(a))
        loss = 0.5 * (F.cross_entropy(logits, y) + F.cross_entropy(logits.t(), y))
        return loss, (logits.argmax(1) == y).float().mean()


mix1, mix2 = torch.randn(16, 30) / 4, torch.randn(16, 40) / 4


def views(n):
    z = torch.randn(n, 16)
    return torch.tanh(z @ mix1) + 0.2 * torch.randn(n, 30), torch.tanh(z @ mix2) + 0.2 * torch.randn(n, 40)


f1, f2, crit = Projector(30), Projector(40), InfoNCE()
params = [*f1.parameters(), *f2.parameters()]
opt = torch.optim.SGD(params, lr=0.03, momentum=0.9, weight_decay=1e-4)
hist = []
for step in range(500):
    a, b = views(128)
    loss, acc = crit(f1(a), f2(b))
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append((loss.item(), acc.item()))
    if step % 50 == 0:
        print(step, hist[-1])
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in hist[-50:]) / 50, sum(b for _, b in hist[-50:]) / 50))
