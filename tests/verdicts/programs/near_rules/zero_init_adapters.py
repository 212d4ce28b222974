# healthy
# Zero-initialised shifts and gains on a frozen net that is right already except for one offset: they hover about zero and change by 20 % and more of themselves each step; the loss is at the noise floor.
# rule: C
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, STEPS = 16, 48, 1500
g = torch.Generator().manual_seed(6)


class Adapted(nn.Module):
    """h = act((W h + b) * (1 + gain) + shift), W and b frozen, gain and shift start at zero."""

    def __init__(self, i, o, act):
        super().__init__()
        self.base = nn.Linear(i, o)
        self.base.requires_grad_(False)
        self.gain = nn.Parameter(torch.zeros(1))
        self.shift = nn.Parameter(torch.zeros(o))
        self.act = act

    def forward(self, x):
        return self.act(self.base(x) * (1 + self.gain) + self.shift)


net = nn.Sequential(Adapted(D, H, nn.Tanh()), Adapted(H, H, nn.Tanh()), Adapted(H, 1, nn.Identity()))
with torch.no_grad():
    for m in net:
        m.base.weight.mul_(2.0)


@torch.no_grad()
def frozen(x):
    for m in net:
        x = m.act(m.base(x))
    return x.squeeze(1)


def batch(n):
    x = torch.randn(n, D, generator=g)
    clean = frozen(x) + 0.15
    return x, clean, clean + 0.7 * torch.randn(n, generator=g)


opt = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.35)
hist = []
for step in range(STEPS):
    x, _, y = batch(512)
    loss = F.mse_loss(net(x).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    x, clean, y = batch(8000)
    off = F.mse_loss(net(x).squeeze(1), clean).item()
print("start was off by %.4f, now by %.4f; noise floor 0.49" % (0.15 ** 2, off))
print("FINAL loss=%.4f metric=%.4f (floor / loss)" % (sum(hist[-200:]) / 200, 0.49 / (0.49 + off)))
