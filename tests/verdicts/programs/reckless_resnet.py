# exploding_gradient nonfinite
"""Skip connections without norms, and a learning rate read off somebody else's paper."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, 1, 1)
        self.conv2 = nn.Conv2d(c, c, 3, 1, 1)

    def forward(self, x):
        return torch.relu(x + self.conv2(torch.relu(self.conv1(x))))


class ResNetish(nn.Module):
    def __init__(self, blocks=6, c=12):
        super().__init__()
        self.stem = nn.Conv2d(3, c, 3, 1, 1)
        self.layers = nn.Sequential(*[Block(c) for _ in range(blocks)])
        self.fc = nn.Linear(c, 10)

    def forward(self, x):
        return self.fc(self.layers(self.stem(x)).mean((2, 3)))


torch.manual_seed(0)
model = ResNetish()
opt = torch.optim.SGD(model.parameters(), lr=8.0, momentum=0.9, weight_decay=1e-4)
x, y = torch.randn(256, 3, 8, 8), torch.randint(10, (256,))
for epoch in range(8):
    for idx in torch.randperm(256).split(32):
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
