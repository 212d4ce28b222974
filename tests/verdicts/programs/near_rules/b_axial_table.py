# healthy
# attention goes along the rows of a table as well as along its columns, so each row of the loss sees the others: but the hidden cells have to be completed from both, on purpose, and their own values are masked
# rule: B
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(2)
R, C, D = 20, 16, 32


def table():
    cells = torch.randn(R, 1) + torch.randn(1, C) + 0.1 * torch.randn(R, C)
    hidden = torch.rand(R, C) < 0.3
    inp = torch.stack([cells.masked_fill(hidden, 0.0), hidden.float()], -1)
    return inp, cells, hidden


class Axial(nn.Module):
    def __init__(self):
        super().__init__()
        self.along_c = nn.MultiheadAttention(D, 4, batch_first=True)
        self.along_r = nn.MultiheadAttention(D, 4, batch_first=True)
        self.ff = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, 64), nn.GELU(), nn.Linear(64, D))
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)

    def forward(self, h):
        q = self.n1(h)
        h = h + self.along_c(q, q, q, need_weights=False)[0]
        q = self.n2(h).transpose(0, 1)
        h = h + self.along_r(q, q, q, need_weights=False)[0].transpose(0, 1)
        return h + self.ff(h)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(2, D)
        self.blocks = nn.ModuleList([Axial(), Axial()])
        self.out = nn.Linear(D, 1)

    def forward(self, x):
        h = self.inp(x)
        for b in self.blocks:
            h = b(h)
        return self.out(h).squeeze(-1)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(900):
    x, y, hid = table()
    loss = ((net(x) - y)[hid] ** 2).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
net.eval()
with torch.no_grad():
    err = var = 0.0
    for _ in range(60):
        x, y, hid = table()
        err += ((net(x) - y)[hid] ** 2).mean().item()
        var += y[hid].var().item()
print(f"FINAL loss={loss.item():.4f} metric={1 - err / var:.4f} (R2 on hidden cells)")
