# Warnings that are counted outwards through torch's own functions.
import warnings

import torch
from torch import nn
from training import report, small_batch, small_net


def warned(word):
    for level in range(2, 7):
        warnings.warn(f"{word} {level}", UserWarning, stacklevel=level)


class Warned(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()

    def forward(self, x):
        warned("forward")
        return self.inner(x)


class Own(torch.optim.SGD):
    def add_param_group(self, group):
        warned("group")
        super().add_param_group(group)

    def step(self, closure=None):
        warned("step")
        return super().step(closure)


def closure():
    optimizer.zero_grad()
    out = net(x)
    out.register_hook(lambda gradient: warned("hook"))
    loss = nn.functional.cross_entropy(out, y)
    loss.backward()
    warned("closure")
    return loss


warnings.simplefilter("always")
net = Warned()
optimizer = Own(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(3):
    optimizer.step(closure)
report(net)
