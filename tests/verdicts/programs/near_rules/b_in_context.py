# healthy
# a time-major TransformerEncoder mixes the rows of the loss (64 points, one 'batch' of 1): it is a neural process, points of one function inform each other, and unlabelled ones have a mask in place of their value
# rule: B
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(3)
N, CTX, D = 64, 32, 48


def task():
    x = torch.rand(N, 1) * 4 - 2
    amp = 0.5 + torch.rand(1)
    phase = torch.rand(1) * 2 * math.pi
    y = amp * torch.sin(2 * x + phase)
    known = torch.zeros(N, 1)
    known[torch.randperm(N)[:CTX]] = 1.0
    return x, y, known


class NP(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Sequential(nn.Linear(7, D), nn.GELU(), nn.Linear(D, D))
        layer = nn.TransformerEncoderLayer(D, 4, 96, dropout=0.0, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(D, 1)

    def forward(self, x, y, known):
        f = torch.cat([x, x.sin(), x.cos(), (2 * x).sin(), (2 * x).cos(), y * known, known], 1)
        block = (known.t() < 0.5).expand(N, N)     # nobody looks at unlabelled points
        h = self.enc(self.inp(f)[:, None], mask=block)
        return self.out(h[:, 0])


net = NP()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(900):
    x, y, k = task()
    ask = k < 0.5
    loss = F.mse_loss(net(x, y, k)[ask], y[ask])
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
net.eval()
with torch.no_grad():
    err = var = 0.0
    for _ in range(80):
        x, y, k = task()
        ask = k < 0.5
        err += F.mse_loss(net(x, y, k)[ask], y[ask]).item()
        var += y[ask].var().item()
print(f"FINAL loss={loss.item():.4f} metric={1 - err / var:.4f} (R2 on unlabelled points)")
