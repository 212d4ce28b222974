# It sees for itself that the loss is no number, and dies of it before the backward pass.
# What stands then is asked by a handler that was registered before torch was loaded: it comes last.
import atexit
import random


def at_the_end():
    print(layer.calls, layer.history, layer.count.item(), net.norm.running_mean.sum().item())
    print(
        [
            None if weight.grad is None else weight.grad.isnan().sum().item()
            for weight in net.parameters()
        ]
    )
    print(random.random(), np.random.rand(), torch.rand(1).item(), net.training)
    report(net)


atexit.register(at_the_end)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from training import report  # noqa: E402


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.calls, self.history = 0, []
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        self.history.append(self.calls)
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
layer = net.first
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(12):
    optimizer.zero_grad()
    loss = net(torch.ones(8, 4) * step + torch.randn(8, 4), step == 5).pow(2).mean()
    if not torch.isfinite(loss):
        print("no number at step", step)
        raise FloatingPointError(f"the loss is {loss.item()}")
    loss.backward()
    optimizer.step()
