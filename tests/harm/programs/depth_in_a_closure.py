# How deep code can recurse in a closure.
# @ known: the chain that calls a closure takes two calls of the limit, in Python 3.11
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


def closure():
    depths.add(down())
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    return loss


net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(3):
    optimizer.step(closure)
print(sorted(depths))
sys.setrecursionlimit(1000)
report(net)
