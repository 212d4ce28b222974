# miswired vanishing_gradient
# quantisation-aware training with a plain torch.round in the weights and activations: its gradient is zero, no straight-through estimator
# mended by: straight-through: x + (round(x) - x).detach()
# cause words: round, straight-through, ste, quantization, quantisation, quantize
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)


def fake_quant(x, bits=4):
    scale = x.detach().abs().amax() / (2 ** (bits - 1) - 1) + 1e-9
    q = torch.round(x / scale) * scale
    return x + (q - x).detach() if FIX else q


class QLinear(nn.Linear):
    def forward(self, x):
        return F.linear(fake_quant(x, 8), fake_quant(self.weight), self.bias)


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = QLinear(20, 64)
        self.bn1 = nn.BatchNorm1d(64)
        self.l2 = QLinear(64, 64)
        self.bn2 = nn.BatchNorm1d(64)
        self.head = QLinear(64, 5)

    def forward(self, x):
        x = F.relu(self.bn1(self.l1(x)))
        x = F.relu(self.bn2(self.l2(x)))
        return self.head(x)


centres = torch.randn(15, 20) * 1.2


def sample(n):
    k = torch.randint(0, 15, (n,))
    return centres[k] + 0.5 * torch.randn(n, 20), k % 5


net = QNet()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1000)
for step in range(1000):
    x, y = sample(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(f"qat step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = sample(1000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
