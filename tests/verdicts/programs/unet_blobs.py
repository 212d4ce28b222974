# healthy
"""A little U-Net that segments blobs, dice and cross-entropy together."""

import torch
import torch.nn.functional as F
from torch import nn


def double_conv(a, b):
    return nn.Sequential(
        nn.Conv2d(a, b, 3, padding=1, bias=False),
        nn.BatchNorm2d(b),
        nn.ReLU(inplace=True),
        nn.Conv2d(b, b, 3, padding=1, bias=False),
        nn.BatchNorm2d(b),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = double_conv(1, 8), double_conv(8, 16)
        self.mid = double_conv(16, 32)
        self.up2 = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.dec2 = double_conv(32, 16)
        self.up1 = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.dec1 = double_conv(16, 8)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        c = self.dec2(torch.cat([self.up2(c), b], 1))
        c = self.dec1(torch.cat([self.up1(c), a], 1))
        return self.head(c)


def dice_loss(logits, target, smooth=1.0):
    p = logits.sigmoid().flatten(1)
    t = target.flatten(1)
    return 1 - ((2 * (p * t).sum(1) + smooth) / (p.sum(1) + t.sum(1) + smooth)).mean()


def blobs(n=8, size=16):
    grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"))
    center = torch.randint(4, 12, (n, 2, 1, 1))
    radius = torch.randint(2, 5, (n, 1, 1))
    mask = ((grid[None] - center).pow(2).sum(1) < radius**2).float()[:, None]
    return mask + 0.5 * torch.randn_like(mask), mask


torch.manual_seed(4)
net = UNet().train()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for i in range(110):
    x, y = blobs()
    out = net(x)
    loss = F.binary_cross_entropy_with_logits(out, y) + dice_loss(out, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i % 20 == 0:
        print(i, loss.item())
