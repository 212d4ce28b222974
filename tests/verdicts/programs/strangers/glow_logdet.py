# nonfinite
# Glow style flow with an invertible linear map takes torch.log(torch.det(W)), negative determinants give NaN
# mended by: torch.linalg.slogdet
# cause words: det determinant slogdet logdet log negative
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
D = 4
A = torch.randn(D, D)


def data(n):
    z = torch.randn(n, D)
    x = z @ A
    x[:, 1] = x[:, 1] + 0.5 * torch.sin(2 * x[:, 0])
    return x


class InvLinear(nn.Module):
    def __init__(self):
        super().__init__()
        q = torch.linalg.qr(torch.randn(D, D))[0]
        self.W = nn.Parameter(q)

    def forward(self, x):
        if FIX:
            ld = torch.linalg.slogdet(self.W)[1]
        else:
            ld = torch.log(torch.det(self.W))
        return x @ self.W, ld.expand(len(x))


class Coupling(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(D // 2, 64), nn.ReLU(), nn.Linear(64, D))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x.chunk(2, 1)
        s, t = self.net(a).chunk(2, 1)
        s = torch.tanh(s)
        return torch.cat([a, b * s.exp() + t], 1), s.sum(1)


class Flow(nn.Module):
    def __init__(self, k=4):
        super().__init__()
        self.layers = nn.ModuleList(m for _ in range(k) for m in (InvLinear(), Coupling()))

    def nll(self, x):
        total = 0
        for layer in self.layers:
            x, ld = layer(x)
            total = total + ld
        return (0.5 * x.pow(2).sum(1) + 0.919 * D - total).mean()


flow = Flow()
opt = torch.optim.SGD(flow.parameters(), lr=0.01, momentum=0.9)
for step in range(1000):
    if step < 50:
        for g in opt.param_groups:
            g["lr"] = 0.02 * (step + 1) / 50
    loss = flow.nll(data(256))
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(flow.parameters(), 20.0)
    opt.step()
    if step % 100 == 0:
        print(f"step {step} nll {loss.item():.4f}")
with torch.no_grad():
    test = flow.nll(data(5000))
print(f"FINAL loss={loss.item():.4f} metric={test.item():.4f}")
