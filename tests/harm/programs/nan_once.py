# A loss that is not a number once: layers count their calls and print.
import random

import numpy as np
import torch
from torch import nn
from training import report


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.calls, self.history, self.seen = 0, [], {}
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        self.history.append(self.calls)
        self.seen[self.calls] = True
        self.count += 1
        print("call", self.calls)
        return self.linear(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.drop = Layer(), nn.BatchNorm1d(4), nn.Dropout(0.5)
        self.last = nn.Linear(4, 1)

    def forward(self, x, spoilt):
        out = self.last(self.drop(self.norm(self.first(x))))
        return torch.log(out * 0 - 1) if spoilt else out


torch.manual_seed(0)
random.seed(0)
np.random.seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(12):
    optimizer.zero_grad()
    loss = net(torch.ones(8, 4) * step + torch.randn(8, 4), step == 5).pow(2).mean()
    loss.backward()
    optimizer.step()
    if not torch.isfinite(loss):
        with torch.no_grad():
            for weight in net.parameters():
                weight.nan_to_num_(0.1)
layer = net.first
print(layer.calls, len(layer.history), len(layer.seen), layer.count.item())
print(net.norm.num_batches_tracked.item(), net.norm.running_mean.sum().item())
report(net)
