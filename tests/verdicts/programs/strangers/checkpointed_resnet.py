# healthy
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(55)


class PreActBlock(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.body = nn.Sequential(nn.LayerNorm(w), nn.Linear(w, w), nn.SiLU(), nn.Linear(w, w))

    def forward(self, x):
        return x + self.body(x)


class Deep(nn.Module):
    def __init__(self, w=48, depth=8):
        super().__init__()
        self.stem = nn.Linear(10, w)
        self.blocks = nn.ModuleList(PreActBlock(w) for _ in range(depth))
        self.out = nn.Linear(w, 1)

    def forward(self, x):
        x = self.stem(x)
        for i, b in enumerate(self.blocks):
            x = checkpoint(b, x, use_reentrant=False) if i % 2 == 0 and self.training else b(x)
        return self.out(x).squeeze(-1)


def friedman(n):
    x = torch.rand(n, 10)
    y = 10 * torch.sin(torch.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x * 2 - 1, (y - 14.4) / 4.9 + 0.1 * torch.randn(n)


net = Deep()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
xv, yv = friedman(1000)
for it in range(250):
    net.train()
    x, y = friedman(64)
    loss = nn.functional.huber_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 25 == 24:
        net.eval()
        with torch.no_grad():
            print(f'iter {it + 1} huber {loss.item():.4f} test mse {nn.functional.mse_loss(net(xv), yv).item():.4f} var {yv.var().item():.3f}')
