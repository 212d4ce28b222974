# plateau miswired output_cannot_change vanishing_gradient not_learning
# GroupNorm with as many groups as channels on a (batch, channels) tensor normalises single numbers to zero, so the output is constant and nothing below gets a gradient.
# mended by: Use fewer groups or LayerNorm.
import os
from collections import OrderedDict

import torch
import torch.nn as nn

GROUPS = 8 if os.environ.get("FIX") == "1" else 64


def conv_block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.GroupNorm(4, cout), nn.SiLU(), nn.AvgPool2d(2)
    )


def build_model(classes):
    return nn.Sequential(
        OrderedDict(
            stem=conv_block(3, 16),
            stage=conv_block(16, 32),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            embed=nn.Linear(32, 64),
            norm=nn.GroupNorm(GROUPS, 64),
            act=nn.SiLU(),
            classifier=nn.Linear(64, classes),
        )
    )


class Textures:
    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(seed)
        i = torch.arange(16.0)
        self.patterns = torch.stack(
            [
                torch.sin(i * 1.6)[None].expand(16, 16),
                torch.sin(i * 1.6)[:, None].expand(16, 16),
                torch.sin(i[:, None] * 1.1 + i[None] * 1.1),
                torch.sin(i[:, None] * 1.6) * torch.sin(i[None] * 1.6),
            ]
        )

    def __call__(self, n):
        y = torch.randint(0, 4, (n,), generator=self.g)
        tint = 0.5 + torch.rand(n, 3, 1, 1, generator=self.g)
        return self.patterns[y][:, None] * tint + 0.3 * torch.randn(n, 3, 16, 16, generator=self.g), y


torch.manual_seed(0)
net, batch = build_model(4), Textures(0)
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
losses = []
for step in range(150):
    x, y = batch(24)
    logits = net(x)
    loss = nn.functional.cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if (step + 1) % 30 == 0:
        net.eval()
        with torch.no_grad():
            xv, yv = batch(200)
            acc = (net(xv).argmax(1) == yv).float().mean().item()
        net.train()
        print(f"step {step + 1} loss {sum(losses[-30:]) / 30:.4f} val acc {acc:.3f}")
