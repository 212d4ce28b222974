# How deep a module can recurse before RecursionError.
import sys

import torch
from torch import nn
from training import train

sys.setrecursionlimit(400)


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(8, 2)
        self.depth = 0

    def forward(self, x):
        def down(n):
            try:
                return down(n + 1)
            except RecursionError:
                return n

        self.depth = down(0)
        return self.layer(x)


net = Deep()
train(4, net)
print("depth", net.depth)
