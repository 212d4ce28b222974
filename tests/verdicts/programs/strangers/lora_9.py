# healthy
# low-rank adapters: the base is frozen on purpose, matrix A gets exactly zero gradient at the first step as B starts at zero
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(3)


class LoRALinear(nn.Module):
    def __init__(self, base, r=8, alpha=16):
        super().__init__()
        self.base = base
        for p in base.parameters():
            p.requires_grad = False
        self.A = nn.Parameter(torch.randn(r, base.in_features) / math.sqrt(base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha / r

    def forward(self, x):
        return self.base(x) + self.s * (x @ self.A.T @ self.B.T)


def mk(shift):
    c = torch.randn(6, 16) + shift
    def f(n):
        y = torch.randint(0, 6, (n,))
        return c[y] + 0.7 * torch.randn(n, 16), y
    return f


net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 6))
pre, new = mk(0.0), mk(0.5)
opt = torch.optim.Adam(net.parameters(), 2e-3)
for i in range(300):
    x, y = pre(64)
    l = F.cross_entropy(net(x), y)
    opt.zero_grad(); l.backward(); opt.step()
print("pretraining loss", l.item())
for i in (0, 2, 4):
    net[i] = LoRALinear(net[i])
train = [p for p in net.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in train), "of", sum(p.numel() for p in net.parameters()))
opt = torch.optim.AdamW(train, lr=2e-3, weight_decay=0.0)
sch = torch.optim.lr_scheduler.OneCycleLR(opt, 5e-3, total_steps=600)
for i in range(600):
    x, y = new(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sch.step()
    if i % 60 == 0:
        print(i, f"{loss.item():.4f}")
x, y = new(2000)
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
