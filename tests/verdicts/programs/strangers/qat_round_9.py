# miswired vanishing_gradient output_cannot_change
# quantisation-aware training with plain torch.round on the weights: its derivative is zero, the quantised layers receive exact zeros
# mended by: straight-through estimator (w + (q - w).detach())
# cause words: round quantisation quantization straight-through STE zero
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)


def fake_quant(w, bits=4):
    qmax = 2 ** (bits - 1) - 1
    scale = (w.abs().amax() / qmax).detach()
    q = torch.round(w / scale).clamp(-qmax, qmax) * scale
    if FIX:
        return w + (q - w).detach()
    return q


class QLinear(nn.Linear):
    def forward(self, x):
        return F.linear(x, fake_quant(self.weight), self.bias)


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = QLinear(10, 48), QLinear(48, 48), QLinear(48, 3)
        self.n1, self.n2 = nn.LayerNorm(48), nn.LayerNorm(48)

    def forward(self, x):
        x = F.relu(self.n1(self.l1(x)))
        x = F.relu(self.n2(self.l2(x)))
        return self.l3(x)


X = torch.randn(3000, 10)
y = (X[:, 0] * X[:, 1] > 0).long() + (X[:, 2] + X[:, 3] > 1).long()
Xte, yte = X[2500:], y[2500:]
net = QNet()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1200)
for it in range(1200):
    i = torch.randint(0, 2500, (64,))
    loss = F.cross_entropy(net(X[i]), y[i])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    if it % 200 == 0:
        print(f"it {it} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    o = net(Xte)
print(f"FINAL loss={F.cross_entropy(o, yte):.4f} metric={(o.argmax(1) == yte).float().mean():.3f}")
