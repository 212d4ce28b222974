# vanishing_gradient plateau not_learning
# A hand-written L2 penalty with lambda 0.3 outweighs the cross entropy and draws all weights to zero.
# mended by: Use a lambda near 1e-5.
import os

import torch
import torch.nn.functional as F

torch.manual_seed(9)


class TwoMoons:
    def __init__(self, n):
        a = torch.rand(n) * 3.1416
        self.y = torch.randint(0, 2, (n,))
        sign = 1 - 2 * self.y.float()
        self.x = torch.stack([sign * torch.cos(a) + self.y, sign * torch.sin(a) + 0.4 * self.y], 1)
        self.x += 0.08 * torch.randn(n, 2)

    def draw(self, k):
        i = torch.randint(0, len(self.y), (k,))
        return self.x[i], self.y[i]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = torch.nn.Linear(2, 64)
        self.l2 = torch.nn.Linear(64, 64)
        self.l3 = torch.nn.Linear(64, 2)

    def forward(self, x):
        return self.l3(F.elu(self.l2(F.elu(self.l1(x)))))


def l2(model):
    return sum(p.pow(2).sum() for p in model.parameters())


LAMBDA = 1e-5 if os.environ.get("FIX") == "1" else 0.3
data = TwoMoons(2000)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.8)
for i in range(300):
    xb, yb = data.draw(64)
    out = net(xb)
    ce = F.cross_entropy(out, yb)
    loss = ce + LAMBDA * l2(net)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i % 50 == 0 or i == 299:
        acc = (out.argmax(1) == yb).float().mean()
        print(f"{i:4d} total {loss.item():.4f} ce {ce.item():.4f} acc {acc.item():.2f} |w|^2 {l2(net).item():.4g}")
