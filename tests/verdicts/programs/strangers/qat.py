# vanishing_gradient miswired
# quantisation-aware training: the fake-quant Function calls round() and lets autograd differentiate it (slope 0), no straight-through, so all layers below the last activation quantiser get zero gradient
# mended by: straight-through estimator in the backward
# cause words: round straight-through STE quantis quantiz zero gradient
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21); torch.set_num_threads(1)

class RoundSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)
    @staticmethod
    def backward(ctx, g):
        return g

class FakeQuant(nn.Module):
    def __init__(self, bits, signed):
        super().__init__()
        self.lo, self.hi = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
        self.register_buffer("scale", torch.tensor(0.0))
    def forward(self, x):
        if self.training:
            s = x.detach().abs().max() / self.hi
            self.scale.copy_(s if self.scale == 0 else 0.95 * self.scale + 0.05 * s)
        q = (x / self.scale.clone().clamp(min=1e-8)).clamp(self.lo, self.hi)
        q = RoundSTE.apply(q) if FIX else torch.round(q)
        return q * self.scale.clone()

class QLinear(nn.Linear):
    def __init__(self, i, o, bits=4):
        super().__init__(i, o)
        self.wq, self.aq = FakeQuant(bits, True), FakeQuant(bits, False)
    def forward(self, x, last=False):
        if last:
            return F.linear(x, self.weight, self.bias)       # output layer stays in float
        return self.aq(F.relu(F.linear(x, self.wq(self.weight), self.bias)))

class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = QLinear(10, 48), QLinear(48, 24), QLinear(24, 6)
    def forward(self, x):
        return self.l3(self.l2(self.l1(x)), last=True)

proj = torch.randn(10, 2)
def draw(n):
    x = torch.randn(n, 10)
    p = x @ proj / 3
    ang = torch.atan2(p[:, 0], p[:, 1])
    y = ((ang + 3.1416) / 6.2832 * 3).long().clamp(0, 2) + 3 * (p.norm(dim=1) > 1.15).long()
    return x, y

net = QNet()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x, y = draw(128)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if step % 150 == 0:
        print(f"step {step} ce {loss.item():.4f}")
net.eval(); x, y = draw(2000)
print(f"FINAL loss={loss.item():.4f} metric={(net(x).argmax(1) == y).float().mean():.4f}")
