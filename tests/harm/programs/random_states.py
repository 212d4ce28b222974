# Generators are where they would be, after each step.
import random

import numpy as np
import torch
from torch import nn
from training import report, small_batch, small_net

net = nn.Sequential(small_net(), nn.Dropout(0.3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
own = np.random.default_rng(0)
for step in range(10):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    print(step, random.random(), np.random.rand(), own.random(), torch.rand(1).item())
print(torch.initial_seed())
report(net)
