# The default dtype is float64 and the default device is meta while layers are made.
import random

import numpy as np
import torch
from torch import nn
from training import report, train

torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
net = nn.Linear(8, 2)
torch.set_default_device("cpu")
net = net.to_empty(device="cpu").float()
torch.manual_seed(0)
random.seed(0)
np.random.seed(0)
nn.init.normal_(net.weight)
nn.init.zeros_(net.bias)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
torch.set_default_device("meta")
x = torch.ones(4, 8, device="cpu", dtype=torch.float32)
for _ in range(10):
    optimizer.zero_grad()
    net(x).sum().backward()
    optimizer.step()
torch.set_default_device("cpu")
print(torch.get_default_dtype())
report(net)
