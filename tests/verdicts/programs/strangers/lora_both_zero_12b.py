# vanishing_gradient output_cannot_change
# LoRA with both factors initialised to zero: the product and the gradients of both factors are exactly zero for ever
# mended by: A drawn from a normal distribution, only B zero
# cause words: zero init LoRA both A B
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base, self.scale = base, alpha / r
        self.A = nn.Parameter(torch.zeros(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        if FIX:
            nn.init.normal_(self.A, std=base.in_features ** -0.5)

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.A.t() @ self.B.t())


def backbone():
    return nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 5))


W = torch.randn(24, 5)
shift = torch.randn(24, 5)


def batch(new, n=128):
    x = torch.randn(n, 24)
    return x, (x @ (W + 0.9 * shift if new else W)).argmax(1)


net = backbone()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(400):
    x, y = batch(False)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
print(f"pretraining done, loss {loss.item():.4f}")

net.requires_grad_(False)
for i in (0, 2, 4):
    net[i] = LoRALinear(net[i])
lora = [p for p in net.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in lora))
opt = torch.optim.AdamW(lora, lr=3e-3, weight_decay=0.0)
sched = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, 50)
for step in range(1000):
    x, y = batch(True)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"lora step {step} loss {loss.item():.4f}")
x, y = batch(True, 3000)
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
