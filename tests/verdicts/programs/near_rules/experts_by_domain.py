# healthy
# 24 experts side by side in one ReLU layer, each batch comes from one domain (so 23 of 24 experts give zero), and 60 % of the labels are random; the clean class is found.
# rule: A
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
DOM, W, C, D, STEPS = 24, 64, 10, 16, 1500
g = torch.Generator().manual_seed(3)
centres = 3.0 * F.normalize(torch.randn(C, D, generator=g), dim=1) * 1.4
perms = torch.stack([torch.randperm(C, generator=g) for _ in range(DOM)])


def batch(n, dom):
    k = torch.randint(0, C, (n,), generator=g)
    x = centres[k] + 0.8 * torch.randn(n, D, generator=g)
    clean = perms[dom][k]
    noisy = torch.where(torch.rand(n, generator=g) < 0.6, torch.randint(0, C, (n,), generator=g), clean)
    return x, clean, noisy


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(D, DOM * W)
        self.act = nn.ReLU()
        self.down = nn.Linear(DOM * W, C)

    def forward(self, x, dom):
        pre = self.up(x)
        closed = torch.ones(DOM, dtype=torch.bool)
        closed[dom] = False
        pre = pre.masked_fill(closed.repeat_interleave(W), -1.0)
        return self.down(self.act(pre))


net = Experts()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
hist = []
for step in range(STEPS):
    dom = int(torch.randint(0, DOM, (1,), generator=g))
    x, _, y = batch(192, dom)
    loss = F.cross_entropy(net(x, dom), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    acc = 0.0
    for dom in range(DOM):
        x, clean, _ = batch(500, dom)
        acc += (net(x, dom).argmax(1) == clean).float().mean().item() / DOM
p = 0.4 + 0.06
floor = -p * math.log(p) - 9 * 0.06 * math.log(0.06)
print("floor of the noisy labels %.3f, guessing %.3f" % (floor, math.log(C)))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
