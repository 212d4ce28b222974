# A hook of the program raises while gradients are computed.
import torch
from torch import nn
from training import small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()


def refuse(gradient):
    raise ValueError("not this one")


for step in range(10):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    if step == 6:
        net[0].weight.register_hook(refuse)
    loss.backward()
    optimizer.step()
