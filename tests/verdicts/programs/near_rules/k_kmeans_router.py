# healthy
# the router (5 outputs) has no gradient, its experts [5, in, out] have: the router is trained another way, by online k-means on the inputs, and the experts get one kind of customer each
# rule: K
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(21)
D, N, K = 10, 5, 4
centres = 3 * torch.randn(N, D)
rules = torch.randn(N, D, K)


def data(n=128):
    c = torch.randint(0, N, (n,))
    x = centres[c] + torch.randn(n, D)
    y = torch.einsum("bd,bdk->bk", x - centres[c], rules[c]).argmax(1)
    return x, y


class Router(nn.Module):
    """Scores of -|x - c|^2 / 2 as a linear layer; moved towards what it catches."""

    def __init__(self, first):
        super().__init__()
        self.lin = nn.Linear(D, N)
        self.seen = torch.ones(N)
        with torch.no_grad():
            start = [first[0]]
            for _ in range(N - 1):
                gap = torch.cdist(first, torch.stack(start)).min(1).values
                start.append(first[gap.argmax()])
            self.lin.weight.copy_(torch.stack(start))

    @torch.no_grad()
    def forward(self, x):
        self.lin.bias.copy_(-0.5 * self.lin.weight.pow(2).sum(1))
        pick = self.lin(x).argmax(1)
        if self.training:
            hot = F.one_hot(pick, N).float()
            self.seen += hot.sum(0)
            self.lin.weight += (hot.t() @ x - hot.sum(0)[:, None] * self.lin.weight) / self.seen[:, None]
        return pick


class MoE(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.router = Router(first)
        self.experts = nn.Parameter(torch.randn(N, D, K) * 0.1)
        self.bias = nn.Parameter(torch.zeros(N, K))

    def forward(self, x):
        pick = self.router(x)
        return torch.einsum("bd,bdk->bk", x, self.experts[pick]) + self.bias[pick]


net = MoE(data()[0])
opt = torch.optim.Adam(net.parameters(), lr=2e-2)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x, y = data()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    x, y = data(4000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f} (accuracy over 4, held out)")
