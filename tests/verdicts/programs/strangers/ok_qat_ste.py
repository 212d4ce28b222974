# healthy
# quantisation-aware training with 3-bit weights and clamped 3-bit activations by the straight-through estimator: rounding has no slope of its own and the loss is jagged, yet it learns
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def fake_quant(x, bits, lo, hi):
    x = x.clamp(lo, hi)
    n = 2 ** bits - 1
    q = torch.round((x - lo) / (hi - lo) * n) / n * (hi - lo) + lo
    return x + (q - x).detach()


class QLinear(nn.Linear):
    def forward(self, x):
        s = self.weight.detach().abs().max().item()
        return F.linear(x, fake_quant(self.weight, 3, -s, s), self.bias)


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = QLinear(20, 96), QLinear(96, 64), nn.Linear(64, 6)

    def forward(self, x):
        x = fake_quant(self.a(x), 3, 0.0, 2.0)
        x = fake_quant(self.b(x), 3, 0.0, 2.0)
        return self.c(x)


centres = torch.randn(6, 2, 20)


def batch(n):
    y = torch.randint(0, 6, (n,))
    return centres[y, torch.randint(0, 2, (n,))] + 0.6 * torch.randn(n, 20), y


net = QNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1000)
for step in range(1000):
    x, y = batch(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
