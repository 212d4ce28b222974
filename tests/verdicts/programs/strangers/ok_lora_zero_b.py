# healthy
# LoRA on a frozen base: B starts at zero so the gradient of every A is exactly zero in the first step, and most parameters are frozen; it learns the new task all the same
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
D, K = 32, 6
c = torch.randn(K, D)
R = torch.linalg.qr(torch.randn(D, D)).Q


def task(n, shifted):
    y = torch.randint(0, K, (n,))
    x = c[y] + 0.7 * torch.randn(n, D)
    return (x @ R if shifted else x), y


class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha / r

    def forward(self, x):
        return self.base(x) + self.s * (x @ self.A.T) @ self.B.T


net = nn.Sequential(nn.Linear(D, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, K))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(300):
    x, y = task(64, False)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("base", loss.item())
net.requires_grad_(False)
for i in (0, 2, 4):
    net[i] = LoRALinear(net[i])
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=3e-3, weight_decay=0.0)
for step in range(800):
    x, y = task(64, True)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
x, y = task(2000, True)
print(f"FINAL loss={loss.item():.4f} metric={(net(x).argmax(1) == y).float().mean().item():.3f}")
