# Warnings of a library name the line of the program that called it.
import warnings

import torch
from torch import nn
from training import small_batch, small_net


def old_way(net):
    warnings.warn("old_way is deprecated", DeprecationWarning, stacklevel=2)
    return net


class Rate(torch.optim.SGD):
    def step(self, closure=None):
        warnings.warn("step of Rate", UserWarning, stacklevel=2)
        return super().step(closure)


warnings.simplefilter("always")
net = old_way(small_net())
optimizer = Rate(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
x, y = small_batch()
scheduler.step()
for _ in range(3):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    torch.nn.utils.clip_grad_norm_([], 1.0)
    optimizer.step()
    scheduler.step()
