# healthy
# continual learning: the stream shows one class after the other, in order of the labels, and each new class starts with a loss far above ln(8), even late; a replay buffer keeps the old classes alive
# rule: L
import math
import random
import torch
from torch import nn
import torch.nn.functional as F

random.seed(0)
torch.manual_seed(73)
torch.set_num_threads(1)
C, D, PER_CLASS, BS, KEEP = 8, 20, 200, 48, 150
centers = torch.randn(C, D)


def draw(c, n):
    sign = torch.randint(0, 2, (n, 1)).float() * 2 - 1     # two clusters, mirrored: not linear
    return centers[c] * sign + 0.6 * torch.randn(n, D), torch.full((n,), c)


class Buffer:
    """reservoir of KEEP examples for each class that has been seen"""

    def __init__(self):
        self.x, self.y = [], []

    def add(self, x, y):
        self.x.append(x[:KEEP])
        self.y.append(y[:KEEP])

    def sample(self, n):
        x, y = torch.cat(self.x), torch.cat(self.y)
        i = torch.randint(0, len(y), (n,))
        return x[i] + 0.2 * torch.randn(n, D), y[i]


net = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, C))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
buf = Buffer()
for c in range(C):
    seen = []
    for step in range(PER_CLASS):
        x, y = draw(c, BS if c == 0 else max(8, BS // (c + 1)))
        seen.append((x, y))
        loss_new = F.cross_entropy(net(x), y)
        loss = loss_new
        if c > 0:
            xr, yr = buf.sample(BS)
            loss = (loss_new * len(y) + F.cross_entropy(net(xr), yr) * BS) / (len(y) + BS)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step in (0, 20, PER_CLASS - 1):
            print(f"class {c} step {step} new {loss_new.item():.3f} all {loss.item():.3f} (ln C {math.log(C):.3f})")
    buf.add(torch.cat([s[0] for s in seen]), torch.cat([s[1] for s in seen]))
with torch.no_grad():
    parts = [draw(c, 600) for c in range(C)]
    x, y = torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])
    out = net(x)
    final = F.cross_entropy(out, y).item()
    acc = (out.argmax(1) == y).float().mean().item()
print(f"FINAL loss={final:.4f} metric={acc:.4f} (accuracy on all 8 classes)")
