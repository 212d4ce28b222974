# 30 million parameters: what the process holds at its peak.
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(*[nn.Linear(2500, 2500) for _ in range(5)])
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
x = torch.randn(4, 2500)
for _ in range(12):
    optimizer.zero_grad()
    net(x).pow(2).mean().backward()
    optimizer.step()
print(float(net[0].weight.sum()))
