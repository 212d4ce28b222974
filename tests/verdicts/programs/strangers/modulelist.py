# miswired
# the hidden layers stand in a plain Python list, so model.parameters() does not see them; only input and output layers learn
# mended by: nn.ModuleList
# cause words: list ModuleList registered parameters register
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)


class ResBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.lin = nn.Linear(d, d)

    def forward(self, x):
        return torch.tanh(self.lin(x)) * 1.2


class DeepNet(nn.Module):
    def __init__(self, n_layers=8, d=16):
        super().__init__()
        blocks = [ResBlock(d) for _ in range(n_layers)]
        self.blocks = nn.ModuleList(blocks) if FIX else blocks
        self.inp = nn.Linear(2, d)
        self.out = nn.Linear(d, 2)

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        for b in self.blocks:
            h = b(h)
        return self.out(h)


def spirals(n):
    y = torch.randint(0, 2, (n,))
    r = torch.rand(n) * 0.9 + 0.1
    th = r * 3.0 * 3.1416 + y * 3.1416
    return torch.stack([r * torch.cos(th), r * torch.sin(th)], 1) * 2 + 0.02 * torch.randn(n, 2), y


x, y = spirals(2000)
xt, yt = spirals(500)
net = DeepNet()
print("trainable parameters", sum(p.numel() for p in net.parameters()))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
run = 0.69
for step in range(2400):
    j = torch.randint(0, 2000, (64,))
    loss = F.cross_entropy(net(x[j]), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = 0.98 * run + 0.02 * loss.item()
    if step % 300 == 0:
        print(f"{step} {run:.4f}")
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={run:.4f} metric={acc:.4f}")
