# healthy
# affine coupling flow: the negative log likelihood goes below zero and further down, as it may for a density
import torch
from torch import nn

torch.manual_seed(11)


def moons(n):
    a = torch.rand(n) * 3.1416
    k = torch.randint(0, 2, (n,)).float()
    x = torch.stack([a.cos() * (1 - 2 * k) + k, a.sin() * (1 - 2 * k) + 0.5 * k], 1)
    return (x + 0.03 * torch.randn(n, 2)) * 0.3


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 2))
        nn.init.zeros_(self.net[-1].weight); nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x[:, :1], x[:, 1:]
        if self.flip:
            a, b = b, a
        s, t = self.net(a * 3).chunk(2, 1)
        s = 1.5 * torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)


layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(6))
opt = torch.optim.Adam(layers.parameters(), lr=1e-3)


def nll(x):
    ld = 0
    for l in layers:
        x, s = l(x)
        ld = ld + s
    return (0.5 * x.pow(2).sum(1) + 1.8379 - ld).mean()


for s in range(1200):
    loss = nll(moons(128))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(layers.parameters(), 20.0)
    opt.step()
    if s % 100 == 0:
        print(f"{s} nll {loss.item():.4f}")
with torch.no_grad():
    print(f"FINAL loss={loss.item():.4f} metric={-nll(moons(4000)).item():.3f}")
