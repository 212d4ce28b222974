# exploding_gradient nonfinite
# a residual network of 26 blocks without any normalisation: each block doubles the variance, activations and gradients grow by block
# mended by: GroupNorm in every block and a zero-initialised last convolution gain
# cause words: normalisation residual depth variance init growth
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1)
        for conv in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)
        self.n1 = nn.GroupNorm(4, c) if FIX else nn.Identity()
        self.n2 = nn.GroupNorm(4, c) if FIX else nn.Identity()
        if FIX:
            nn.init.zeros_(self.n2.weight)

    def forward(self, x):
        h = F.relu(self.n1(self.conv1(x)))
        return F.relu(x + self.n2(self.conv2(h)))


class Net(nn.Module):
    def __init__(self, c=16, depth=26, classes=6):
        super().__init__()
        self.stem = nn.Conv2d(1, c, 3, padding=1, stride=2)
        self.body = nn.Sequential(*[Block(c) for _ in range(depth)])
        self.head = nn.Linear(c, classes)

    def forward(self, x):
        return self.head(self.body(self.stem(x)).mean((2, 3)))


freqs = torch.linspace(0, 3.14159 * 5 / 6, 6)
yy, xx = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")


def batch(n):
    """Stripes in one of six directions with random phase and noise."""
    y = torch.randint(0, 6, (n,))
    a = freqs[y][:, None, None]
    phase = torch.rand(n, 1, 1) * 6.283
    img = torch.sin(1.3 * (xx * torch.cos(a) + yy * torch.sin(a)) + phase) + 0.2 * torch.randn(n, 12, 12)
    return img[:, None], y


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
run = None
for step in range(180):
    x, y = batch(16)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = loss.item() if run is None else 0.95 * run + 0.05 * loss.item()
    if step % 40 == 0:
        print(f"{step} loss {run:.4g}")
with torch.no_grad():
    x, y = batch(600)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={run:.4g} metric={acc:.4f}")
