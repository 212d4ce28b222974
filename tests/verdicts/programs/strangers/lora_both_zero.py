# vanishing_gradient output_cannot_change miswired
# both LoRA factors start at zero: A's gradient is a multiple of B and B's of A, so both stay zero for ever
# mended by: a random A, only B zero
# cause words: LoRA zero init initialis initializ factor adapter
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)


class LoRALinear(nn.Module):
    def __init__(self, base, r=6, alpha=12):
        super().__init__()
        self.base = base
        for p in base.parameters():
            p.requires_grad_(False)
        self.A = nn.Parameter(torch.zeros(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        if FIX:
            nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.scale = alpha / r

    def forward(self, x):
        return self.base(x) + (x @ self.A.t() @ self.B.t()) * self.scale


def task(w, n):
    x = torch.randn(n, 12)
    return x, torch.tanh(x @ w)


W1 = torch.randn(12, 3) * 0.5
W2 = W1 + 0.5 * torch.randn(12, 3)
net = nn.Sequential(nn.Linear(12, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 3))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(400):  # pre-training
    x, y = task(W1, 128)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"pretrained {loss.item():.4f}")

for i in (0, 2, 4):
    net[i] = LoRALinear(net[i], r=3 if i == 4 else 6)
trainable = [p for p in net.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in trainable))
opt = torch.optim.AdamW(trainable, lr=3e-3)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, total_iters=1500)
for step in range(1500):
    x, y = task(W2, 128)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(f"finetune {step} {loss.item():.4f}")
x, y = task(W2, 4000)
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(x), y).item() / y.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2 on the new task, more is better)")
