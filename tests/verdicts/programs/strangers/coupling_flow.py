# healthy
# Density of two thin moons with affine couplings: the negative log likelihood goes below zero.
import math
import torch
import torch.nn as nn

torch.manual_seed(81)


def moons(n):
    a = torch.rand(n) * math.pi
    up = torch.rand(n) < 0.5
    x = torch.where(up, a.cos(), 1 - a.cos()) - 0.5
    y = torch.where(up, a.sin(), 0.5 - a.sin()) - 0.25
    return 0.4 * torch.stack([x, y], 1) + 0.02 * torch.randn(n, 2)


class Coupling(nn.Module):
    def __init__(self, flip, h=48):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 2))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x[:, :1], x[:, 1:]
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)


layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(6))
opt = torch.optim.Adam(layers.parameters(), lr=2e-3)


def nll(x):
    logdet = 0.0
    for layer in layers:
        x, ld = layer(x)
        logdet = logdet + ld
    return (0.5 * x.pow(2).sum(1) + math.log(2 * math.pi) - logdet).mean()


test = moons(1000)
c = torch.cov(test.t())
gauss = 0.5 * torch.logdet(2 * math.pi * math.e * c).item()
for it in range(400):
    loss = nll(moons(128))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 40 == 39:
        with torch.no_grad():
            print(f'{it + 1} nll {loss.item():+.4f} test {nll(test).item():+.4f} (one Gaussian {gauss:+.4f})')
