# nonfinite exploding_gradient plateau
# An un-normalised residual net with Kaiming init on both convolutions of each block: activations double per block, logits and gradients explode.
# mended by: Zero-initialise the last convolution of each block or add normalisation.
import os
from itertools import islice

import torch
from torch import nn, optim


def conv3x3(cin, cout, stride=1):
    return nn.Conv2d(cin, cout, 3, stride, 1, bias=False)


class BasicBlock(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = conv3x3(cin, cout, stride)
        self.conv2 = conv3x3(cout, cout)
        self.down = nn.Conv2d(cin, cout, 1, stride, bias=False) if stride != 1 or cin != cout else nn.Identity()
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.conv2(self.act(self.conv1(x))) + self.down(x))


class PlainResNet(nn.Module):
    """ResNet without BatchNorm, because my batches are tiny."""

    def __init__(self, depths=(10, 8), widths=(6, 12), num_classes=3):
        super().__init__()
        layers, cin = [conv3x3(3, widths[0]), nn.ReLU()], widths[0]
        for i, (n, w) in enumerate(zip(depths, widths)):
            for j in range(n):
                layers.append(BasicBlock(cin, w, 2 if j == 0 and i > 0 else 1))
                cin = w
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(cin, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        if os.environ.get("FIX") == "1":
            for m in self.modules():
                if isinstance(m, BasicBlock):
                    nn.init.zeros_(m.conv2.weight)

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)))


def picture_stream(batch, g):
    freq = torch.tensor([1.0, 2.0, 4.0])
    grid = torch.linspace(0, 6.28, 12)
    while True:
        y = torch.randint(0, 3, (batch,), generator=g)
        phase = torch.rand(batch, 1, 1, generator=g) * 6.28
        wave = torch.sin(freq[y][:, None, None] * grid[None, None, :] + phase).expand(-1, 12, -1)
        x = wave[:, None] + 0.4 * torch.randn(batch, 3, 12, 12, generator=g)
        yield x, y


torch.manual_seed(77)
gen = torch.Generator().manual_seed(77)
model = PlainResNet()
opt = optim.SGD(model.parameters(), lr=0.004, momentum=0.9)
seen = right = 0
for i, (x, y) in enumerate(islice(picture_stream(12, gen), 160)):
    opt.zero_grad()
    z = model(x)
    loss = nn.functional.cross_entropy(z, y)
    loss.backward()
    opt.step()
    seen += len(y)
    right += (z.argmax(1) == y).sum().item()
    if i < 5 or i % 20 == 0:
        print(f"{i:03d} loss={loss.item():.4g} acc={right / seen:.2f}")
        seen = right = 0
