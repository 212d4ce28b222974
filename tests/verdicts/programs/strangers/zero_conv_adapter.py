# healthy
# ControlNet-style: frozen trunk, a copied branch joined by zero-initialised layers, so at the first step every weight of the branch has gradient exactly zero; from the second step on it learns
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.n, self.a, self.b = nn.LayerNorm(d), nn.Linear(d, 96), nn.Linear(96, d)

    def forward(self, x):
        return x + self.b(F.silu(self.a(self.n(x))))


class Trunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp, self.blocks, self.out = nn.Linear(16, 48), nn.ModuleList(Block() for _ in range(3)), nn.Linear(48, 16)

    def forward(self, x, ctrl=None):
        h = self.inp(x)
        for i, b in enumerate(self.blocks):
            h = b(h)
            if ctrl is not None:
                h = h + ctrl[i]
        return self.out(h)


class Control(nn.Module):
    def __init__(self, trunk):
        super().__init__()
        self.inp, self.blocks = copy.deepcopy(trunk.inp), copy.deepcopy(trunk.blocks)
        self.hint = nn.Linear(8, 48)
        self.zero = nn.ModuleList(nn.Linear(48, 48) for _ in range(3))
        for z in self.zero:
            nn.init.zeros_(z.weight)
            nn.init.zeros_(z.bias)

    def forward(self, x, c):
        h, res = self.inp(x) + self.hint(c), []
        for b, z in zip(self.blocks, self.zero):
            h = b(h)
            res.append(z(h))
        return res


M, K = torch.randn(16, 16) / 4, torch.randn(8, 16) / 2


def clean(n):
    return torch.tanh(torch.randn(n, 16) @ M)


trunk = Trunk()
opt = torch.optim.Adam(trunk.parameters(), lr=2e-3)
for _ in range(400):
    x = clean(128)
    opt.zero_grad()
    F.mse_loss(trunk(x + 0.3 * torch.randn_like(x)), x).backward()
    opt.step()
trunk.requires_grad_(False).eval()
ctrl = Control(trunk)
for p in ctrl.parameters():
    p.requires_grad_(True)
opt = torch.optim.AdamW(ctrl.parameters(), lr=1e-3)
for step in range(900):
    x, c = clean(128), torch.randn(128, 8)
    y = x + torch.sin(c @ K)
    loss = F.mse_loss(trunk(x, ctrl(x, c)), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(step, round(loss.item(), 4))
x, c = clean(2000), torch.randn(2000, 8)
y = x + torch.sin(c @ K)
with torch.no_grad():
    r2 = 1 - F.mse_loss(trunk(x, ctrl(x, c)), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
