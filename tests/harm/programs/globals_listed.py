# New globals are what a notebook-like script prints after each part.
import torch
from torch import nn

before = set(globals())
torch.manual_seed(0)
net = nn.Linear(3, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(4):
    optimizer.zero_grad()
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
print(sorted(set(globals()) - before))
