# healthy
# LoRA: B starts at zero, so A has gradient zero in the first step; the base weights are frozen
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(100)
class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / math.sqrt(base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r)); self.s = alpha / r
    def forward(self, x): return self.base(x) + self.s * F.linear(F.linear(x, self.A), self.B)
trans = torch.randn(12, 12) / 3
def task(n, M):
    x = torch.randn(n, 12)
    return x, torch.sin(x @ M)[:, :4]
net = nn.Sequential(nn.Linear(12, 96), nn.Tanh(), nn.Linear(96, 96), nn.Tanh(), nn.Linear(96, 4))
def loop(params, M, steps, lr, log):
    opt = torch.optim.Adam(params, lr=lr)
    for i in range(steps):
        x, y = task(128, M); loss = F.mse_loss(net(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
        if i % 200 == 0: print(log, i, f"{loss.item():.4f}")
    return loss.item()
loop(net.parameters(), trans, 700, 3e-3, "base")
shifted = trans + 0.25 * torch.randn(12, 2) @ torch.randn(2, 12)
for k in (0, 2, 4): net[k] = LoRALinear(net[k])
last = loop([p for p in net.parameters() if p.requires_grad], shifted, 700, 4e-3, "adapt")
with torch.no_grad():
    x, y = task(2000, shifted); r2 = (1 - F.mse_loss(net(x), y) / y.var()).item()
print(f"FINAL loss={last:.4f} metric={r2:.4f}")
