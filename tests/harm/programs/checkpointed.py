# Activations are recomputed on the way back, both ways that torch knows.
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from training import report, small_batch, small_net

net = nn.Sequential(small_net(), nn.Dropout(0.2), nn.Linear(2, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
x.requires_grad_()
for step in range(10):
    optimizer.zero_grad()
    middle = checkpoint(net[0], x, use_reentrant=bool(step % 2))
    nn.functional.cross_entropy(net[2](net[1](middle)), y).backward()
    optimizer.step()
report(net)
