# clipping_dominates
# the gradient norm is clipped at 1e-3 under plain SGD: every step of the normalising flow is a thousandth of what it should be
# mended by: max_norm 5
# cause words: clip clipping max_norm threshold
import os
import math
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
MAX_NORM = 5.0 if FIX else 1e-3


def data(n):
    x1 = torch.randn(n)
    x2 = 0.5 * x1 ** 2 - 1 + 0.3 * torch.randn(n)
    return torch.stack([x1, x2], 1) + 1.0


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = torch.tanh(s) * 1.5
        b = b * s.exp() + t
        return torch.cat((b, a) if self.flip else (a, b), 1), s.sum(1)


class RealNVP(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(k % 2 == 1) for k in range(depth))

    def nll(self, x):
        ld = 0.0
        for layer in self.layers:
            x, d = layer(x)
            ld = ld + d
        return (0.5 * x.pow(2).sum(1) + math.log(2 * math.pi) - ld).mean()


flow = RealNVP()
opt = torch.optim.SGD(flow.parameters(), lr=0.02, momentum=0.9)
for step in range(1500):
    loss = flow.nll(data(128))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), MAX_NORM)
    opt.step()
    if step % 150 == 0:
        print(f"step {step} nll {loss.item():.4f}")
with torch.no_grad():
    nll = flow.nll(data(5000)).item()
print(f"FINAL loss={loss.item():.4f} metric={nll:.4f} (test nll, less is better; the data's entropy is 1.63)")
