# miswired vanishing_gradient
# quantisation-aware training with a plain round(): its gradient is zero, so all layers before the last activation quantiser never learn
# mended by: straight-through estimator
# cause words: round straight-through STE quantise quantize rounding quantizer
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(33)


def fake_quant(x, bits, lo, hi):
    n = 2 ** bits - 1
    q = torch.round((x.clamp(lo, hi) - lo) / (hi - lo) * n) / n * (hi - lo) + lo
    if FIX:
        return x.clamp(lo, hi) + (q - x.clamp(lo, hi)).detach()
    return q


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.c2 = nn.Conv2d(8, 8, 3, padding=1, stride=2)
        self.fc1 = nn.Linear(8 * 16, 12)
        self.fc2 = nn.Linear(12, 8)

    def forward(self, x):
        x = fake_quant(F.relu(self.c1(x)), 4, 0, 2)
        x = fake_quant(F.relu(self.c2(x)), 4, 0, 2)
        x = fake_quant(F.relu(self.fc1(x.flatten(1))), 4, 0, 4)
        return self.fc2(x)


protos = torch.randn(8, 3, 3)


def images(n):
    y = torch.randint(0, 8, (n,))
    img = 0.4 * torch.randn(n, 1, 8, 8)
    for k in range(n):
        r, c = torch.randint(0, 6, (2,)).tolist()
        img[k, 0, r:r + 3, c:c + 3] += protos[y[k]]
    return img, y


xtr, ytr = images(4000)
xte, yte = images(800)
net = QNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
run = 2.08
for step in range(1500):
    j = torch.randint(0, 4000, (64,))
    loss = F.cross_entropy(net(xtr[j]), ytr[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = 0.98 * run + 0.02 * loss.item()
    if step % 200 == 0:
        print(f"{step} loss {run:.4f}")
with torch.no_grad():
    acc = (net(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={run:.4f} metric={acc:.4f}")
