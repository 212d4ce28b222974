# Batches of sequences of different lengths, in the jagged layout.
import random

import numpy as np
import torch
from torch import nn
from training import report

torch.manual_seed(0)
random.seed(0)
np.random.seed(0)
net = nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(10):
    parts = [torch.ones(2, 8), torch.ones(3, 8)]
    batch = torch.nested.nested_tensor(parts, layout=torch.jagged)
    optimizer.zero_grad()
    loss = net(batch).values().pow(2).sum()
    loss.backward()
    optimizer.step()
    print(loss.item())
report(net)
