# vanishing_gradient
"""weights_init as copied from somewhere, with a std that is far too small."""

import torch
import torch.nn.functional as F
from torch import nn


def weights_init(m):
    if type(m).__name__.startswith(("Conv", "Linear")):
        m.weight.data.normal_(0.0, 0.002)
        m.bias.data.fill_(0)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 16, 60)
        self.fc2 = nn.Linear(60, 40)
        self.fc3 = nn.Linear(40, 4)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


torch.manual_seed(3)
net = LeNet().apply(weights_init)
optim = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for i in range(120):
    y = torch.randint(4, (32,))
    x = torch.randn(32, 1, 8, 8) + y[:, None, None, None]
    loss = F.cross_entropy(net(x), y)
    optim.zero_grad()
    loss.backward()
    optim.step()
    if i % 20 == 0:
        print(i, loss.item())
