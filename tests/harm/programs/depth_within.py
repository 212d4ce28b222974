# How deep code can recurse in a hook and in an optimizer of one's own.
import sys

import torch
from torch import nn
from training import report, small_batch, small_net

sys.setrecursionlimit(300)
depths = set()


def down(n=0):
    try:
        return down(n + 1)
    except RecursionError:
        return n


class Own(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        depths.add(("step", down()))
        return super().step(closure)


net = small_net()
optimizer = Own(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(3):
    optimizer.zero_grad()
    out = net(x)
    out.register_hook(lambda gradient: depths.add(("hook", down())))
    nn.functional.cross_entropy(out, y).backward()
    optimizer.step()
print(sorted(depths))
sys.setrecursionlimit(1000)
report(net)
