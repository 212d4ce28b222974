# healthy
# a Linear with 8 outputs has no gradient beside experts [8, in, out] that have: it is a random hash of the input, meant to stay as it is, and the experts learn their cells
# rule: K
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(20)
D, N, H = 6, 8, 24
w = torch.randn(D)


def data(n=128):
    x = torch.randn(n, D)
    y = torch.sin(x @ w / 1.5) + 0.5 * x[:, 0].abs() + 0.05 * torch.randn(n)
    return x, y


class HashMoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(D, N, bias=False)
        self.up = nn.Parameter(torch.randn(N, D, H) / D ** 0.5)
        self.shift = nn.Parameter(torch.zeros(N, H))
        self.down = nn.Parameter(torch.randn(N, H, 1) / H ** 0.5)
        self.base = nn.Parameter(torch.zeros(N))

    def forward(self, x):
        with torch.no_grad():
            pick = self.gate(x).argmax(1)
        h = torch.einsum("bd,ndh->bnh", x, self.up) + self.shift
        y = torch.einsum("bnh,nho->bn", F.relu(h), self.down) + self.base
        return y.gather(1, pick[:, None])[:, 0]


net = HashMoE()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2000)
for step in range(2000):
    x, y = data()
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    x, y = data(4000)
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2, held out)")
