# Long sequences: activations are most of the memory.
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(8)])
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
x = torch.randn(8192, 256)
for _ in range(12):
    optimizer.zero_grad()
    net(x).pow(2).mean().backward()
    optimizer.step()
print(float(net[0][0].weight.sum()))
